/*
 * engine/kernel.h - the operations a model spends its time in, behind one table.
 *
 * A table is one way of computing: `portable` runs everywhere, a faster one replaces it
 * without touching a caller. What every table keeps:
 *   - each element of a result is computed in an order that depends on neither the number
 *     of rows nor their grouping, so that token by token equals all at once, bit for bit;
 *   - no allocation, no state, no change of the floating point mode left behind.
 * All matrices are row-major floats; strides (`*_row`) are in floats. Rows that the
 * layout pads hold zeros in the padding, and a kernel keeps them so.
 */
#ifndef KIRI_ENGINE_KERNEL_H
#define KIRI_ENGINE_KERNEL_H

#include "engine/gpt.h"

#include <stddef.h>
#include <stdint.h>

/* c (m x n) = a (m x k) b (k x n), or c + a b. Element (i, l) of a is a[i*a_row +
 * l*a_col], so that a may be transposed; one of the two is 1. Summed over l from 0 up,
 * starting at 0 or at c. */
struct gpt_matmul {
    size_t m, n, k;
    const float *a;
    size_t a_row, a_col;
    const float *b;
    size_t b_row;
    float *c;
    size_t c_row;
    int add;
};

#define GPT_TURNED 16384u /* floats of scratch, see matmul_turned */

/* Causal attention of n queries at positions base..base+n-1 over keys 0..base+n-1. Head h
 * owns the columns h*size..h*size+size-1 of q, k, v and o. */
struct gpt_attend {
    uint32_t n, base, heads, size;
    const float *q; /* [n] rows of q_row                                              */
    const float *k, *v; /* [base + n] rows of kv_row */
    size_t q_row, kv_row;
    float *p; /* attention of key s and query t in head h: p[h*p_head + s*p_row + t]; its
                 columns reach to n rounded up to GPT_PAD. p_head 0: not kept */
    size_t p_head, p_row;
    float *o; /* [n] rows of o_row */
    size_t o_row;
    float *work; /* gpt_attend_work() floats */
};

/* Backward of the above with base 0 and p kept: from d_o (like o) to dq, dk, dv (set). */
struct gpt_attend_back {
    struct gpt_attend of;
    const float *d_o;
    float *dq, *dk, *dv; /* [n] rows of d_row */
    size_t d_row;
};

/* One row of logits through softmax. */
struct gpt_softmax {
    float most; /* the largest logit                          */
    float sum;  /* of e[i] = exp(x[i] - most); 1..n           */
    float dot;  /* of e[i] * (x[i] - most)                    */
    float log;  /* ln sum                                     */
};

/* Rows of logits against what should have been predicted. */
struct gpt_judge {
    float *x; /* [n] rows of `row` logits, padded as gpt_head says; become
                 share * (softmax - target), 0 where the share is 0 */
    size_t row;
    uint32_t n, vocab;
    const double *share;             /* [n] of each row in the loss */
    const struct gpt_target *target; /* [n], or NULL: next says it */
    const uint16_t *next;            /* [n] each < vocab where the share is not 0 */
};

struct gpt_adam_step {
    float b1, b2;
    float rate; /* lr / (1 - b1^t)        */
    float root; /* 1 / sqrt(1 - b2^t)     */
    float eps;
};

/* What is smaller than these becomes zero, so that nothing in training is ever denormal
 * (slow by a hundred times): the error of a logit, of a score, a weight's gradient and
 * Adam's moments. All are far below what Adam's eps lets through. */
#define GPT_TINY_ERROR    1e-16f
#define GPT_TINY_SCORE    1e-20f
#define GPT_TINY_GRADIENT 1e-17f
#define GPT_TINY_FIRST    1e-30f
#define GPT_TINY_SECOND   1e-36f
/* A gradient whose square would overflow counts as not finite. */
#define GPT_HUGE_GRADIENT 1e18f
/* Logits are held within this, and what is not a number is taken for its negative. */
#define GPT_HUGE_LOGIT 1e30f

