/*
 * engine/kernel_portable.c - the table that runs everywhere (all but attention).
 */
#include "engine/kernel.h"
#include "engine/vec.h"

#include <math.h>

#define EPS 1e-5f /* of RMSNorm, as published */

/* ---- matrix product ---- */

/*
 * A tile of `rows` x 4 `quads` results, kept in registers while l runs over k. Always
 * inlined with literal sizes, so that the accumulators are scalars to the compiler.
 */
__attribute__((always_inline)) static inline void
tile(const struct gpt_matmul *p, size_t i, size_t j, int rows, int quads)
{
    v4 sum[4][4];
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < quads; q++)
            sum[r][q] =
                p->add ? v4_load(p->c + (i + (size_t)r) * p->c_row + j + 4 * (size_t)q)
                       : v4_all(0);
    const float *a = p->a + i * p->a_row;
    const float *b = p->b + j;
    const size_t a_row = p->a_row, a_col = p->a_col, b_row = p->b_row;
    for (size_t l = p->k; l; l--, a += a_col, b += b_row) {
        v4 w[4];
        for (int q = 0; q < quads; q++)
            w[q] = v4_load(b + 4 * q);
        for (int r = 0; r < rows; r++) {
            const v4 x = v4_all(a[(size_t)r * a_row]);
            for (int q = 0; q < quads; q++)
                sum[r][q] += x * w[q];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < quads; q++)
            v4_store(p->c + (i + (size_t)r) * p->c_row + j + 4 * (size_t)q, sum[r][q]);
}

/* The columns that do not fill four lanes, in the same order. */
static void edge(const struct gpt_matmul *p, size_t j)
{
    for (size_t i = 0; i < p->m; i++)
        for (size_t c = j; c < p->n; c++) {
            float *at = p->c + i * p->c_row + c;
            float sum = p->add ? *at : 0;
            for (size_t l = 0; l < p->k; l++)
                sum += p->a[i * p->a_row + l * p->a_col] * p->b[l * p->b_row + c];
            *at = sum;
        }
}

/* 8 columns of all rows. */
static void strip8(const struct gpt_matmul *p, size_t j)
{
    size_t i = 0;
    for (; i + 4 <= p->m; i += 4)
        tile(p, i, j, 4, 2);
    if (p->m - i == 3)
        tile(p, i, j, 3, 2);
    else if (p->m - i == 2)
        tile(p, i, j, 2, 2);
    else if (p->m - i == 1)
        tile(p, i, j, 1, 2);
}

static void strip4(const struct gpt_matmul *p, size_t j)
{
    size_t i = 0;
    for (; i + 4 <= p->m; i += 4)
        tile(p, i, j, 4, 1);
    for (; i < p->m; i++)
        tile(p, i, j, 1, 1);
}

void gpt_matmul_portable(const struct gpt_matmul *p)
{
    size_t j = 0;
    if (p->m == 1)
        for (; j + 16 <= p->n; j += 16)
            tile(p, 0, j, 1, 4);
    for (; j + 8 <= p->n; j += 8)
        strip8(p, j);
    for (; j + 4 <= p->n; j += 4)
        strip4(p, j);
    if (j < p->n)
        edge(p, j);
}

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

/* Largest of the row, each logit held within its bounds first. */
static float hold(float *x, size_t n)
{
    const v4 huge = v4_all(GPT_HUGE_LOGIT);
    v4 most = -huge;
    for (size_t i = 0; i < n; i += 4) {
        v4 l = v4_load(x + i);
        l = v4_pick((u4)(l > -huge), l, -huge);
        l = v4_pick((u4)(l < huge), l, huge);
        v4_store(x + i, l);
        most = v4_max(l, most);
    }
    const float a = most[0] > most[2] ? most[0] : most[2];
    const float b = most[1] > most[3] ? most[1] : most[3];
    return a > b ? a : b;
}

static void softmax(float *x, size_t n, struct gpt_softmax *out)
{
    const float most = hold(x, n);
    v4 sum = v4_all(0), mean = v4_all(0);
    for (size_t i = 0; i < n; i += 4) {
        const v4 l = v4_load(x + i) - v4_all(most);
        const v4 e = v4_exp(l);
        v4_store(x + i, e);
        sum += e;
        mean += e * l;
    }
    *out = (struct gpt_softmax){ .most = most, .sum = v4_sum(sum), .dot = v4_sum(mean) };
}

static void share(float *x, size_t n, float by)
{
    for (size_t i = 0; i < n; i += 4) {
        const v4 y = v4_load(x + i) * v4_all(by);
        v4_store(x + i, v4_pick((u4)(y >= v4_all(GPT_TINY_ERROR)), y, v4_all(0)));
    }
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
    .softmax = softmax,
    .share = share,
    .add = add,
    .sound = sound,
    .adam = adam,
};
