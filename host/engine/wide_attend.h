/*
 * engine/wide_attend.h - causal attention with the queries in the lanes.
 *
 * LANES queries at a time, transposed once for all heads: q[i][query]. Scores, attention
 * and their gradients lie as [key][query], so that softmax runs down columns and nothing
 * is summed across lanes. What a query may not see has attention exactly 0, which changes
 * no bit of a sum: a query's result does not depend on those beside it.
 */
#ifndef KIRI_ENGINE_WIDE_ATTEND_H
#define KIRI_ENGINE_WIDE_ATTEND_H

#include "engine/wide_matmul.h"
#include "engine/wide_rows.h"
#include "engine/wide_turn.h"

/* ---- forward ---- */

/* The queries t0..t0+n-1 of a window and the keys that they see between them. */
struct block {
    size_t t0, n, keys;
};

static struct block block_at(const struct gpt_attend *a, size_t t0)
{
    const size_t left = a->n - t0;
    const size_t n = left < LANES ? left : LANES;
    return (struct block){ t0, n, a->base + t0 + n };
}

/* c [m][LANES] = a b; see struct gpt_matmul. */
static void columns(size_t m, size_t k, const float *a, size_t a_row, size_t a_col,
                    const float *b, size_t b_row, float *c, size_t c_row)
{
    const struct gpt_matmul p = { .m = m,
                                  .n = LANES,
                                  .k = k,
                                  .a = a,
                                  .a_row = a_row,
                                  .a_col = a_col,
                                  .b = b,
                                  .b_row = b_row,
                                  .c = c,
                                  .c_row = c_row };
    product(&p);
}

/* Score s as those of its queries see it that do: the first sees keys 0..first, and each
 * next one more. */
INLINE vf seen(const float *at, size_t s, size_t first)
{
    const vf x = vf_load(at);
    return s > first ? vf_pick(vm_from(s - first), x, vf_all(-GPT_HUGE_LOGIT)) : x;
}

/* e^(score - top), 0 where it is not seen; returned and written in place of the score. */
INLINE vf raise(float *at, size_t s, size_t first, vf top)
{
    vf e = vf_exp(vf_load(at) - top);
    if (s > first)
        e = vf_keep(vm_from(s - first), e);
    vf_store(at, e);
    return e;
}

/* Softmax down the columns of p. The sum is four partial sums, key s in sum s % 4. */
static void soften(float *p, size_t p_row, size_t first, size_t keys)
{
    vf most[4], sum[4];
    for (int r = 0; r < 4; r++) {
        most[r] = vf_all(-GPT_HUGE_LOGIT);
        sum[r] = vf_all(0);
    }
    const size_t whole = keys - keys % 4;
    for (size_t s = 0; s < whole; s += 4)
        for (size_t r = 0; r < 4; r++)
            most[r] = vf_max(seen(p + (s + r) * p_row, s + r, first), most[r]);
    for (size_t r = 0; r < 3; r++)
        if (whole + r < keys)
            most[r] = vf_max(seen(p + (whole + r) * p_row, whole + r, first), most[r]);
    const vf top = vf_max(vf_max(most[0], most[2]), vf_max(most[1], most[3]));
    for (size_t s = 0; s < whole; s += 4)
        for (size_t r = 0; r < 4; r++)
            sum[r] = sum[r] + raise(p + (s + r) * p_row, s + r, first, top);
    for (size_t r = 0; r < 3; r++)
        if (whole + r < keys)
            sum[r] = sum[r] + raise(p + (whole + r) * p_row, whole + r, first, top);
    const vf share = vf_all(1) / ((sum[0] + sum[2]) + (sum[1] + sum[3]));
    for (size_t s = 0; s < keys; s++)
        vf_store(p + s * p_row, vf_load(p + s * p_row) * share);
}

/* q of one block, transposed and scaled, [heads * size][LANES]. */
static void turn_queries(const struct gpt_attend *a, const struct block *b, float *q)
{
    const size_t width = (size_t)a->heads * a->size;
    const vf by = vf_all(1 / sqrtf((float)a->size));
    turn_lanes(a->q + b->t0 * a->q_row, a->q_row, b->n, width, q, LANES);
    for (size_t i = 0; i < width; i++)
        vf_store(q + i * LANES, vf_load(q + i * LANES) * by);
}

