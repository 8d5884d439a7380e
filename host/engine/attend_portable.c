/*
 * engine/attend_portable.c - causal attention with the queries in the lanes.
 *
 * Scores lie as [key][query], so that softmax runs down columns, four queries at once,
 * and no sum goes across lanes. Queries are taken in blocks of eight: a block needs no
 * key after its last query, which saves close to half of a long window. What a query may
 * not see has attention exactly 0 and so never changes the bits of a sum.
 */
#include "engine/kernel.h"
#include "engine/layout.h"
#include "engine/vec.h"

#include <math.h>

#define BLOCK 8u /* queries */

/* Here [size] and [keys] rows of all queries; wide_attend.h has two blocks of [width]
 * and one of [keys] rows of a vector. */
size_t gpt_attend_work(uint32_t heads, uint32_t size, size_t rows, size_t keys)
{
    const size_t here = (size + keys) * gpt_pad(rows);
    const size_t wide = (2 * gpt_pad((size_t)heads * size) + keys) * GPT_PAD;
    return here > wide ? here : wide;
}

/* One block of queries: t0..t0+n-1, `wide` lanes of them (a multiple of 4), the keys that
 * they see between them. */
struct block {
    size_t t0, n, wide, keys;
};

static struct block block_at(const struct gpt_attend *a, size_t t0)
{
    const size_t left = a->n - t0;
    const size_t n = left < BLOCK ? left : BLOCK;
    return (struct block){ t0, n, (n + 3) / 4 * 4, a->base + t0 + n };
}

/* 1 for each of four queries, of which the first sees keys 0..first, that sees key s. */
static u4 sees(size_t s, size_t first)
{
    const uint32_t late = (uint32_t)(s > first ? s - first : 0);
    const u4 lane = { 0, 1, 2, 3 };
    return (u4)(lane >= (u4){ late, late, late, late });
}

/* Softmax down four columns of scores, queries of which the first is at position `first`.
 */
static void soften(float *p, size_t p_row, size_t first, size_t keys, float by)
{
    const v4 never = v4_all(-GPT_HUGE_LOGIT);
    v4 most = never;
    for (size_t s = 0; s < keys; s++) {
        v4 x = v4_load(p + s * p_row) * v4_all(by);
        if (s > first)
            x = v4_pick(sees(s, first), x, never);
        v4_store(p + s * p_row, x);
        most = v4_max(x, most);
    }
    v4 sum = v4_all(0);
    for (size_t s = 0; s < keys; s++) {
        v4 e = v4_exp(v4_load(p + s * p_row) - most);
        if (s > first)
            e = v4_pick(sees(s, first), e, v4_all(0));
        v4_store(p + s * p_row, e);
        sum += e;
    }
    const v4 share = v4_all(1) / sum;
    for (size_t s = 0; s < keys; s++)
        v4_store(p + s * p_row, v4_load(p + s * p_row) * share);
}

void gpt_attend_portable(const struct gpt_attend *a)
{
    const size_t wide = gpt_pad(a->n), size = a->size;
    const float by = 1 / sqrtf((float)size);
    float *qt = a->work; /* [size][wide] queries of one head, transposed */
    for (size_t i = 0; i < size * wide; i++)
        qt[i] = 0;
    for (size_t h = 0; h < a->heads; h++) {
        const size_t col = h * size;
        gpt_transpose_portable(a->q + col, a->q_row, a->n, size, qt, wide);
        for (size_t t0 = 0; t0 < a->n; t0 += BLOCK) {
            const struct block b = block_at(a, t0);
            float *p = a->p + h * a->p_head + t0;
            gpt_matmul_portable(&(struct gpt_matmul){ .m = b.keys,
                                                      .n = b.wide,
                                                      .k = size,
                                                      .a = a->k + col,
                                                      .a_row = a->kv_row,
                                                      .a_col = 1,
                                                      .b = qt + t0,
                                                      .b_row = wide,
                                                      .c = p,
                                                      .c_row = a->p_row });
            for (size_t lane = 0; lane < b.wide; lane += 4)
                soften(p + lane, a->p_row, a->base + t0 + lane, b.keys, by);
            gpt_matmul_portable(&(struct gpt_matmul){ .m = b.n,
                                                      .n = size,
                                                      .k = b.keys,
                                                      .a = p,
                                                      .a_row = 1,
                                                      .a_col = a->p_row,
                                                      .b = a->v + col,
                                                      .b_row = a->kv_row,
                                                      .c = a->o + t0 * a->o_row + col,
                                                      .c_row = a->o_row });
        }
    }
}

