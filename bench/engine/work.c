#include "bench/engine/work.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED    1u
#define WINDOWS 64u /* before the same come again, at least */
#define BRANCH  4u  /* words that may follow a word */

static const struct gpt_adam adam = { .lr = .01f, .b1 = .85f, .b2 = .99f, .eps = 1e-8f };
/* With the BOS that they begin with, ends predicted: 7.2 in the mean. */
static const uint32_t name_lengths[] = { 5, 6, 7, 7, 8, 6, 8, 9, 7, 9 };
#define NAMES (sizeof name_lengths / sizeof *name_lengths)

/* ---- data ------------------------------------------------------------------------ */

static uint32_t length_of(const struct work_plan *p, uint32_t i)
{
    if (p->kind == WORK_TURN && i == 0)
        return TURN_ROWS + TURN_HOP;
    return p->tokens == WORK_NAMES ? name_lengths[i % NAMES] : p->tokens;
}

static uint32_t windows_of(const struct work_plan *p)
{
    if (p->kind == WORK_TURN)
        return 1 + TURN_STEPS * p->batch;
    if (p->tokens == WORK_NAMES)
        return (uint32_t)NAMES * 8;
    return p->batch * 2 > WINDOWS ? p->batch * 2 : WINDOWS;
}

/* BOS, then words of which each has a few that may follow it. */
static void draw_window(struct gpt_rng *rng, uint32_t vocab, uint16_t *ids, uint32_t n)
{
    assert(vocab >= 2);
    ids[0] = (uint16_t)(vocab - 1);
    for (uint32_t t = 1; t <= n; t++)
        ids[t] =
            (uint16_t)((ids[t - 1] * 7u + 1 + gpt_rng_below(rng, BRANCH)) % (vocab - 1));
}

/* A bucket's neighbours are nearly right: what the product teaches of a number. */
static void draw_targets(struct work *w)
{
    const uint32_t v = w->plan->shape.vocab, words = v - 1;
    for (uint32_t i = 0; i < v; i++) {
        float *p = w->near + (size_t)i * v;
        double sum = 0;
        for (uint32_t k = 0; k < words; k++)
            sum += exp(-.5 * ((double)k - i) * ((double)k - i));
        for (uint32_t k = 0; k < words; k++)
            p[k] = (float)(.3 * exp(-.5 * ((double)k - i) * ((double)k - i)) / sum +
                           .001 / words + (k == i ? .699 : 0));
        w->target[i] = (struct gpt_target){ .p = p, .first = 0, .n = (uint16_t)words };
    }
}

static void draw_data(struct work *w)
{
    const struct work_plan *p = w->plan;
    struct gpt_rng rng;
    gpt_rng_seed(&rng, SEED);
    uint16_t *ids = w->ids;
    struct gpt_target *target = w->targets;
    for (uint32_t i = 0; i < w->n; i++) {
        const uint32_t n = length_of(p, i);
        draw_window(&rng, p->shape.vocab, ids, n);
        w->example[i] =
            (struct gpt_example){ .n = n, .id = ids, .next = ids + 1, .weight = 1 };
        if (p->kind == WORK_TURN && i > 0) {
            for (uint32_t t = 0; t < n; t++)
                target[t] = w->target[ids[t + 1]];
            w->example[i].target = target;
            target += n;
        }
        ids += n + 1;
    }
}

/* ---- making ---------------------------------------------------------------------- */

struct work *work_new(const struct work_plan *plan)
{
    const size_t v = plan->shape.vocab;
    assert(v >= 2);
    struct work *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    size_t tokens = 0;
    w->plan = plan;
    w->n = windows_of(plan);
    for (uint32_t i = 0; i < w->n; i++)
        tokens += length_of(plan, i) + 1;
    assert(w->n > 0 && tokens > 0);
    w->steps = plan->kind == WORK_TURN ? 1 : w->n / plan->batch;
    w->ids = calloc(tokens, sizeof *w->ids);
    w->example = calloc(w->n, sizeof *w->example);
    w->target = calloc(v, sizeof *w->target);
    w->targets = calloc(tokens, sizeof *w->targets);
    w->near = calloc(v * v, sizeof *w->near);
    w->nll = calloc(plan->shape.context, sizeof *w->nll);
    w->entropy = calloc(plan->shape.context, sizeof *w->entropy);
    w->cache = gpt_cache_new(&plan->shape);
    if (!w->ids || !w->example || !w->target || !w->targets || !w->near || !w->nll ||
        !w->entropy || !w->cache || work_reset(w)) {
        work_free(w);
        return NULL;
    }
    if (plan->kind == WORK_TURN)
        draw_targets(w);
    draw_data(w);
    return w;
}

