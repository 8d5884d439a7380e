#include "flow/stream_school.h"

#include <math.h>
#include <stdlib.h>

#define RATE         0.01f
#define LOOK         25u  /* steps between two looks at held-back rows, at least ...  */
#define LOOKS        40u  /* ... and no more looks than these                         */
#define PATIENCE     100u /* steps without a better look, at least ...                */
#define PATIENT      4u   /* ... and this part of all steps                           */
#define LOOKED_AT    128u /* held-back rows a look takes, at most      */
#define FOLDS        5u
#define MANY_ROWS    1000u /* from here on every tenth is held back     */
#define FEW_ROWS     10u   /* below, none                               */
#define HELD_MOST    2000u /* rows that calibrate                       */
#define FEWEST_STEPS 200u
#define MOST_STEPS   10000u

/* Everything that the trainings share, made once. */
struct school {
    const struct school_plan *plan;
    uint32_t *order; /* [n]: the rows in the seed's order */
    uint32_t steps;
    struct gpt_cache *cache;
    float *nll; /* [context] */
    struct school_progress progress;
    struct school_result *out;
};

/* One training; the rows [from, to) of the order are held back from it. */
struct part {
    uint32_t from, to;
    uint32_t steps;   /* to take at most                            */
    uint64_t seed;    /* of weights and batches                     */
    struct gpt *best; /* out: the weights after best_step steps     */
    struct gpt_trainer *trainer;
    uint32_t best_step;
    double best_loss; /* NaN: nothing was held back */
};

struct school_sum school_read(const struct gpt *g, struct gpt_cache *cache,
                              const struct gpt_example *e, float *nll)
{
    struct school_sum all = { 0 };

    gpt_cache_rewind(cache, 0);
    gpt_forward(g, cache, e->id, e->next, e->side, e->n,
                &(struct gpt_belief){ .nll = nll });
    for (uint32_t t = 0; t < e->n; t++) {
        if (e->mask && !(e->mask[t] > 0))
            continue;
        all.sum += (double)nll[t];
        if ((double)nll[t] > all.worst)
            all.worst = (double)nll[t];
        all.n++;
    }
    return all;
}

static struct school_sum read_row(const struct school *s, const struct gpt *g, uint32_t k)
{
    struct gpt_example e;

    s->plan->row(s->plan->ctx, s->order[k], 0, &e);
    return school_read(g, s->cache, &e, s->nll);
}

/* Mean nats per token over the first held-back rows. */
static double look(const struct school *s, const struct part *p, const struct gpt *g)
{
    uint32_t end = p->to - p->from > LOOKED_AT ? p->from + LOOKED_AT : p->to;
    double nats = 0;
    uint64_t tokens = 0;

    for (uint32_t k = p->from; k < end; k++) {
        struct school_sum row = read_row(s, g, k);
        nats += row.sum;
        tokens += row.n;
    }
    return tokens ? nats / (double)tokens : 0;
}

/* A row that is not held back, drawn anew, as example `slot` of a batch. */
static void draw(const struct school *s, const struct part *p, uint32_t slot,
                 struct gpt_rng *rng, struct gpt_example *out)
{
    uint32_t k = gpt_rng_below(rng, s->plan->n - (p->to - p->from));

    s->plan->row(s->plan->ctx, s->order[k < p->from ? k : k + (p->to - p->from)], slot,
                 out);
}

/* What a look found: the best so far is kept. 0, -1 when memory is short. */
static int compare(struct part *p, const struct gpt *g, uint32_t done, double loss)
{
    if (p->best && !(loss < p->best_loss))
        return 0;
    gpt_free(p->best);
    p->best = gpt_copy(g);
    p->best_step = done;
    p->best_loss = loss;
    return p->best ? 0 : -1;
}

static uint32_t look_every(const struct part *p)
{
    return p->steps / LOOKS > LOOK ? p->steps / LOOKS : LOOK;
}

static uint32_t patience(const struct part *p)
{
    return p->steps / PATIENT > PATIENCE ? p->steps / PATIENT : PATIENCE;
}

/* One step, and now and then a look. 1: go on; 0: enough, *end says how it went. */
static int step(struct school *s, struct part *p, struct gpt *g, struct gpt_rng *rng,
                enum school_end *end)
{
    struct school_progress *now = &s->progress;
    struct gpt_example batch[SCHOOL_BATCH];
    struct gpt_adam adam = { .b1 = 0.85f, .b2 = 0.99f, .eps = 1e-8f };
    uint32_t done = now->step;

    adam.lr = RATE * (1 - (float)done / (float)p->steps);
    for (uint32_t k = 0; k < SCHOOL_BATCH; k++) {
        draw(s, p, k, rng, &batch[k]);
        now->tokens += batch[k].n;
    }
    now->loss = gpt_train_step(g, p->trainer, batch, SCHOOL_BATCH, &adam, s->plan->par);
    if (!isfinite(now->loss)) {
        *end = SCHOOL_DIVERGED;
        return 0;
    }
    if (now->part == 1 && done == 0)
        s->out->first_loss = (double)now->loss;
    now->step = ++done;
    now->looked = p->to > p->from && (done % look_every(p) == 0 || done == p->steps);
    if (now->looked) {
        double loss = look(s, p, g);
        now->held_back = (float)loss;
        if (compare(p, g, done, loss)) {
            *end = SCHOOL_NO_MEMORY;
            return 0;
        }
    }
    if (s->plan->progress && s->plan->progress(s->plan->ctx, now)) {
        *end = SCHOOL_GAVE_UP;
        return 0;
    }
    return done < p->steps && !(now->looked && done >= p->best_step + patience(p));
}

