/*
 * flow/sessions.h - models of sessions, each a line of words such as log keys: train,
 * score, keep in a file.
 *
 * The words are learned with the model: the SESSIONS_WORDS most frequent of the sessions
 * that it was trained on. Any other costs GPT_FLOOR_NATS and is passed over as context.
 * Every session stands alone. How odd it is says its worst word, the end included
 * (stream_chorus.h has what is probable); how odd that is in decades, and how rare, say
 * sessions that the model had not learned (stream_chorus_learn.h), and of a very long one
 * how many chances it had.
 *
 * Owner: one caller at a time. Files: safetensors, metadata format "1", kind "sessions".
 */
#ifndef KIRI_FLOW_SESSIONS_H
#define KIRI_FLOW_SESSIONS_H

#include "base/error.h"
#include "flow/stream_chorus_learn.h"
#include "flow/stream_words.h"

#include <stddef.h>
#include <stdint.h>

#define SESSIONS_WORDS     1000u      /* of a model; rarer ones are unknown to it */
#define SESSIONS_LONGEST   4096u      /* words of a session that count             */
#define SESSIONS_BYTES     (1u << 20) /* bytes of them                            */
#define SESSIONS_ODD       0.003      /* default budget: tail of an odd session   */
#define SESSIONS_EXPECTED  3u
#define SESSIONS_FILE_MOST (256u << 20) /* bytes of a model */

struct sessions_facts {
    uint64_t rows, held_back; /* trained on; calibrated with          */
    uint64_t strange;         /* of these, with a word that no other had */
    uint64_t seed, steps;     /* steps of each voice                  */
    double held_back_loss;    /* nats a word; NaN: none was held back */
};

struct sessions;
void sessions_free(struct sessions *m); /* NULL is fine */

/* From a file, or from its bytes. NULL and a sentence. */
struct sessions *sessions_open(const char *path, struct kiri_error *err);
struct sessions *sessions_parse(const void *bytes, size_t len, struct kiri_error *err);
/* Is the file such a model, as far as can be seen? A file that cannot be read is none. */
int sessions_is(const char *path);
/* The whole file or nothing of it (store/atomic.h). */
int sessions_save(const struct sessions *m, const char *path, struct kiri_error *err);

const struct sessions_facts *sessions_facts(const struct sessions *m);
const struct chorus *sessions_chorus(const struct sessions *m);
const struct words *sessions_words(const struct sessions *m);
/* Were there sessions enough to say how odd one is? */
int sessions_calibrated(const struct sessions *m);

struct sessions_token {
    float nats;           /* of both halves together             */
    float voices, counts; /* of each: what found it odd          */
    int known;
};
struct sessions_verdict {
    double total, surprise; /* nats of all words and the end; their mean       */
    double score, tail;     /* decades; (0, 1]. 0 and 1 without calibration    */
    uint32_t n;             /* words and the end                               */
    uint32_t worst;         /* the oddest of them: n - 1 is the end            */
    const struct sessions_token *token; /* [n], the model's: until the next score */
    uint32_t n_expected;
    struct {
        struct word word; /* text NULL: the end */
        float p;
    } expected[SESSIONS_EXPECTED]; /* instead of the worst: most probable first, p >= .02
                                    */
};
/* 0; -1 when memory is short. Words beyond SESSIONS_LONGEST do not count. */
int sessions_score(struct sessions *m, const struct word *word, uint32_t n,
                   struct sessions_verdict *out);

/* The words of a line, between blanks (any of the C locale's), into out[cap]: how many
 * there are, also when that is more. */
uint32_t sessions_split(const char *text, size_t len, struct word *out, uint32_t cap);

/* ---- training (sessions_learn.c) --------------------------------------------------- */

/* Sessions to learn from. */
struct lessons;
struct lessons *lessons_new(void);
void lessons_free(struct lessons *l); /* NULL is fine */
/* One without words is left out. 0; 1: there is no room for more, it is left out; -1
 * when memory is short. */
int lessons_add(struct lessons *l, const struct word *word, uint32_t n);
uint32_t lessons_count(const struct lessons *l);

struct sessions_plan {
    uint64_t seed;
    uint32_t steps; /* of each voice; 0: by the number of sessions */
    int (*progress)(void *ctx, const struct chorus_progress *p); /* as of chorus_plan */
    void *ctx;
    const struct gpt_parallel *par;
};
/* NULL and a sentence; when progress gave up, err->code is KIRI_FINE. The same sessions
 * and seed give the same model. */
struct sessions *sessions_train(const struct lessons *l, const struct sessions_plan *plan,
                                struct kiri_error *err);

#endif
