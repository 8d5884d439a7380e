/*
 * flow/stream_school.h - training on rows that stand alone (texts), some of them held
 * back, to know when to stop and how odd a row is that was not learned.
 *
 * The rows in a seeded order, batches of 4 drawn from those that are not held back, Adam
 * with a rate that falls from .01 to 0, two steps a row, 200 at least: of few rows more
 * would learn each by heart. Every 25 steps (of many a fortieth) the rows held back are
 * looked at, the best weights so far are kept, and 100 steps (a quarter) without a better
 * look end it. From 1,000 rows on every tenth is held back. Of fewer, a tenth would be
 * too little to calibrate by: each fifth is held back in turn from a training of its own,
 * so every row gets a verdict of a model that did not know it (cross-fitting), and the
 * model itself is trained on all rows for as long as was best, the rate falling to 0 by
 * then. Under 10 rows nothing is held back. The same seed gives the same model.
 *
 * Targets are hard: a byte that never came is never a target, and so costs the most.
 * (With a share for every byte, as turns have it, wrong ones were found less often.)
 *
 * Pure: floats and token ids; no clock, no I/O, no threads of its own.
 */
#ifndef KIRI_FLOW_STREAM_SCHOOL_H
#define KIRI_FLOW_STREAM_SCHOOL_H

#include "engine/gpt.h"

#include <stdint.h>

#define SCHOOL_BATCH 4u

struct school_progress {
    uint32_t part, parts; /* trainings: one for each fold, then the model's            */
    uint32_t step, steps; /* of this part                                              */
    uint64_t tokens;      /* trained so far, all parts                                 */
    float loss;           /* of this step, nats per token                              */
    float held_back;      /* of the last look at held-back rows; NaN: none yet         */
    int looked;           /* such a look was taken after this step                     */
};

struct school_plan {
    struct gpt_shape shape;
    uint64_t seed;
    uint32_t steps; /* 0: by the number of rows */
    uint32_t n;     /* rows, at least 1                                               */
    /* Row i: BOS and its tokens, at most shape.context of them predicted; `next` is
     * always given, a mask of 0 or 1 or none. What it points to lives until the same slot
     * (0..SCHOOL_BATCH - 1) is asked for again. */
    void (*row)(void *ctx, uint32_t i, uint32_t slot, struct gpt_example *out);
    /* Called after every step; nonzero gives up. May be NULL. */
    int (*progress)(void *ctx, const struct school_progress *p);
    void *ctx;                      /* of both */
    const struct gpt_parallel *par; /* NULL: one after another */
};

/* What a row is worth: the sum of the nats of its tokens, the worst of them, the mean. */
struct school_mark {
    float sum, worst, mean;
};

enum school_end { SCHOOL_DONE, SCHOOL_GAVE_UP, SCHOOL_DIVERGED, SCHOOL_NO_MEMORY };

struct school_result {
    struct gpt *gpt;             /* the caller's; NULL unless DONE                    */
    struct gpt_trainer *trainer; /* its moments, to go on with; the caller's          */
    uint32_t steps;              /* the model's                                       */
    double first_loss;           /* nats per token of the very first step             */
    double held_back_loss;       /* nats per token; NaN: nothing was held back        */
    uint32_t held;               /* rows that were held back, 2,000 at most           */
    struct school_mark *mark;    /* [held], the caller's                              */
};
enum school_end school_train(const struct school_plan *plan, struct school_result *out);
void school_result_free(struct school_result *r); /* what is left in it */

/* The nats of one row's scored tokens: sum, worst, how many. */
struct school_sum {
    double sum, worst;
    uint32_t n;
};
/* cache: rewound here; nll: [e->n] scratch. */
struct school_sum school_read(const struct gpt *g, struct gpt_cache *cache,
                              const struct gpt_example *e, float *nll);

#endif
