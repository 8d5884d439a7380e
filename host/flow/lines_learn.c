/*
 * Training a text model: the rows in a seeded order, some held back, Adam with a rate
 * that falls to nothing, the best weights kept. Early stopping as the filename detector
 * had it (a look every 50 steps, patience 5); cross-fitting (each fold scored by a model
 * that did not see it) where a tenth of the rows would be too few to calibrate by.
 */
#include "flow/lines_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH        4u
#define RATE         0.01f
#define WIDTH        32u
#define HEADS        4u
#define LAYERS       2u
#define LOOK         50u  /* steps between two looks at held-back rows */
#define PATIENCE     5u   /* looks without a better one                */
#define LOOKED_AT    128u /* held-back rows a look takes, at most      */
#define FOLDS        5u
#define MANY_ROWS    1000u /* from here on every tenth is held back     */
#define FEW_ROWS     10u   /* below, none                               */
#define HELD_MOST    2000u /* rows that calibrate                       */
#define FEWEST_STEPS 500u
#define MOST_STEPS   10000u

struct row {
    const char *text;
    uint32_t len;
};

/* Everything one training needs, made once. */
struct school {
    const struct lines_plan *plan;
    struct row *row; /* [n], in the seed's order */
    uint32_t n;
    struct gpt_shape shape;
    uint32_t steps;
    uint16_t *ids; /* [BATCH][context + 1] */
    struct lines_progress progress;
};

/* ---- rows ------------------------------------------------------------------------ */

/* The next line of text[len) from *at on; 0 at the end. */
static int next_row(const char *text, size_t len, size_t *at, struct row *row,
                    int *was_cut)
{
    if (*at >= len)
        return 0;
    const char *begin = text + *at, *end = memchr(begin, '\n', len - *at);
    size_t n = end ? (size_t)(end - begin) : len - *at;
    *at += n + 1;
    if (end && n && begin[n - 1] == '\r')
        n--;
    *was_cut = n > LINES_TAUGHT;
    *row = (struct row){ begin, *was_cut ? LINES_TAUGHT : (uint32_t)n };
    return 1;
}

/* Fills s->row in the order of the seed; the longest row decides the context. */
static int take_rows(struct school *s, const char *text, size_t len,
                     struct lines_report *report, struct kiri_error *err)
{
    struct row row;
    struct gpt_rng rng;
    uint32_t longest = 0, cap = 0;
    int was_cut;

    for (size_t at = 0; next_row(text, len, &at, &row, &was_cut);) {
        if (!row.len) {
            report->empty++;
            continue;
        }
        if (s->n == cap) {
            cap = cap ? cap * 2 : 1024;
            struct row *more = realloc(s->row, cap * sizeof *more);
            if (!more)
                return kiri_fail(err, KIRI_INTERNAL, "memory is short");
            s->row = more;
        }
        s->row[s->n++] = row;
        report->cut += (uint64_t)was_cut;
        if (row.len > longest)
            longest = row.len;
    }
    if (!s->n)
        return kiri_fail(err, KIRI_BAD_DATA, "there is no line to learn from");
    gpt_rng_seed(&rng, s->plan->seed);
    for (uint32_t i = s->n; i > 1; i--) { /* Fisher and Yates */
        uint32_t k = gpt_rng_below(&rng, i);
        row = s->row[i - 1];
        s->row[i - 1] = s->row[k];
        s->row[k] = row;
    }
    report->rows = s->n;
    s->shape = (struct gpt_shape){ .vocab = 257,
                                   .width = WIDTH,
                                   .heads = HEADS,
                                   .layers = LAYERS,
                                   .context = longest + 1 };
    return 0;
}

/* ---- one training ---------------------------------------------------------------- */

/* Rows [from, to) are held back from it. */
struct part {
    uint32_t from, to;
    uint32_t steps;     /* to take at most                            */
    uint64_t seed;      /* of weights and batches                     */
    struct lines *best; /* out: the weights after best_step steps     */
    uint32_t best_step;
    double best_loss; /* NaN: nothing was held back */
};

/* Example k of a batch: a row that is not held back, drawn anew. */
static void fill(const struct school *s, const struct part *p, uint32_t k,
                 struct gpt_rng *rng, struct gpt_example *example)
{
    uint32_t i = gpt_rng_below(rng, s->n - (p->to - p->from));
    const struct row *row = &s->row[i < p->from ? i : i + (p->to - p->from)];
    uint16_t *ids = s->ids + (size_t)k * (s->shape.context + 1);
    const uint16_t bos = (uint16_t)(s->shape.vocab - 1);