/* From the gradient of attention, in ds, to that of the scores:
 * ds = p (dp - sum over keys of p dp) / sqrt(size), down four columns. */
static void soften_back(const float *p, size_t p_row, float *ds, size_t ds_row,
                        size_t keys, float by)
{
    v4 mean = v4_all(0);
    for (size_t s = 0; s < keys; s++)
        mean += v4_load(p + s * p_row) * v4_load(ds + s * ds_row);
    for (size_t s = 0; s < keys; s++) {
        const v4 d = v4_load(ds + s * ds_row) - mean;
        const v4 g = v4_load(p + s * p_row) * d * v4_all(by);
        const u4 tiny = (u4)(v4_max(g, -g) < v4_all(GPT_TINY_SCORE));
        v4_store(ds + s * ds_row, v4_pick(tiny, v4_all(0), g));
    }
}

/* One block of queries of one head; adds to dk and dv, sets dq. */
static void block_back(const struct gpt_attend_back *g, const struct block *b, size_t h,
                       const float *d_ot, float *ds)
{
    const struct gpt_attend *a = &g->of;
    const size_t wide = gpt_pad(a->n), size = a->size, col = h * size;
    const float *p = a->p + h * a->p_head + b->t0;
    ds += b->t0;
    gpt_matmul_portable(&(struct gpt_matmul){ .m = b->keys,
                                              .n = b->wide,
                                              .k = size,
                                              .a = a->v + col,
                                              .a_row = a->kv_row,
                                              .a_col = 1,
                                              .b = d_ot + b->t0,
                                              .b_row = wide,
                                              .c = ds,
                                              .c_row = wide });
    for (size_t lane = 0; lane < b->wide; lane += 4)
        soften_back(p + lane, a->p_row, ds + lane, wide, b->keys, 1 / sqrtf((float)size));
    gpt_matmul_portable(&(struct gpt_matmul){ .m = b->n,
                                              .n = size,
                                              .k = b->keys,
                                              .a = ds,
                                              .a_row = 1,
                                              .a_col = wide,
                                              .b = a->k + col,
                                              .b_row = a->kv_row,
                                              .c = g->dq + b->t0 * g->d_row + col,
                                              .c_row = g->d_row });
    gpt_matmul_portable(&(struct gpt_matmul){ .m = b->keys,
                                              .n = size,
                                              .k = b->n,
                                              .a = ds,
                                              .a_row = wide,
                                              .a_col = 1,
                                              .b = a->q + b->t0 * a->q_row + col,
                                              .b_row = a->q_row,
                                              .c = g->dk + col,
                                              .c_row = g->d_row,
                                              .add = 1 });
    gpt_matmul_portable(&(struct gpt_matmul){ .m = b->keys,
                                              .n = size,
                                              .k = b->n,
                                              .a = p,
                                              .a_row = a->p_row,
                                              .a_col = 1,
                                              .b = g->d_o + b->t0 * a->o_row + col,
                                              .b_row = a->o_row,
                                              .c = g->dv + col,
                                              .c_row = g->d_row,
                                              .add = 1 });
}

void gpt_attend_back_portable(const struct gpt_attend_back *g)
{
    const struct gpt_attend *a = &g->of;
    const size_t wide = gpt_pad(a->n), size = a->size;
    float *d_ot = a->work;             /* [size][wide] gradient of one head's output */
    float *ds = a->work + size * wide; /* [n][wide] gradient of its scores           */
    for (size_t i = 0; i < size * wide; i++)
        d_ot[i] = 0;
    for (size_t t = 0; t < a->n; t++)
        for (size_t i = 0; i < a->heads * size; i++)
            g->dk[t * g->d_row + i] = g->dv[t * g->d_row + i] = 0;
    for (size_t h = 0; h < a->heads; h++) {
        gpt_transpose_portable(g->d_o + h * size, a->o_row, a->n, size, d_ot, wide);
        for (size_t t0 = 0; t0 < a->n; t0 += BLOCK) {
            const struct block b = block_at(a, t0);
            block_back(g, &b, h, d_ot, ds);
        }
    }
}