static inline float gpt_hold(float logit)
{
    const float least = logit > -GPT_HUGE_LOGIT ? logit : -GPT_HUGE_LOGIT;
    return least < GPT_HUGE_LOGIT ? least : GPT_HUGE_LOGIT;
}

struct gpt_kernel {
    const char *name;
    int flush; /* computes in the mode that makes denormals zero (mode.h) */
    void (*matmul)(const struct gpt_matmul *a);
    /* c (m x n) = a (m x k) b^T, b (n x k), for a few rows: (k + n) times m rounded up to
     * GPT_PAD is at most GPT_TURNED. Rows of a and c are padded to whole lines, and c is
     * written so; add is 0. NULL: this table has a transposed copy made. */
    void (*matmul_turned)(const struct gpt_matmul *a);
    /* b (cols x rows) = a (rows x cols) transposed. Rows of a are readable, and rows of b
     * writable, up to whole lines: what b has beyond `rows` is kept or becomes 0. */
    void (*transpose)(const float *a, size_t a_row, size_t rows, size_t cols, float *b,
                      size_t b_row);
    /* y = x r, r = 1 / sqrt(mean(x^2) + 1e-5), for n rows of d floats padded to `row`. */
    void (*norm)(const float *x, size_t n, size_t d, size_t row, float *y, float *r);
    /* dx += r (dy - y mean(y dy)), for the same rows. */
    void (*norm_back)(const float *y, const float *r, const float *dy, size_t n, size_t d,
                      size_t row, float *dx);
    /* x = max(x, 0); and d = 0 where y = relu(x) is. n is a multiple of GPT_PAD. */
    void (*relu)(float *x, size_t n);
    void (*relu_back)(const float *y, float *d, size_t n);
    /* Rows of q, o, d_o and dq are padded to whole lines, and o and dq written so. */
    void (*attend)(const struct gpt_attend *a);
    void (*attend_back)(const struct gpt_attend_back *a);
    /* Each of `rows` rows of n logits becomes e, held within bounds first; out[rows]. n
     * is a multiple of GPT_PAD. */
    void (*softmax)(float *x, size_t rows, size_t n, struct gpt_softmax *out);
    /* Sum of share * cross entropy over the rows, nats. */
    double (*judge)(const struct gpt_judge *j);
    /* a += b; lanes of gradients, n a multiple of GPT_PAD. */
    void (*add)(float *a, const float *b, size_t n);
    /* 1 if every |x| < GPT_HUGE_GRADIENT, 0 if not, or if one is NaN. */
    int (*sound)(const float *x, size_t n);
    /* One step of Adam on n weights; n is a multiple of GPT_PAD. */
    void (*adam)(const struct gpt_adam_step *s, float *w, float *m, float *v,
                 const float *g, size_t n);
};

extern const struct gpt_kernel gpt_kernel_portable;
#if defined __x86_64__
extern const struct gpt_kernel gpt_kernel_avx2, gpt_kernel_avx512;
#elif defined __aarch64__
extern const struct gpt_kernel gpt_kernel_neon;
#endif

/* The table that KIRI_ISA names if this machine runs it, else the usual one. No state:
 * asked whenever a cache or a trainer is made. */
const struct gpt_kernel *gpt_kernel(void);

/* Scratch that any table's attend and attend_back may need, in floats, for `rows`
 * queries of heads * size floats; `keys` is 0 for attend alone. */
size_t gpt_attend_work(uint32_t heads, uint32_t size, size_t rows, size_t keys);

void gpt_matmul_portable(const struct gpt_matmul *a);
void gpt_transpose_portable(const float *a, size_t a_row, size_t rows, size_t cols,
                            float *b, size_t b_row);
void gpt_attend_portable(const struct gpt_attend *a);
void gpt_attend_back_portable(const struct gpt_attend_back *a);
void gpt_softmax_portable(float *x, size_t rows, size_t n, struct gpt_softmax *out);
double gpt_judge_portable(const struct gpt_judge *j);

#endif
