/*
 * flow/stream.h - the heart: one stream of observations, its language, its model, its
 * past.
 *
 * push(row) -> verdict. No clock, no I/O, no threads: the host, `kiri detect` and `kiri
 * replay` drive this same object, and the same rows give the same verdicts, bit for bit.
 *
 *     for each row:  if (stream_due(s)) stream_learn(s, ...);   stream_push(s, row,
 * &verdict);
 *
 * A row is scored by exactly one generation, whose number goes with the verdict. The
 * model sees BOS and whole observations, oldest first: windows begin on a fixed grid of
 * rows, so that what a row sees depends on its number only and the key-value cache is
 * refilled once in context / 2 rows.
 *
 * Rows without context (texts, unless their schema says otherwise) stand alone: the first
 * training holds some back to calibrate by, so they have a tail at once, and each alarm
 * is one row's.
 *
 * Threads: one caller at a time; the caller may hand the whole stream to another thread.
 */
#ifndef KIRI_FLOW_STREAM_H
#define KIRI_FLOW_STREAM_H

#include "engine/gpt.h"

#include <kiri/schema.h>

#include <stddef.h>
#include <stdint.h>

#define STREAM_KEEPS    8192u /* rows of history that learning replays */
#define STREAM_TURN     128u /* rows between learning turns                              */
#define STREAM_BLIND    104u /* rows in time after the training before one has a tail */
#define STREAM_ONCE     60u  /* rows in which an incident of one number counts once */
#define STREAM_EXPECTED 3u   /* words that a verdict says were expected instead   */

struct stream_options {
    uint64_t seed;   /* of the weights and of every turn                               */
    uint32_t warmup; /* rows before the first training; 0: 750                         */
    int learn_off;   /* never train: score with the model that was loaded, if any      */
    int past_off; /* what comes is measured against the rows until now, and is no past */
    double alarm_rate; /* budget a row: P that one row opens an alarm, 0..1; 0: 1/1000 */
    int64_t
        hold_ms; /* how long rows of an open alarm wait to be learned; 0: not at all */
};

enum stream_state { STREAM_LEARNING, STREAM_NORMAL, STREAM_ALARM };
const char *stream_state_name(enum stream_state s); /* "learning" "normal" "alarm" */

struct stream_row {
    uint64_t id; /* the caller's name for it, rising                        */
    int64_t ts;  /* ms UTC: is a week of history there, how long is an alarm open */
    const union kiri_value *v; /* [n_fields]; hour and weekday filled in */
};

#define STREAM_EACH 1024u /* tokens of texts whose nats a verdict tells one by one */

/* What a NUMBER's word covers, [lo, hi); NaN: it covers nothing (missing, no number). */
struct verdict_range {
    double lo, hi;
};

/* One field of a verdict. A field of several tokens (TEXT) speaks by its worst one. */
struct verdict_field {
    uint16_t field; /* index in the schema                                     */
    uint16_t word;  /* token id seen                                           */
    struct verdict_range covers; /* the word seen */
    float nats;   /* of the field: mean over its tokens                      */
    float excess; /* nats minus the entropy that was expected there          */
    uint32_t n_expected;
    struct {
        uint16_t word;
        float p;
        struct verdict_range covers;
    } expected[STREAM_EXPECTED]; /* most probable first, p >= .02 */
    uint16_t each, n_each; /* TEXT: its tokens' nats are verdict.each[each, + n_each); 0:
                              it is no text, or the texts before it filled the room */
};

