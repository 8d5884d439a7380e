/*
 * flow/stream_state.h - what a stream is made of: for stream.c, learn_turn.c and keep.c,
 * which score, teach and save it. Nobody else looks inside.
 */
#ifndef KIRI_FLOW_STREAM_STATE_H
#define KIRI_FLOW_STREAM_STATE_H

#include "flow/calibrate.h"
#include "flow/stream.h"
#include "flow/stream_blame.h"
#include "flow/stream_density.h"
#include "flow/stream_fields.h"
#include "flow/stream_language.h"
#include "flow/stream_moments.h"
#include "flow/stream_rules.h"
#include "flow/stream_school.h"
#include "flow/stream_yardsticks.h"

#define STREAM_BATCH 4u    /* windows a training step */
#define TAIL_ROWS    64u   /* fewer normal rows in time have no tail to speak of */
#define START_ROWS   20u   /* first scored rows, that are no measure of anything */
#define GUARD_ROWS   20u   /* newest rows that are no past yet */
#define SHIFT_ROWS   1024u /* a shift learned for so many rows is the new normal */

/* The newest rows' values, the newest last: x[QUIET_ROWS - n, QUIET_ROWS). */
struct six {
    float x[QUIET_ROWS];
    uint32_t n;
};

/* A row that is not past yet. */
struct guarded {
    float by[STATISTICS];
    uint32_t counts; /* COUNTS: it is one of the normal rows that tails are measured on;
                        COUNTS_CUT: as hardly more than an alarm; NEVER: people said that
                        it was no normal row */
};
enum { COUNTS = 1, NEVER = 2, COUNTS_CUT = 3 };

/* May it be learned? stream_lessons.h. The numbers are in model files. */
enum lesson {
    LESSON_LEARN,
    LESSON_WAITS,    /* its alarm is open */
    LESSON_LEFT_OUT, /* its alarm closed before the hold was over */
    LESSON_APPROVED,
    LESSON_DISMISSED
};

/* A scored row's statistics, how far beyond the range its one number was, and which
 * pasts have them: what `in` says. */
struct measured {
    float by[STATISTICS], depth;
    uint32_t in;
};
enum { MEASURED = 1, IN_GAUGES = 2, IN_TAILS = 4, IS_CUT = 8 /* in tails: as less */ };

/* What a model file knows of a row that the store has. */
struct recalled {
    uint64_t id;
    enum lesson lesson;
    struct measured measured;
};

/* One remembered observation. */
struct memory {
    uint64_t id;
    int64_t ts;
    double number; /* that the rules see; NaN: the row is not one number */
    enum lesson lesson;
    struct measured measured;
    uint16_t side[GPT_SIDE_SLOTS];
    uint16_t n;
    struct kiri_token token[];
};

struct stream {
    const struct kiri_schema *schema;
    struct stream_options options;

    /* the language */
    struct language language;
    uint32_t vocab, max_tokens;
    uint32_t context; /* past observations in a full window; 0: each row stands alone */
    uint16_t bos;
    int one_number; /* its only word is a NUMBER: the rules apply */
    struct rules rules;
    int by_sum; /* a row's statistics are the sum of its nats and its worst token */

    /* the live generation */
    uint64_t gen;  /* 0: never trained */
    uint64_t gens; /* the greatest number that a generation ever had */
    struct gpt *gpt;
    struct gpt_trainer *trainer; /* Adam's moments; made at the first learning */
    struct moments resting;      /* those of a stream that rests: it has no trainer */
    int sides_on; /* hour and weekday are used: there was a week of history */

    /* history: the last STREAM_KEEPS rows; row r stands at r % STREAM_KEEPS */
    struct memory **kept;
    uint64_t rows; /* pushed and remembered, ever */
    uint32_t n_kept;
    uint64_t last_id, learned_at; /* row number of the last learning */
    int64_t first_ts, last_ts;
    uint64_t history_from; /* earlier rows are forgotten: a retraining began here */
    struct densities densities;

