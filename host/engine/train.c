/*
 * engine/train.c - one step: windows over lanes, their gradients summed, Adam.
 *
 * Window i goes to lane i % lanes, whatever the threads; lanes are summed in their order.
 * So the bits of a step depend on max_batch (which sets the lanes) and on nothing else.
 * Summing and Adam go float by float, so a large model's are done in slices.
 */
#include "engine/backward.h"
#include "engine/elementary.h"
#include "engine/mode.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LANES  4u
#define MOST_SLICES 16u
#define SLICE       65536u /* floats: of less, a thread is not worth its while */

/* The step that is being taken, as its tasks see it. */
struct step {
    struct gpt *g;
    const struct gpt_example *e;
    uint32_t n, lanes;
    double total;
    struct gpt_adam_step adam;
    int direct; /* without the transposed copy */
};

struct gpt_trainer {
    const struct gpt_kernel *k;
    struct gpt_shape shape;
    struct gpt_layout at;
    uint32_t max_batch, lanes;
    size_t slice; /* floats of one, a multiple of GPT_PAD */
    uint64_t steps;
    float *moment[2];
    float *turned;
    float *grad[MOST_LANES];
    double loss[MOST_LANES];
    struct gpt_desk desk[MOST_LANES];
    struct step step;
};

struct gpt_trainer *gpt_trainer_new(const struct gpt_shape *s, uint32_t max_batch)
{
    char why[96];
    if (gpt_shape_check(s, why, sizeof why) != 0 || max_batch < 1)
        return NULL;
    struct gpt_layout at;
    gpt_layout(s, &at);
    struct gpt_turned turned;
    gpt_turned(s, &turned);
    const uint32_t lanes = max_batch < MOST_LANES ? max_batch : MOST_LANES;
    const uint32_t windows = (max_batch + lanes - 1) / lanes; /* of a lane */
    const size_t each = at.total + gpt_desk_size(s, windows);
    float *floats;
    struct gpt_trainer *t =
        gpt_arena(sizeof *t, 2 * at.total + turned.total + lanes * each, &floats);
    if (!t)
        return NULL;
    t->k = gpt_kernel();
    t->shape = *s;
    t->at = at;
    t->max_batch = max_batch;
    t->lanes = lanes;
    t->slice = gpt_pad((at.total + MOST_SLICES - 1) / MOST_SLICES);
    if (t->slice < SLICE)
        t->slice = SLICE;
    t->moment[0] = floats;
    t->moment[1] = floats + at.total;
    t->turned = floats + 2 * at.total;
    for (uint32_t i = 0; i < lanes; i++) {
        t->grad[i] = t->turned + turned.total + i * each;
        gpt_desk_init(&t->desk[i], t->k, s, windows, t->grad[i] + at.total);
    }
    return t;
}

void gpt_trainer_free(struct gpt_trainer *t)
{
    free(t);
}

static double total_weight(const struct gpt_example *e, uint32_t n, uint32_t vocab)
{
    double total = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t t = 0; t < e[i].n; t++)
            total += gpt_position_weight(&e[i], t, vocab);
    return total;
}

static size_t total_rows(const struct gpt_example *e, uint32_t n)
{
    size_t rows = 0;
    for (uint32_t i = 0; i < n; i++)
        rows += e[i].n;
    return rows;
}

/* The windows of lane i, at a desk. */
static void run_at(struct gpt_trainer *t, uint32_t i, struct gpt_desk *desk, float *grad)
{
    const struct step *s = &t->step;
    const struct gpt_windows w = { .e = s->e + i, .n = s->n - i, .step = t->lanes };
    t->loss[i] =
        gpt_backward(s->g, s->direct ? NULL : t->turned, desk, &w, s->total, grad);
}

static void run_lane(void *arg, uint32_t i)
{
    struct gpt_trainer *t = arg;
    const uint64_t mode = gpt_mode_enter(t->k->flush);
    run_at(t, i, &t->desk[i], t->grad[i]);
    gpt_mode_leave(mode);
}

/* One lane after another, at the first one's desk and each summed into the first at once:
 * the same sums with less to keep in the caches. */
static void run_lanes_in_turn(struct gpt_trainer *t, uint32_t lanes)
{
    run_at(t, 0, &t->desk[0], t->grad[0]);
    for (uint32_t i = 1; i < lanes; i++) {
        run_at(t, i, &t->desk[0], t->grad[1]);
        t->k->add(t->grad[0], t->grad[1], t->at.total);
    }
    t->step.lanes = 1;
}

/* Floats of slice i, from *first on. */
static size_t slice_at(const struct gpt_trainer *t, uint32_t i, size_t *first)
{
    *first = i * t->slice;
    const size_t left = t->at.total - *first;
    return left < t->slice ? left : t->slice;
}

