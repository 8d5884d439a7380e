/*
 * engine/wide_rows.h - what is done row by row and float by float, in vectors of LANES.
 *
 * Sums over a row are sixteen partial sums, element i in sum i % 16, then halved
 * (line_sum): one order for every width of vector.
 */
#ifndef KIRI_ENGINE_WIDE_ROWS_H
#define KIRI_ENGINE_WIDE_ROWS_H

#include "engine/kernel.h"
#include "engine/layout.h"
#include "engine/wide_exp.h"

#include <assert.h>
#include <math.h>

#define PARTS (16 / LANES) /* vectors of a line */
#define EPS   1e-5f        /* of RMSNorm, as published */

/* ---- RMSNorm ---- */

static float dot(const float *x, const float *y, size_t n)
{
    vf sum[PARTS];
    for (int q = 0; q < PARTS; q++)
        sum[q] = vf_all(0);
    for (size_t i = 0; i < n; i += 16)
        for (int q = 0; q < PARTS; q++)
            sum[q] =
                vf_fma(vf_load(x + i + q * LANES), vf_load(y + i + q * LANES), sum[q]);
    return line_sum(sum);
}

static void norm(const float *x, size_t n, size_t d, size_t row, float *y, float *r)
{
    const float part = 1 / (float)d;
    for (size_t t = 0; t < n; t++, x += row, y += row) {
        const float by = 1 / sqrtf(dot(x, x, row) * part + EPS);
        for (size_t i = 0; i < row; i += LANES)
            vf_store(y + i, vf_load(x + i) * vf_all(by));
        r[t] = by;
    }
}

static void norm_back(const float *y, const float *r, const float *dy, size_t n, size_t d,
                      size_t row, float *dx)
{
    const float part = 1 / (float)d;
    for (size_t t = 0; t < n; t++, y += row, dy += row, dx += row) {
        const vf mean = vf_all(dot(y, dy, row) * part);
        const vf by = vf_all(r[t]);
        for (size_t i = 0; i < row; i += LANES) {
            const vf g = vf_fnma(vf_load(y + i), mean, vf_load(dy + i));
            vf_store(dx + i, vf_fma(g, by, vf_load(dx + i)));
        }
    }
}

/* ---- ReLU ---- */

/* What is not a number stays so: training must notice. */
static void relu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        vf_store(x + i, vf_max(vf_all(0), vf_load(x + i)));
}

static void relu_back(const float *y, float *d, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        vf_store(d + i, vf_keep(vf_gt(vf_load(y + i), vf_all(0)), vf_load(d + i)));
}

/* ---- softmax of logits ---- */

static float hold(float *x, size_t n)
{
    const vf huge = vf_all(GPT_HUGE_LOGIT), least = vf_all(-GPT_HUGE_LOGIT);
    vf most[PARTS];
    for (int q = 0; q < PARTS; q++)
        most[q] = least;
    for (size_t i = 0; i < n; i += 16)
        for (int q = 0; q < PARTS; q++) {
            float *at = x + i + q * LANES;
            const vf l = vf_min(vf_max(vf_load(at), least), huge);
            vf_store(at, l);
            most[q] = vf_max(l, most[q]);
        }
    return line_max(most);
}

static void soften_row(float *x, size_t n, float most, struct gpt_softmax *out)
{
    vf sum[PARTS], mean[PARTS];
    for (int q = 0; q < PARTS; q++)
        sum[q] = mean[q] = vf_all(0);
    for (size_t i = 0; i < n; i += 16)
        for (int q = 0; q < PARTS; q++) {
            float *at = x + i + q * LANES;
            const vf l = vf_load(at) - vf_all(most);
            const vf e = vf_exp(l);
            vf_store(at, e);
            sum[q] = sum[q] + e;
            mean[q] = vf_fma(e, l, mean[q]);
        }
    *out =
        (struct gpt_softmax){ .most = most, .sum = line_sum(sum), .dot = line_sum(mean) };
}

/* The logarithms of up to 16 sums at once. */
static void take_logs(struct gpt_softmax *s, size_t n)
{
    float x[16], y[16];
    for (size_t i = 0; i < 16; i++)
        x[i] = i < n ? s[i].sum : 1;
    for (size_t i = 0; i < 16; i += LANES)
        vf_store(y + i, vf_log(vf_load(x + i)));
    for (size_t i = 0; i < n; i++)
        s[i].log = y[i];
}

static void softmax(float *x, size_t rows, size_t n, struct gpt_softmax *out)
{
    for (size_t t = 0; t < rows; t++)
        soften_row(x + t * n, n, hold(x + t * n, n), &out[t]);
    for (size_t t = 0; t < rows; t += 16)
        take_logs(out + t, rows - t < 16 ? rows - t : 16);
}

/* ---- the loss ---- */