    /* the window in the cache */
    struct gpt_cache *cache;
    uint64_t window_from, window_to; /* rows [from, to) are fed, but for the last token */
    int window_ok;                   /* 0: refill (another generation, a fresh start) */
    uint16_t pending; /* the last token, not fed yet: its side rows are the next row's */

    /* calibration */
    struct yardsticks yard;
    struct six six; /* the last six excesses */
    struct six far; /* and of one number, how far it was from the middle */
    struct fields fields;
    struct guarded guarded[GUARD_ROWS]; /* oldest first */
    uint32_t n_guarded;
    struct alarm alarm;
    uint64_t alarms, scored;
    struct blame blame;

    /* what may be learned (stream_lessons.h) */
    struct measured measured;  /* of the row that is being scored */
    int was_open;              /* the alarm, after the row before */
    int64_t open_ms;           /* since it opened, by the rows' own times */
    uint32_t shift_rows;       /* of the open alarm, since it is learned */
    uint32_t waiting;          /* remembered rows that wait */
    double usual_lo, usual_hi; /* of dismissed rows; lo > hi: there are none */
    uint64_t judged;           /* rows, ever */
    struct recalled *recalled; /* [n_recalled] by id, while history is brought back */
    uint32_t n_recalled;

    /* scratch, sized once: [max_tokens + window] */
    uint16_t *ids, *next;
    struct gpt_side *sides;
    struct kiri_token *tokens;
    float *nll, *entropy, *logp;
};

/* The learned numbers of a remembered row, as they were. */
double *memory_values(struct memory *m);
size_t memory_size(const struct stream *s, const struct memory *m); /* bytes */
/* learn_turn.c: the row in the words of this revision; all that is remembered. */
void memory_speak(const struct stream *s, struct memory *m);
void stream_speak_again(struct stream *s);
/* stream.c: a row that lies in its place already, the next after those that are
 * remembered, is scored as if it came now, and remembered. 0, or -1: memory is short. */
int stream_score_again(struct stream *s);
/* stream.c: the history is scored as if it came now: the first past that one number's
 * scores are measured against. */
void stream_rehearse(struct stream *s);

/* stream_number.c: score, tail and alarm of one number's row; depth: rules_depth of it,
 * far: rules_far. 0, or -1 when memory is short. */
int stream_calibrate_number(struct stream *s, float excess, double depth, double far,
                            struct verdict *out);
/* Such a row of the history, of which no verdict is given. */
int stream_calibrate_rehearsed(struct stream *s, float excess, double far);

/* stream_calibrate.c, for both: the mean of the newest six, x included. */
float stream_mean_of_six(struct six *six, float x);
/* The alarm's step by out->tail; fills what out says of it. */
void stream_tell_alarm(struct stream *s, struct verdict *out);
/* 1: the row is one of the normal rows that tails are measured on. */
uint32_t stream_counts(const struct stream *s, const struct verdict *v);

/* stream_calibrate.c: score, tail and alarm of a row by its excess (mean of nll minus
 * entropy over its scored tokens), against the past. 0, or -1 when memory is short. */
int stream_calibrate(struct stream *s, float excess, uint32_t tokens,
                     struct verdict *out);
/* The same of a row by the sum of its nats and its worst token. */
int stream_calibrate_sum(struct stream *s, float sum, float worst, struct verdict *out);
/* by[STATISTICS] as tails remember an alarm's: cut. */
void stream_cut(const struct stream *s, const float *by, float *cut);
/* Rows that the model was not trained on are the past, where there is none yet. 0, or -1
 * when memory is short: there is none still. */
int stream_calibrate_seed(struct stream *s, const struct school_mark *mark, uint32_t n);

/* stream_alone.c: the first training of rows that stand alone; as stream_learn. */
int stream_learn_alone(struct stream *s, const struct gpt_parallel *par,
                       int (*progress)(void *ctx, uint32_t done, uint32_t all), void *ctx,
                       struct stream_lesson *out);

#endif
