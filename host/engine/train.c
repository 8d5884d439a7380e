/*
 * engine/train.c - one step: windows over lanes, their gradients summed, Adam.
 *
 * Window i goes to lane i % lanes, whatever the threads; lanes are summed in their order.
 * So the bits of a step depend on max_batch (which sets the lanes) and on nothing else.
 */
#include "engine/backward.h"
#include "engine/elementary.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LANES 4u

/* The step that is being taken, as its tasks see it. */
struct step {
    const struct gpt *g;
    const struct gpt_example *e;
    uint32_t n;
    double total;
};

struct gpt_trainer {
    const struct gpt_kernel *k;
    struct gpt_shape shape;
    struct gpt_layout at;
    uint32_t max_batch, lanes;
    uint64_t steps;
    float *moment[2];
    float *turned;
    struct gpt_lane lane[MOST_LANES];
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
    const size_t each = gpt_lane_size(s);
    float *floats;
    struct gpt_trainer *t =
        gpt_arena(sizeof *t, 2 * at.total + turned.total + lanes * each, &floats);
    if (!t)
        return NULL;
    t->k = &gpt_kernel_portable;
    t->shape = *s;
    t->at = at;
    t->max_batch = max_batch;
    t->lanes = lanes;
    t->moment[0] = floats;
    t->moment[1] = floats + at.total;
    t->turned = floats + 2 * at.total;
    for (uint32_t i = 0; i < lanes; i++)
        gpt_lane_init(&t->lane[i], t->k, s, t->turned + turned.total + i * each);
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

/* The windows of lane i, one after another. */
static void run_lane(void *arg, uint32_t i)
{
    struct gpt_trainer *t = arg;
    const struct step *s = &t->step;
    struct gpt_lane *lane = &t->lane[i];
    lane->loss = 0;
    for (uint32_t j = i; j < s->n; j += t->lanes)
        gpt_backward(s->g, t->turned, lane, &s->e[j], s->total, j == i);
}

static void run_lanes(struct gpt_trainer *t, uint32_t lanes,
                      const struct gpt_parallel *par)
{
    if (par && lanes > 1) {
        par->run(par->ctx, lanes, run_lane, t);
        return;
    }
    for (uint32_t i = 0; i < lanes; i++)
        run_lane(t, i);
}

static void update(struct gpt *g, struct gpt_trainer *t, const struct gpt_adam *adam)
{
    t->steps++;
    const double c1 = 1 - gpt_power((double)adam->b1, t->steps);
    const double c2 = 1 - gpt_power((double)adam->b2, t->steps);
    const struct gpt_adam_step s = { .b1 = adam->b1,
                                     .b2 = adam->b2,
                                     .rate = (float)((double)adam->lr / c1),
                                     .root = (float)(1 / sqrt(c2)),
                                     .eps = adam->eps };
    t->k->adam(&s, g->w, t->moment[0], t->moment[1], t->lane[0].grad, t->at.total);
}

float gpt_train_step(struct gpt *g, struct gpt_trainer *t, const struct gpt_example *e,
                     uint32_t n, const struct gpt_adam *adam,
                     const struct gpt_parallel *par)
{
    assert(n <= t->max_batch && g->at.total == t->at.total);
    const double total = total_weight(e, n, g->shape.vocab);
    if (total == 0)
        return 0;
    if (!(total > 0 && isfinite(total)))
        return NAN;
    t->step = (struct step){ .g = g, .e = e, .n = n, .total = total };
    gpt_turn(g, t->k, t->turned);
    const uint32_t lanes = n < t->lanes ? n : t->lanes;
    run_lanes(t, lanes, par);

    double loss = t->lane[0].loss;
    for (uint32_t i = 1; i < lanes; i++) {
        loss += t->lane[i].loss;
        t->k->add(t->lane[0].grad, t->lane[i].grad, t->at.total);
    }
    if (!isfinite((float)loss) || !t->k->sound(t->lane[0].grad, t->at.total))
        return NAN;
    update(g, t, adam);
    return (float)loss;
}

/* ---- what a file carries ---- */

void gpt_gradient(const struct gpt_trainer *t, uint32_t i, float *out)
{
    gpt_pull(&t->shape, t->lane[0].grad, i, out);
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