static void attend(const struct gpt_attend *a)
{
    const size_t size = a->size, width = a->heads * size;
    float *q = a->work, *o = q + gpt_pad(width) * LANES;
    for (size_t t0 = 0; t0 < a->n; t0 += LANES) {
        const struct block b = block_at(a, t0);
        turn_queries(a, &b, q);
        for (size_t h = 0; h < a->heads; h++) {
            const size_t col = h * size;
            float *p = a->p + h * a->p_head + t0;
            columns(b.keys, size, a->k + col, a->kv_row, 1, q + col * LANES, LANES, p,
                    a->p_row);
            soften(p, a->p_row, a->base + t0, b.keys);
            columns(size, b.keys, a->v + col, 1, a->kv_row, p, a->p_row, o + col * LANES,
                    LANES);
        }
        turn_back(o, LANES, width, b.n, a->o + t0 * a->o_row, a->o_row);
    }
}

/* ---- backward ---- */

/* ds, the gradient of attention p, becomes that of the scores: ds = p (ds - sum over keys
 * of p ds) / sqrt(size), down the columns. */
static void soften_back(const float *p, size_t p_row, float *ds, size_t keys, float by)
{
    vf mean = vf_all(0);
    for (size_t s = 0; s < keys; s++)
        mean = vf_fma(vf_load(p + s * p_row), vf_load(ds + s * LANES), mean);
    for (size_t s = 0; s < keys; s++) {
        const vf d = vf_load(ds + s * LANES) - mean;
        vf_store(ds + s * LANES, (vf_load(p + s * p_row) * vf_all(by)) * d);
    }
}

/* d [keys][size] += (keys before b's own) or = (b's own keys) x [key][query] y [query]
 * [size]. A key of the block's second half is seen by none of the first half's queries.
 */
static void give_keys(const struct block *b, size_t first, size_t size, const float *x,
                      size_t x_row, const float *y, size_t y_row, float *d, size_t d_row)
{
    const struct {
        size_t from, to, query;
        int add;
    } parts[] = {
        { 0, first, 0, 1 },
        { first, first + (b->n < 8 ? b->n : 8), 0, 0 },
        { first + 8, b->keys, 8, 0 },
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].from >= parts[i].to)
            continue;
        const size_t s = parts[i].from, t = parts[i].query;
        product(&(struct gpt_matmul){ .m = parts[i].to - s,
                                      .n = size,
                                      .k = b->n - t,
                                      .a = x + s * x_row + t,
                                      .a_row = x_row,
                                      .a_col = 1,
                                      .b = y + t * y_row,
                                      .b_row = y_row,
                                      .c = d + s * d_row,
                                      .c_row = d_row,
                                      .add = parts[i].add });
    }
}

static void attend_back(const struct gpt_attend_back *g)
{
    const struct gpt_attend *a = &g->of;
    const size_t size = a->size, width = a->heads * size;
    const float by = 1 / sqrtf((float)size);
    float *d_o = a->work, *dq = d_o + gpt_pad(width) * LANES;
    float *ds = dq + gpt_pad(width) * LANES; /* [keys][LANES] */
    for (size_t t0 = 0; t0 < a->n; t0 += LANES) {
        const struct block b = block_at(a, t0);
        turn_lanes(g->d_o + t0 * a->o_row, a->o_row, b.n, width, d_o, LANES);
        for (size_t h = 0; h < a->heads; h++) {
            const size_t col = h * size;
            const float *p = a->p + h * a->p_head + t0;
            columns(b.keys, size, a->v + col, a->kv_row, 1, d_o + col * LANES, LANES, ds,
                    LANES);
            soften_back(p, a->p_row, ds, b.keys, by);
            columns(size, b.keys, a->k + col, 1, a->kv_row, ds, LANES, dq + col * LANES,
                    LANES);
            give_keys(&b, t0, size, ds, LANES, a->q + t0 * a->q_row + col, a->q_row,
                      g->dk + col, g->d_row);
            give_keys(&b, t0, size, p, a->p_row, g->d_o + t0 * a->o_row + col, a->o_row,
                      g->dv + col, g->d_row);
        }
        turn_back(dq, LANES, width, b.n, g->dq + t0 * g->d_row, g->d_row);
    }
}

#endif