    ids[0] = bos;
    for (uint32_t t = 0; t < row->len; t++)
        ids[t + 1] = (unsigned char)row->text[t];
    ids[row->len + 1] = bos;
    *example = (struct gpt_example){
        .n = row->len + 1, .id = ids, .next = ids + 1, .weight = 1
    };
}

/* Mean nats per token over the first held-back rows. -1 when memory is short. */
static int look(const struct school *s, const struct part *p, struct lines *m,
                double *loss)
{
    uint32_t end = p->to - p->from > LOOKED_AT ? p->from + LOOKED_AT : p->to;
    struct lines_verdict verdict;
    double nats = 0;
    uint64_t tokens = 0;

    for (uint32_t i = p->from; i < end; i++) {
        if (lines_score(m, s->row[i].text, s->row[i].len, &verdict))
            return -1;
        nats += verdict.total;
        tokens += verdict.n;
    }
    *loss = nats / (double)tokens;
    return 0;
}

static struct lines *copy_of(const struct lines *m)
{
    struct gpt *gpt = gpt_copy(m->gpt);

    return gpt ? lines_new(LINES_TEXT, gpt, &(struct vocab){ 0 }) : NULL;
}

/* One step, and after every LOOK of them a look. 1: go on, 0: enough, -1: give up (*err
 * says why when the caller did not ask for it). */
static int step(struct school *s, struct part *p, struct lines *m, struct gpt_trainer *t,
                struct gpt_rng *rng, struct kiri_error *err)
{
    struct lines_progress *now = &s->progress;
    struct gpt_example batch[BATCH];
    struct gpt_adam adam = { .b1 = 0.85f, .b2 = 0.99f, .eps = 1e-8f };
    uint32_t done = now->step;
    double loss;

    adam.lr = RATE * (1 - (float)done / (float)s->steps);
    for (uint32_t k = 0; k < BATCH; k++) {
        fill(s, p, k, rng, &batch[k]);
        now->tokens += batch[k].n;
    }
    now->loss = gpt_train_step(m->gpt, t, batch, BATCH, &adam, NULL);
    if (!isfinite(now->loss))
        return kiri_fail(err, KIRI_INTERNAL, "the training diverged; try another --seed");
    now->step = ++done;
    now->looked = p->to > p->from && (done % LOOK == 0 || done == p->steps);
    if (now->looked) {
        if (look(s, p, m, &loss))
            return kiri_fail(err, KIRI_INTERNAL, "memory is short");
        now->held_back = (float)loss;
        if (!p->best || loss < p->best_loss) {
            lines_free(p->best);
            p->best = copy_of(m);
            if (!p->best)
                return kiri_fail(err, KIRI_INTERNAL, "memory is short");
            p->best_step = done;
            p->best_loss = loss;
        }
    }
    if (s->plan->progress && s->plan->progress(s->plan->ctx, now))
        return -1;
    int tired = now->looked && done >= p->best_step + PATIENCE * LOOK;
    return done < p->steps && !tired;
}

static int train_part(struct school *s, struct part *p, struct kiri_error *err)
{
    struct gpt *gpt = gpt_new(&s->shape, p->seed);
    struct gpt_trainer *trainer = gpt_trainer_new(&s->shape, BATCH);
    struct lines *m = gpt ? lines_new(LINES_TEXT, gpt, &(struct vocab){ 0 }) : NULL;
    struct gpt_rng rng;
    int rc = 1;

    p->best_loss = NAN;
    s->progress.part++;
    s->progress.step = 0;
    s->progress.steps = p->steps;
    s->progress.held_back = NAN;
    gpt_rng_seed(&rng, p->seed ^ 0x9e3779b97f4a7c15u);
    if (!m || !trainer)
        rc = kiri_fail(err, KIRI_INTERNAL, "memory is short");
    while (rc > 0)
        rc = step(s, p, m, trainer, &rng, err);
    gpt_trainer_free(trainer);
    if (rc == 0 && !p->best) { /* nothing was held back: the last weights are it */
        p->best = m;
        p->best_step = p->steps;
        m = NULL;
    }
    lines_free(m);
    if (rc) {
        lines_free(p->best);
        p->best = NULL;
    }
    return rc;
}

