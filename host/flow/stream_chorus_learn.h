/*
 * flow/stream_chorus_learn.h - the training of a chorus (stream_chorus.h), and what every
 * session of it costs a chorus that did not know it.
 *
 * Each voice learns by itself: steps of 32 sessions (fewer of few) drawn anew, Adam with
 * a rate that falls from .006 to .0001, targets softened by .002. The sessions in the
 * seed's order are parted in folds, and each fold is held back once from eight voices of
 * its own (cross-fitting), so that every session is read by voices that have not seen it,
 * and by counts from which it was taken out: a promise such as 3 in 1,000 needs more
 * held-back sessions than a tenth of a few thousand. From CHORUS_MANY sessions on one
 * such part is enough. The chorus itself learns from all of them. The same seed gives the
 * same bits, whatever the threads.
 */
#ifndef KIRI_FLOW_STREAM_CHORUS_LEARN_H
#define KIRI_FLOW_STREAM_CHORUS_LEARN_H

#include "flow/stream_chorus.h"

#define CHORUS_BATCH   32u
#define CHORUS_ORDER   5u  /* words of past that the counts know          */
#define CHORUS_CONTEXT 64u /* positions that the GPTs see, at most        */
#define CHORUS_FOLDS   3u
#define CHORUS_MANY    20000u /* sessions from which on one fold of ten is enough */

/* Sessions: i is id[at[i], at[i + 1]), BOS (vocab - 1) first and last; two at least. */
struct chorus_text {
    const uint16_t *id;
    const uint64_t *at; /* [n + 1] */
    uint32_t n, vocab;
};

struct chorus_progress {
    uint32_t step, steps; /* of all trainings together      */
    float loss;           /* of one of them, nats per token */
};

struct chorus_plan {
    struct chorus_text text; /* at least one session */
    uint64_t seed;
    uint32_t steps; /* of each voice; 0: by the number of sessions */
    /* Called after steps, from any thread, one call at a time; nonzero gives up. */
    int (*progress)(void *ctx, const struct chorus_progress *p);
    void *ctx;
    const struct gpt_parallel *par; /* NULL: one after another */
};

enum chorus_end { CHORUS_DONE, CHORUS_GAVE_UP, CHORUS_DIVERGED, CHORUS_NO_MEMORY };

struct chorus_result {
    struct chorus *chorus; /* the caller's; NULL unless DONE */
    uint32_t steps;        /* of each voice */
    uint32_t held;         /* sessions that were held back once */
    uint32_t *session;     /* [held] which, the caller's */
    float *nats;           /* [sum of their words and ends] in this order, the caller's */
};
enum chorus_end chorus_learn(const struct chorus_plan *plan, struct chorus_result *out);
void chorus_result_free(struct chorus_result *r); /* what is left in it */

#endif
