/*
 * engine/kernel_portable.c - the table that runs everywhere (but for matmul_portable.c,
 * attend_portable.c and judge_portable.c).
 */
#include "engine/kernel.h"
#include "engine/vec.h"

#include <math.h>

#define EPS 1e-5f /* of RMSNorm, as published */

void gpt_transpose_portable(const float *a, size_t a_row, size_t rows, size_t cols,
                            float *b, size_t b_row)
{
    const size_t whole = rows - rows % 4, wide = cols - cols % 4;
    for (size_t i = 0; i < whole; i += 4)
        for (size_t j = 0; j < wide; j += 4) {
            const float *from = a + i * a_row + j;
            float *to = b + j * b_row + i;
            const v4 w = v4_load(from), x = v4_load(from + a_row);
            const v4 y = v4_load(from + 2 * a_row), z = v4_load(from + 3 * a_row);
            for (int c = 0; c < 4; c++)
                v4_store(to + (size_t)c * b_row, (v4){ w[c], x[c], y[c], z[c] });
        }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = i < whole ? wide : 0; j < cols; j++)
            b[j * b_row + i] = a[i * a_row + j];
}

/* ---- rows ---- */

/* Sixteen partial sums, element i in sum i % 16, then one order: part of the table's
 * bits. */
static float dot(const float *x, const float *y, size_t n)
{
    v4 s0 = v4_all(0), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < n; i += 16) {
        s0 += v4_load(x + i) * v4_load(y + i);
        s1 += v4_load(x + i + 4) * v4_load(y + i + 4);
        s2 += v4_load(x + i + 8) * v4_load(y + i + 8);
        s3 += v4_load(x + i + 12) * v4_load(y + i + 12);
    }
    return v4_sum((s0 + s2) + (s1 + s3));
}

static void norm(const float *x, size_t n, size_t d, size_t row, float *y, float *r)
{
    for (size_t t = 0; t < n; t++, x += row, y += row) {
        const float by = 1 / sqrtf(dot(x, x, row) / (float)d + EPS);
        for (size_t i = 0; i < row; i += 4)
            v4_store(y + i, v4_load(x + i) * v4_all(by));
        r[t] = by;
    }
}

static void norm_back(const float *y, const float *r, const float *dy, size_t n, size_t d,
                      size_t row, float *dx)
{
    for (size_t t = 0; t < n; t++, y += row, dy += row, dx += row) {
        const v4 mean = v4_all(dot(y, dy, row) / (float)d);
        const v4 by = v4_all(r[t]);
        for (size_t i = 0; i < row; i += 4) {
            const v4 g = (v4_load(dy + i) - v4_load(y + i) * mean) * by;
            v4_store(dx + i, v4_load(dx + i) + g);
        }
    }
}

/* What is not a number stays so: training must notice. */
static void relu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        const v4 y = v4_load(x + i);
        v4_store(x + i, v4_pick((u4)(y < v4_all(0)), v4_all(0), y));
    }
}

static void relu_back(const float *y, float *d, size_t n)
{
    for (size_t i = 0; i < n; i += 4)
        v4_store(d + i,
                 v4_pick((u4)(v4_load(y + i) > v4_all(0)), v4_load(d + i), v4_all(0)));
}

/* ---- arenas ---- */

static void add(float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i += 4)
        v4_store(a + i, v4_load(a + i) + v4_load(b + i));
}

static int sound(const float *x, size_t n)
{
    const u4 sign = { 0x7fffffffu, 0x7fffffffu, 0x7fffffffu, 0x7fffffffu };
    u4 good = ~(u4){ 0 };
    for (size_t i = 0; i < n; i += 4) {
        const v4 size = (v4)((u4)v4_load(x + i) & sign);
        good &= (u4)(size < v4_all(GPT_HUGE_GRADIENT));
    }
    return (good[0] & good[1] & good[2] & good[3]) != 0;
}

/* Kingma & Ba 2015, algorithm 1. Plain C: the vectoriser knows sqrt, the extension not.
 */
static void adam(const struct gpt_adam_step *s, float *restrict w, float *restrict m,
                 float *restrict v, const float *restrict g, size_t n)
{
    const float b1 = s->b1, b2 = s->b2, c1 = 1 - b1, c2 = 1 - b2;
    const float rate = s->rate, root = s->root, eps = s->eps;
    for (size_t i = 0; i < n; i++) {
        const float d = fabsf(g[i]) < GPT_TINY_GRADIENT ? 0 : g[i];
        const float first = b1 * m[i] + c1 * d;
        const float second = b2 * v[i] + c2 * (d * d);
        m[i] = fabsf(first) < GPT_TINY_FIRST ? 0 : first;
        v[i] = second < GPT_TINY_SECOND ? 0 : second;
        w[i] -= rate * m[i] / (sqrtf(v[i]) * root + eps);
    }
}

const struct gpt_kernel gpt_kernel_portable = {
    .name = "portable",
    .matmul = gpt_matmul_portable,
    .transpose = gpt_transpose_portable,
    .norm = norm,
    .norm_back = norm_back,
    .relu = relu,
    .relu_back = relu_back,
    .attend = gpt_attend_portable,
    .attend_back = gpt_attend_back_portable,
    .softmax = gpt_softmax_portable,
    .judge = gpt_judge_portable,
    .add = add,
    .sound = sound,
    .adam = adam,
};