/* Scores the rows held back from p by its best model into sum and worst from *at on. */
static int examine(const struct school *s, const struct part *p, float *sum, float *worst,
                   uint32_t *at, struct kiri_error *err)
{
    struct lines_verdict verdict;

    for (uint32_t i = p->from; i < p->to && *at < HELD_MOST; i++, ++*at) {
        if (lines_score(p->best, s->row[i].text, s->row[i].len, &verdict))
            return kiri_fail(err, KIRI_INTERNAL, "memory is short");
        sum[*at] = (float)verdict.total;
        worst[*at] = (float)verdict.worst;
    }
    return 0;
}

/* ---- all of it ------------------------------------------------------------------- */

/* Many rows: the last tenth of the seed's order is held back. */
static int train_many(struct school *s, struct part *p, float *sum, float *worst,
                      uint32_t *held, struct kiri_error *err)
{
    *p = (struct part){
        .from = s->n - s->n / 10, .to = s->n, .steps = s->steps, .seed = s->plan->seed
    };
    s->progress.parts = 1;
    return train_part(s, p, err) ? -1 : examine(s, p, sum, worst, held, err);
}

/* Few rows: every fold is held back once; then all rows, for the folds' mean best. */
static int train_folds(struct school *s, struct part *p, float *sum, float *worst,
                       uint32_t *held, struct kiri_error *err)
{
    uint32_t steps = 0;
    double loss = 0;

    s->progress.parts = FOLDS + 1;
    for (uint32_t f = 0; f < FOLDS; f++) {
        struct part fold = { .from = (uint32_t)((uint64_t)s->n * f / FOLDS),
                             .to = (uint32_t)((uint64_t)s->n * (f + 1) / FOLDS),
                             .steps = s->steps,
                             .seed = s->plan->seed + f + 1 };
        if (train_part(s, &fold, err))
            return -1;
        int rc = examine(s, &fold, sum, worst, held, err);
        lines_free(fold.best);
        if (rc)
            return -1;
        steps += fold.best_step;
        loss += fold.best_loss / FOLDS;
    }
    *p = (struct part){ .steps = (steps + FOLDS - 1) / FOLDS, .seed = s->plan->seed };
    if (train_part(s, p, err))
        return -1;
    p->best_loss = loss;
    return 0;
}

static int train_all(struct school *s, struct part *p, struct kiri_error *err)
{
    *p = (struct part){ .steps = s->steps, .seed = s->plan->seed };
    s->progress.parts = 1;
    return train_part(s, p, err);
}

static uint32_t steps_for(uint32_t rows)
{
    return rows < FEWEST_STEPS / 2 ? FEWEST_STEPS
           : rows > MOST_STEPS / 2 ? MOST_STEPS
                                   : rows * 2;
}

struct lines *lines_train(const char *text, size_t len, const struct lines_plan *plan,
                          struct lines_report *report, struct kiri_error *err)
{
    struct school s = { .plan = plan };
    struct part p = { 0 };
    struct kiri_error why = { 0 };
    float sum[HELD_MOST], worst[HELD_MOST];
    uint32_t held = 0;
    int rc = -1;

    *report = (struct lines_report){ 0 };
    if (take_rows(&s, text, len, report, &why))
        goto done;
    s.steps = plan->steps ? plan->steps : steps_for(s.n);
    s.ids = calloc((size_t)BATCH * (s.shape.context + 1), sizeof *s.ids);
    if (!s.ids) {
        kiri_fail(&why, KIRI_INTERNAL, "memory is short");
        goto done;
    }
    rc = s.n >= MANY_ROWS  ? train_many(&s, &p, sum, worst, &held, &why)
         : s.n >= FEW_ROWS ? train_folds(&s, &p, sum, worst, &held, &why)
                           : train_all(&s, &p, &why);
    if (rc == 0 && lines_calibrate(p.best, sum, worst, held))
        rc = kiri_fail(&why, KIRI_INTERNAL, "memory is short");
    if (rc) {
        lines_free(p.best);
        p.best = NULL;
        report->gave_up = why.code == KIRI_FINE;
        goto done;
    }
    report->held_back = held;
    report->steps = p.best_step;
    report->held_back_loss = p.best_loss;
    p.best->facts = (struct lines_facts){ .rows = s.n,
                                          .held_back = held,
                                          .seed = plan->seed,
                                          .steps = p.best_step,
                                          .held_back_loss = p.best_loss };

done:
    if (why.code)
        kiri_fail(err, why.code, "%s", why.text);
    free(s.row);
    free(s.ids);
    return p.best;
}