struct verdict {
    uint64_t id, row; /* the row's id; its number in this stream, from 0         */
    int64_t ts;
    uint64_t gen; /* generation that scored it; 0: never trained             */
    enum stream_state state;
    float surprise;     /* mean nats over the scored tokens                        */
    float score;        /* decades, 0..20                                          */
    float tail;         /* P(score at least this | normal), (0, 1]                 */
    float row_tail;     /* the same of this row alone, whatever came before it; of
                           several numbers 1 until there are 256 normal rows */
    int alarm;          /* 1: an alarm is open                                     */
    int onset;          /* 1: it opened with this row; what is published as "alarm" */
    int closed;         /* 1: it closed with this row                              */
    uint32_t blame;     /* of an open alarm, over its rows; else row_blame            */
    uint32_t row_blame; /* field with the most excess here, or n_fields: none        */
    uint32_t clamped;   /* values out of range                                     */
    uint32_t n_fields;
    struct verdict_field field[KIRI_MAX_FIELDS]; /* scored fields, in schema order */
    uint32_t n_each;
    float each[STREAM_EACH]; /* nats of a TEXT's bytes and its end, or of its missing word
                              */
};

struct stream;

/* Copies nothing of the schema: it must outlive the stream. NULL and a sentence in
 * why[cap] when memory is short or the schema needs what this version does not speak
 * (WORDS). */
struct stream *stream_new(const struct kiri_schema *schema,
                          const struct stream_options *o, char *why, size_t cap);
void stream_free(struct stream *s); /* NULL is fine */
/* New rules from the next row on; the seed is the one that it was made with. */
void stream_adjust(struct stream *s, const struct stream_options *o);
/* The same language in other memory: equal by kiri_schema_hash. It must outlive the
 * stream.
 */
void stream_reword(struct stream *s, const struct kiri_schema *same);

/* Scores one row, then remembers it. 0, or -1 when memory is short: nothing happened. */
int stream_push(struct stream *s, const struct stream_row *row, struct verdict *out);
/* Remembers a row without scoring it: history from before this process. Same return. */
int stream_remember(struct stream *s, const struct stream_row *row);

enum stream_due { STREAM_NOTHING, STREAM_WARMUP, STREAM_A_TURN };
/* What learning should happen before the next row. */
enum stream_due stream_due(const struct stream *s);

/* The turn that is due is passed over: the live generation goes on until the next is due.
 */
void stream_skip(struct stream *s);

/* What came of a learning. */
struct stream_lesson {
    uint64_t gen;        /* the live generation afterwards                              */
    uint32_t steps;      /* taken                                                       */
    float before, after; /* mean loss of the first and last steps, nats per token       */
    int rejected; /* 1: it diverged; the live generation is what it was           */
};
/* Does what is due, beside the live model, and makes the result live. `progress` (may be
 * NULL) is called with done and all steps, and returns nonzero to give up: then nothing
 * changes. 0, or -1 when given up or memory is short. */
int stream_learn(struct stream *s, const struct gpt_parallel *par,
                 int (*progress)(void *ctx, uint32_t done, uint32_t all), void *ctx,
                 struct stream_lesson *out);

/* Gives back what only learning needs, 2.6 MB of a stream of one number: for one that
 * will not learn for long. What learns or saves it wakes it; the bits stay. */
void stream_rest(struct stream *s);
/* As if it had not rested. 0, or -1 when memory is short. */
int stream_wake(struct stream *s);

enum stream_judgement {
    STREAM_APPROVED, /* it was real: never learned, no part of the normal past */
    STREAM_DISMISSED /* it was normal: learned with weight 4, part of the normal past */
};
/* What people say of the rows with ids from..to that are still remembered: *rows gets how
 * many. The last word counts. 0, or -1 when memory is short: say it again. */
int stream_judge(struct stream *s, uint64_t from, uint64_t to,
                 enum stream_judgement judgement, uint32_t *rows);

/* For status. */
struct stream_facts {
    uint64_t gen, rows;
    uint64_t last_id; /* id of the last row                                          */
    uint32_t warmup;
    enum stream_state state;
    uint32_t remembered, calibrated; /* rows in history; scores in the tail's sample */
    size_t params;
    double alarm_rate;
    uint64_t alarms, scored; /* onsets and rows scored by a trained model */
    uint64_t judged;  /* rows that people have judged                             */
    uint32_t waiting; /* remembered rows of the open alarm, not learned yet       */
};
void stream_facts(const struct stream *s, struct stream_facts *out);
const struct kiri_schema *stream_schema(const struct stream *s);

#endif
