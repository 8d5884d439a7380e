/*
 * What a unit of work needs at the least. Of a token: 2 (12 d^2 L + V d) for the
 * matrices, 4 d L for each key that it sees; backward is twice forward.
 */
#include "bench/engine/work.h"

/* Of n tokens at positions from.. in a window; head: with their logits. */
static double forward_flops(const struct gpt_shape *s, double from, double n, int head)
{
    const double d = s->width, layers = s->layers;
    const double keys = n * from + n * (n + 1) / 2;

    return n * 2 * (12 * d * d * layers + (head ? s->vocab * d : 0)) +
           4 * d * layers * keys;
}

static double turn_flops(const struct work *w)
{
    const struct gpt_shape *s = &w->plan->shape;
    const double hops = (double)TURN_ROWS / TURN_HOP;
    const double windows = (double)TURN_STEPS * w->plan->batch;

    return hops * (forward_flops(s, 0, TURN_HOP, 0) +
                   forward_flops(s, TURN_HOP, TURN_HOP, 1)) +
           windows * 3 * forward_flops(s, 0, w->plan->tokens, 1);
}

double work_flops(const struct work *w)
{
    double all = 0;

    if (w->plan->kind == WORK_TURN)
        return turn_flops(w);
    for (uint32_t i = 0; i < w->steps * w->plan->batch; i++)
        all += forward_flops(&w->plan->shape, 0, w->example[i].n, 1);
    return all / w->steps * (w->plan->kind == WORK_TRAIN ? 3 : 1);
}

uint32_t work_updates(const struct work *w)
{
    return w->plan->kind == WORK_TRAIN ? 1 : w->plan->kind == WORK_TURN ? TURN_STEPS : 0;
}

double work_tokens(const struct work *w)
{
    double all = 0;

    if (w->plan->kind == WORK_TURN)
        return TURN_ROWS;
    for (uint32_t i = 0; i < w->steps * w->plan->batch; i++)
        all += w->example[i].n;
    return all / w->steps;
}