static void part_free(struct part *p)
{
    gpt_free(p->best);
    gpt_trainer_free(p->trainer);
    p->best = NULL;
    p->trainer = NULL;
}

static enum school_end train_part(struct school *s, struct part *p)
{
    struct gpt *g = gpt_new(&s->plan->shape, p->seed);
    enum school_end end = SCHOOL_DONE;
    struct gpt_rng rng;

    p->trainer = gpt_trainer_new(&s->plan->shape, SCHOOL_BATCH);
    p->best_loss = NAN;
    s->progress.part++;
    s->progress.step = 0;
    s->progress.steps = p->steps;
    s->progress.held_back = NAN;
    gpt_rng_seed(&rng, p->seed ^ 0x9e3779b97f4a7c15u);
    if (!g || !p->trainer)
        end = SCHOOL_NO_MEMORY;
    else
        while (step(s, p, g, &rng, &end))
            ;
    if (end == SCHOOL_DONE && !p->best) { /* nothing was held back: the last are it */
        p->best = g;
        p->best_step = p->steps;
        g = NULL;
    }
    gpt_free(g);
    if (end)
        part_free(p);
    return end;
}

/* The rows held back from p get their marks by its best model. */
static void examine(const struct school *s, const struct part *p)
{
    for (uint32_t k = p->from; k < p->to && s->out->held < HELD_MOST; k++) {
        struct school_sum row = read_row(s, p->best, k);
        s->out->mark[s->out->held++] =
            (struct school_mark){ (float)row.sum, (float)row.worst,
                                  row.n ? (float)(row.sum / row.n) : 0 };
    }
}

/* ---- all of it ------------------------------------------------------------------- */

/* Many rows: the last tenth of the seed's order is held back. */
static enum school_end train_many(struct school *s, struct part *p)
{
    uint32_t n = s->plan->n;

    *p = (struct part){
        .from = n - n / 10, .to = n, .steps = s->steps, .seed = s->plan->seed
    };
    s->progress.parts = 1;
    enum school_end end = train_part(s, p);
    if (!end)
        examine(s, p);
    return end;
}

/* Few rows: every fold is held back once; then all rows, for the folds' mean best. */
static enum school_end train_folds(struct school *s, struct part *p)
{
    uint32_t steps = 0;
    double loss = 0;

    s->progress.parts = FOLDS + 1;
    for (uint32_t f = 0; f < FOLDS; f++) {
        struct part fold = { .from = (uint32_t)((uint64_t)s->plan->n * f / FOLDS),
                             .to = (uint32_t)((uint64_t)s->plan->n * (f + 1) / FOLDS),
                             .steps = s->steps,
                             .seed = s->plan->seed + f + 1 };
        enum school_end end = train_part(s, &fold);
        if (end)
            return end;
        examine(s, &fold);
        part_free(&fold);
        steps += fold.best_step;
        loss += fold.best_loss / FOLDS;
    }
    *p = (struct part){ .steps = (steps + FOLDS - 1) / FOLDS, .seed = s->plan->seed };
    enum school_end end = train_part(s, p);
    p->best_loss = loss;
    return end;
}

static enum school_end train_all(struct school *s, struct part *p)
{
    *p = (struct part){ .steps = s->steps, .seed = s->plan->seed };
    s->progress.parts = 1;
    return train_part(s, p);
}

static uint32_t steps_for(uint32_t rows)
{
    return rows < FEWEST_STEPS / 2 ? FEWEST_STEPS
           : rows > MOST_STEPS / 2 ? MOST_STEPS
                                   : rows * 2;
}

/* 0..n-1 in the order of the seed: Fisher and Yates. */
static void shuffle(uint32_t *order, uint32_t n, uint64_t seed)
{
    struct gpt_rng rng;

    gpt_rng_seed(&rng, seed);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = gpt_rng_below(&rng, i), row = order[i - 1];
        order[i - 1] = order[k];
        order[k] = row;
    }
}

static uint32_t most_held(uint32_t n)
{
    uint32_t held = n >= MANY_ROWS ? n / 10 : n;

    return held < HELD_MOST ? held : HELD_MOST;
}

enum school_end school_train(const struct school_plan *plan, struct school_result *out)
{
    struct school s = { .plan = plan, .out = out };
    enum school_end end = SCHOOL_NO_MEMORY;
    struct part p = { 0 };

    *out = (struct school_result){ .held_back_loss = NAN };
    s.steps = plan->steps ? plan->steps : steps_for(plan->n);
    s.order = calloc(plan->n, sizeof *s.order);
    s.nll = calloc(plan->shape.context, sizeof *s.nll);
    s.cache = gpt_cache_new(&plan->shape);
    out->mark = calloc(most_held(plan->n), sizeof *out->mark);
    if (s.order && s.nll && s.cache && out->mark) {
        shuffle(s.order, plan->n, plan->seed);
        end = plan->n >= MANY_ROWS  ? train_many(&s, &p)
              : plan->n >= FEW_ROWS ? train_folds(&s, &p)
                                    : train_all(&s, &p);
    }
    free(s.order);
    free(s.nll);
    gpt_cache_free(s.cache);
    if (end) {
        school_result_free(out);
        return end;
    }
    out->gpt = p.best;
    out->trainer = p.trainer;
    out->steps = p.best_step;
    out->held_back_loss = p.best_loss;
    return SCHOOL_DONE;
}

void school_result_free(struct school_result *r)
{
    gpt_free(r->gpt);
    gpt_trainer_free(r->trainer);
    free(r->mark);
    r->gpt = NULL;
    r->trainer = NULL;
    r->mark = NULL;
    r->held = 0;
}