/* Slice i of all lanes summed into the first. */
static void sum_slice(void *arg, uint32_t i)
{
    struct gpt_trainer *t = arg;
    const uint64_t mode = gpt_mode_enter(t->k->flush);
    size_t first;
    const size_t n = slice_at(t, i, &first);
    float *grad = t->grad[0] + first;
    for (uint32_t lane = 1; lane < t->step.lanes; lane++)
        t->k->add(grad, t->grad[lane] + first, n);
    gpt_mode_leave(mode);
}

/* One step of Adam on slice i. */
static void update_slice(void *arg, uint32_t i)
{
    struct gpt_trainer *t = arg;
    const uint64_t mode = gpt_mode_enter(t->k->flush);
    size_t first;
    const size_t n = slice_at(t, i, &first);
    t->k->adam(&t->step.adam, t->step.g->w + first, t->moment[0] + first,
               t->moment[1] + first, t->grad[0] + first, n);
    gpt_mode_leave(mode);
}

static void run(struct gpt_trainer *t, uint32_t n, void (*task)(void *arg, uint32_t i),
                const struct gpt_parallel *par)
{
    if (par && n > 1) {
        par->run(par->ctx, n, task, t);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        task(t, i);
}

static struct gpt_adam_step adam_step(const struct gpt_adam *adam, uint64_t steps)
{
    const double c1 = 1 - gpt_power((double)adam->b1, steps);
    const double c2 = 1 - gpt_power((double)adam->b2, steps);
    return (struct gpt_adam_step){ .b1 = adam->b1,
                                   .b2 = adam->b2,
                                   .rate = (float)((double)adam->lr / c1),
                                   .root = (float)(1 / sqrt(c2)),
                                   .eps = adam->eps };
}

static float take_step(struct gpt *g, struct gpt_trainer *t, const struct gpt_example *e,
                       uint32_t n, const struct gpt_adam *adam,
                       const struct gpt_parallel *par)
{
    assert(n <= t->max_batch && g->at.total == t->at.total);
    const double total = total_weight(e, n, g->shape.vocab);
    if (total == 0)
        return 0;
    if (!(total > 0 && isfinite(total)))
        return NAN;
    const uint32_t lanes = n < t->lanes ? n : t->lanes;
    t->step = (struct step){ .g = g, .e = e, .n = n, .lanes = lanes, .total = total };
    t->step.direct = gpt_direct(g, t->k, total_rows(e, n));
    if (!t->step.direct)
        gpt_turn(g, t->k, t->turned);
    if (par && lanes > 1)
        run(t, lanes, run_lane, par);
    else
        run_lanes_in_turn(t, lanes);

    const uint32_t slices = (uint32_t)((t->at.total + t->slice - 1) / t->slice);
    if (t->step.lanes > 1)
        run(t, slices, sum_slice, par);
    double loss = t->loss[0];
    for (uint32_t i = 1; i < lanes; i++)
        loss += t->loss[i];
    if (!isfinite((float)loss))
        return NAN;
    t->step.adam = adam_step(adam, ++t->steps);
    run(t, slices, update_slice, par);
    return (float)loss;
}

float gpt_train_step(struct gpt *g, struct gpt_trainer *t, const struct gpt_example *e,
                     uint32_t n, const struct gpt_adam *adam,
                     const struct gpt_parallel *par)
{
    const uint64_t mode = gpt_mode_enter(t->k->flush);
    const float loss = take_step(g, t, e, n, adam, par);
    gpt_mode_leave(mode);
    return loss;
}

/* ---- what a file carries ---- */

void gpt_gradient(const struct gpt_trainer *t, uint32_t i, float *out)
{
    gpt_pull(&t->shape, t->grad[0], i, out);
}

void gpt_moments_read(const struct gpt_trainer *t, int which, uint32_t i, float *out)
{
    gpt_pull(&t->shape, t->moment[which != 0], i, out);
}

int gpt_moments_write(struct gpt_trainer *t, int which, uint32_t i, const float *in)
{
    struct gpt_matrix m;
    gpt_matrix_at(&t->shape, i, &m);
    for (size_t k = 0; k < (size_t)m.rows * m.cols; k++)
        if (!isfinite(in[k]) || (which != 0 && in[k] < 0))
            return -1;
    gpt_push(&t->shape, t->moment[which != 0], i, in);
    return 0;
}

uint64_t gpt_steps(const struct gpt_trainer *t)
{
    return t->steps;
}

void gpt_steps_set(struct gpt_trainer *t, uint64_t steps)
{
    t->steps = steps;
}
