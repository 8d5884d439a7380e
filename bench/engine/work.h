/*
 * bench/engine/work.h - the workloads that the engine is measured by, W1 to W5, and any
 * other shape: a model, its data, and one unit of work after another.
 *
 * Everything is drawn from the plan, so that the same plan is the same work, and a peer
 * can be given it: the weights, the tokens, what should have been said.
 */
#ifndef KIRI_BENCH_ENGINE_WORK_H
#define KIRI_BENCH_ENGINE_WORK_H

#include "engine/gpt.h"

#include <stddef.h>

enum work_kind {
    WORK_TRAIN, /* one step: forward, backward, Adam                                */
    WORK_SCORE, /* nats of each token of `batch` windows                            */
    WORK_TURN   /* an online turn: nats and entropy of TURN_ROWS rows, hop by hop, then
                   TURN_STEPS steps of `batch` windows with soft targets             */
};

#define TURN_ROWS  128u
#define TURN_HOP   32u
#define TURN_STEPS 5u
#define WORK_NAMES 0u /* tokens of a window: as names have them, 7.2 in the mean */

struct work_plan {
    const char *name;
    enum work_kind kind;
    struct gpt_shape shape;
    uint32_t batch;  /* windows of one step or one scoring                      */
    uint32_t tokens; /* of a window, 1..T; WORK_NAMES                           */
};

#define WORK_CHECKS                                                                      \
    3u /* figures of the first steps, by which a peer is held to the work */

struct work {
    const struct work_plan *plan;
    struct gpt *gpt;
    struct gpt_trainer *trainer;
    struct gpt_cache *cache;
    uint16_t *ids;               /* all windows, one after another                  */
    struct gpt_example *example; /* [n]; of a turn: the rows' window, then the steps' */
    uint32_t n, steps;           /* windows; units before the same come again       */
    struct gpt_target *target;   /* of a turn: [V] by the word that came            */
    struct gpt_target *targets;  /* of a turn: [n][tokens]                          */
    float *near;                 /* [V][V] what they point to                       */
    float *nll, *entropy;        /* [T] of the last scoring                         */
    uint32_t next;               /* unit                                            */
};

/* NULL: memory is short, or the shape is not valid. */
struct work *work_new(const struct work_plan *plan);
void work_free(struct work *w); /* NULL is fine */
/* A new model and no moments, as after work_new. 0, -1: memory. */
int work_reset(struct work *w);
/* One unit. Returns its loss, nats; of a turn that of its last step. */
double work_do(struct work *w, const struct gpt_parallel *par);
/* The first figures after a reset: losses of steps; the mean nats of the first scorings;
 * of a turn the mean nats, the mean entropy and the last loss. Resets before and after.
 * 0, -1.
 */
int work_checks(struct work *w, double check[WORK_CHECKS]);

/* Multiplications and additions that a unit needs, the mean over all units; exp, norms,
 * losses and loads count as nothing. */
double work_flops(const struct work *w);
/* How often a unit updates all weights. */
uint32_t work_updates(const struct work *w);
/* Tokens of a unit in the mean; of a turn its rows. */
double work_tokens(const struct work *w);

/* All that a peer needs, to a file: a line of text, then 32-bit floats and integers in
 * this machine's order (bench/peer_torch.py reads it). 0, -1 and errno. */
int work_write(const struct work *w, const char *path);

#endif
