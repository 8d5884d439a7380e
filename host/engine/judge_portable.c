/*
 * engine/judge_portable.c - softmax of logits and the loss, as they run everywhere.
 */
#include "engine/kernel.h"
#include "engine/vec.h"

#include <assert.h>

/* ---- softmax ---- */

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

static void soften(float *x, size_t n, struct gpt_softmax *out)
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

void gpt_softmax_portable(float *x, size_t rows, size_t n, struct gpt_softmax *out)
{
    for (size_t t = 0; t < rows; t++) {
        soften(x + t * n, n, &out[t]);
        out[t].log = (float)gpt_log(out[t].sum);
    }
}

/* ---- the loss ---- */

/* x *= by, then 0 below GPT_TINY_ERROR; x >= 0. */
static void share(float *x, size_t n, float by)
{
    for (size_t i = 0; i < n; i += 4) {
        const v4 y = v4_load(x + i) * v4_all(by);
        v4_store(x + i, v4_pick((u4)(y >= v4_all(GPT_TINY_ERROR)), y, v4_all(0)));
    }
}

/* Sum of q * logit over the vocabulary, for target q. */
static double expected_logit(const struct gpt_target *q, const float *row, uint32_t vocab)
{
    double sum = 0;
    for (uint32_t i = 0; q->floor != 0 && i < vocab; i++)
        sum += (double)q->floor * (double)gpt_hold(row[i]);
    for (uint32_t i = 0; i < q->n; i++)
        sum += (double)q->p[i] * (double)gpt_hold(row[q->first + i]);
    return sum;
}

/* Cross entropy of a row of logits against q, nats; the row becomes by * (p - q). */
static double judge_row(const struct gpt_target *q, float *row, uint32_t vocab,
                        size_t wide, float by)
{
    assert(q->first + q->n <= vocab);
    const double expected = expected_logit(q, row, vocab);
    struct gpt_softmax s;
    soften(row, wide, &s);
    share(row, wide, by / s.sum);
    for (uint32_t i = 0; q->floor != 0 && i < vocab; i++)
        row[i] -= by * q->floor;
    for (uint32_t i = 0; i < q->n; i++)
        row[q->first + i] -= by * q->p[i];
    return (double)s.most + gpt_log(s.sum) - expected;
}

double gpt_judge_portable(const struct gpt_judge *j)
{
    const float one = 1;
    struct gpt_target hard = { .p = &one, .n = 1 };
    double loss = 0;
    for (uint32_t t = 0; t < j->n; t++) {
        float *row = j->x + t * j->row;
        if (j->share[t] == 0) {
            for (size_t i = 0; i < j->row; i++)
                row[i] = 0;
            continue;
        }
        if (!j->target)
            hard.first = j->next[t];
        const struct gpt_target *q = j->target ? &j->target[t] : &hard;
        loss += j->share[t] * judge_row(q, row, j->vocab, j->row, (float)j->share[t]);
    }
    return loss;
}