/* Sum of q times how far each logit is below the largest, for target q. */
static float expected(const struct gpt_target *q, const float *row, uint32_t vocab,
                      float most)
{
    const vf top = vf_all(most);
    vf all[PARTS], some[PARTS];
    for (int i = 0; i < PARTS; i++)
        all[i] = some[i] = vf_all(0);
    for (uint32_t i = 0; q->floor != 0 && i < vocab; i += LANES) {
        const size_t left = vocab - i;
        const vf below = vf_keep(vm_first(left), vf_load(row + i) - top);
        all[i / LANES % PARTS] = all[i / LANES % PARTS] + below;
    }
    const float *l = row + q->first;
    for (uint32_t i = 0; i < q->n; i += LANES) {
        const size_t left = q->n - i;
        const vf below = vf_keep(vm_first(left), vf_load_some(l + i, left) - top);
        const vf p = vf_load_some(q->p + i, left);
        some[i / LANES % PARTS] = vf_fma(p, below, some[i / LANES % PARTS]);
    }
    const float spread = q->floor != 0 ? q->floor * line_sum(all) : 0;
    return spread + line_sum(some);
}

/* row, e of softmax, becomes share * (p - q). */
static void differ(const struct gpt_target *q, float *row, uint32_t vocab, size_t n,
                   float by, float share)
{
    const vf floor = vf_all(-share * q->floor), part = vf_all(share);
    for (size_t i = 0; i < n; i += LANES) {
        const vf p = vf_load(row + i) * vf_all(by);
        vf d = vf_keep(vf_ge(p, vf_all(GPT_TINY_ERROR)), p);
        if (q->floor != 0 && i < vocab)
            d = d + vf_keep(vm_first(vocab - i), floor);
        vf_store(row + i, d);
    }
    float *at = row + q->first;
    for (uint32_t i = 0; i < q->n; i += LANES) {
        const size_t left = q->n - i;
        const vf d =
            vf_fnma(part, vf_load_some(q->p + i, left), vf_load_some(at + i, left));
        vf_store_some(at + i, d, left);
    }
}

static double judge(const struct gpt_judge *j)
{
    const float one = 1;
    struct gpt_target hard = { .p = &one, .n = 1 };
    double loss = 0;
    for (uint32_t t0 = 0; t0 < j->n; t0 += 16) {
        const uint32_t n = j->n - t0 < 16 ? j->n - t0 : 16;
        struct gpt_softmax s[16];
        float below[16];
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t t = t0 + i;
            float *row = j->x + t * j->row;
            const float share = (float)j->share[t];
            below[i] = s[i].sum = 1;
            if (j->share[t] == 0) {
                for (size_t k = 0; k < j->row; k += LANES)
                    vf_store(row + k, vf_all(0));
                continue;
            }
            if (!j->target)
                hard.first = j->next[t];
            const struct gpt_target *q = j->target ? &j->target[t] : &hard;
            assert(q->first + q->n <= j->vocab);
            const float most = hold(row, j->row);
            below[i] = expected(q, row, j->vocab, most);
            soften_row(row, j->row, most, &s[i]);
            differ(q, row, j->vocab, j->row, share / s[i].sum, share);
        }
        take_logs(s, n);
        for (uint32_t i = 0; i < n; i++)
            if (j->share[t0 + i] != 0)
                loss += j->share[t0 + i] * ((double)s[i].log - (double)below[i]);
    }
    return loss;
}

/* ---- arenas ---- */

static void add(float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        vf_store(a + i, vf_load(a + i) + vf_load(b + i));
}

static int sound(const float *x, size_t n)
{
    const vf huge = vf_all(GPT_HUGE_GRADIENT);
    vm good[PARTS];
    for (int q = 0; q < PARTS; q++)
        good[q] = vm_first(LANES);
    for (size_t i = 0; i < n; i += 16)
        for (int q = 0; q < PARTS; q++)
            good[q] = vm_and(good[q], vf_lt(vf_abs(vf_load(x + i + q * LANES)), huge));
    for (int q = 1; q < PARTS; q++)
        good[0] = vm_and(good[0], good[q]);
    return vm_every(good[0]);
}

/* Kingma & Ba 2015, algorithm 1. What is too small for a normal number becomes zero: the
 * floating point mode of training says so (engine/mode.h). The division is ours, because
 * the processor's would wait for its own square root. */
static void adam(const struct gpt_adam_step *s, float *w, float *m, float *v,
                 const float *g, size_t n)
{
    const vf b1 = vf_all(s->b1), b2 = vf_all(s->b2);
    const vf c1 = vf_all(1 - s->b1), c2 = vf_all(1 - s->b2);
    const vf rate = vf_all(s->rate), root = vf_all(s->root), eps = vf_all(s->eps);
    for (size_t i = 0; i < n; i += LANES) {
        const vf d = vf_load(g + i);
        const vf first = vf_fma(b1, vf_load(m + i), c1 * d);
        const vf second = vf_fma(b2, vf_load(v + i), (c2 * d) * d);
        const vf size = vf_fma(vf_sqrt(second), root, eps);
        vf_store(m + i, first);
        vf_store(v + i, second);
        vf_store(w + i, vf_fnma(rate * first, vf_inverse(size), vf_load(w + i)));
    }
}

#endif