void work_free(struct work *w)
{
    if (!w)
        return;
    gpt_free(w->gpt);
    gpt_trainer_free(w->trainer);
    gpt_cache_free(w->cache);
    free(w->ids);
    free(w->example);
    free(w->target);
    free(w->targets);
    free(w->near);
    free(w->nll);
    free(w->entropy);
    free(w);
}

int work_reset(struct work *w)
{
    gpt_free(w->gpt);
    gpt_trainer_free(w->trainer);
    w->gpt = gpt_new(&w->plan->shape, SEED);
    w->trainer = w->plan->kind == WORK_SCORE
                     ? NULL
                     : gpt_trainer_new(&w->plan->shape, w->plan->batch);
    w->next = 0;
    return w->gpt && (w->trainer || w->plan->kind == WORK_SCORE) ? 0 : -1;
}

/* ---- doing ----------------------------------------------------------------------- */

static double mean(const float *x, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum / n;
}

static double score(struct work *w, const struct gpt_example *e)
{
    double nats = 0;
    for (uint32_t i = 0; i < w->plan->batch; i++) {
        gpt_cache_rewind(w->cache, 0);
        gpt_forward(w->gpt, w->cache, e[i].id, e[i].next, NULL, e[i].n,
                    &(struct gpt_belief){ .nll = w->nll });
        nats += mean(w->nll, e[i].n) / w->plan->batch;
    }
    return nats;
}

/* Windows begin on a grid of hops: the cache is filled with the hop before, then the rows
 * of this one are scored. */
static double score_rows(struct work *w, double *entropy)
{
    const struct gpt_example *rows = &w->example[0];
    double nats = 0;
    *entropy = 0;
    for (uint32_t from = 0; from < TURN_ROWS; from += TURN_HOP) {
        gpt_cache_rewind(w->cache, 0);
        gpt_forward(w->gpt, w->cache, rows->id + from, NULL, NULL, TURN_HOP,
                    &(struct gpt_belief){ 0 });
        gpt_forward(w->gpt, w->cache, rows->id + from + TURN_HOP,
                    rows->next + from + TURN_HOP, NULL, TURN_HOP,
                    &(struct gpt_belief){ .nll = w->nll, .entropy = w->entropy });
        nats += mean(w->nll, TURN_HOP) * TURN_HOP / TURN_ROWS;
        *entropy += mean(w->entropy, TURN_HOP) * TURN_HOP / TURN_ROWS;
    }
    return nats;
}

static double turn(struct work *w, const struct gpt_parallel *par, double *nats,
                   double *entropy)
{
    double loss = 0;
    *nats = score_rows(w, entropy);
    for (uint32_t i = 0; i < TURN_STEPS; i++)
        loss = (double)gpt_train_step(w->gpt, w->trainer,
                                      &w->example[1 + i * w->plan->batch], w->plan->batch,
                                      &adam, par);
    return loss;
}

double work_do(struct work *w, const struct gpt_parallel *par)
{
    const struct gpt_example *e = &w->example[w->next * w->plan->batch];
    double nats, entropy;
    w->next = w->next + 1 < w->steps ? w->next + 1 : 0;
    switch (w->plan->kind) {
    case WORK_TRAIN:
        return (double)gpt_train_step(w->gpt, w->trainer, e, w->plan->batch, &adam, par);
    case WORK_SCORE: return score(w, e);
    case WORK_TURN: return turn(w, par, &nats, &entropy);
    }
    return NAN;
}

int work_checks(struct work *w, double check[WORK_CHECKS])
{
    if (work_reset(w))
        return -1;
    if (w->plan->kind == WORK_TURN)
        check[2] = turn(w, NULL, &check[0], &check[1]);
    else
        for (uint32_t i = 0; i < WORK_CHECKS; i++)
            check[i] = work_do(w, NULL);
    return work_reset(w);
}
