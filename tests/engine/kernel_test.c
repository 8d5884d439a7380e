/*
 * Every table that this machine runs against the portable one, operation by operation, on
 * sizes that fit nothing; and those with a fused multiply-add against each other, bit for
 * bit.
 */
#include "engine/kernel.h"
#include "engine/layout.h"
#include "engine/mode.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NEAR 1e-5f /* of sums of numbers about one */

static const char *const names[] = { "portable", "avx2", "avx512", "neon" };
enum { NAMES = sizeof names / sizeof *names };

/* The tables that this machine runs; portable is the first. */
static const struct gpt_kernel *tables[NAMES];
static size_t n_tables;

static int find_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        char why[160];
        setenv("KIRI_ISA", names[i], 1);
        if (gpt_isa_check(why, sizeof why) == 0)
            tables[n_tables++] = gpt_kernel();
    }
    unsetenv("KIRI_ISA");
    return 0;
}

/* n numbers of [-1, 1), and rows of them padded with zeros. */
static void fill(float *x, size_t n, uint64_t seed)
{
    struct gpt_rng rng;
    gpt_rng_seed(&rng, seed);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * gpt_rng_uniform(&rng) - 1);
}

static float *rows_of(size_t n, size_t width, size_t row, uint64_t seed)
{
    float *x = calloc(n * row + GPT_PAD, sizeof *x);
    for (size_t t = 0; t < n; t++)
        fill(x + t * row, width, seed * 1000 + t);
    return x;
}

static void assert_near(const float *have, const float *want, size_t n, float by)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(have[i] - want[i]) <= by * (1 + fabsf(want[i]))))
            fail_msg("at %zu: %.9g, not %.9g", i, (double)have[i], (double)want[i]);
}

/* What table i gave against portable's, and bit for bit against that of table 1. */
static void assert_agrees(size_t i, float *const *result, size_t n)
{
    assert_near(result[i], result[0], n, NEAR);
    if (i > 1)
        assert_memory_equal(result[i], result[1], n * sizeof **result);
}

/* ---- products ---- */

struct product {
    size_t m, n, k;
    int turned, add;
};

static void multiply(const struct gpt_kernel *table, const struct product *p, float *c)
{
    const size_t a_row = p->turned ? 1 : p->k + 3, a_col = p->turned ? p->m + 5 : 1;
    const size_t b_row = p->n + 7, c_row = p->n + 2;
    float *a = rows_of(1, (p->m + 5) * (p->k + 3), (p->m + 5) * (p->k + 3), 1);
    float *b = rows_of(1, p->k * b_row, p->k * b_row, 2);
    fill(c, p->m * c_row, 3);
    table->matmul(&(struct gpt_matmul){ .m = p->m,
                                        .n = p->n,
                                        .k = p->k,
                                        .a = a,
                                        .a_row = a_row,
                                        .a_col = a_col,
                                        .b = b,
                                        .b_row = b_row,
                                        .c = c,
                                        .c_row = c_row,
                                        .add = p->add });
    free(a);
    free(b);
}

static void products_agree(void **state)
{
    (void)state;
    static const struct product cases[] = {
        { 1, 1, 1, 0, 0 },      { 1, 16, 5, 0, 1 },     { 1, 128, 32, 0, 0 },
        { 2, 15, 3, 1, 0 },     { 3, 17, 8, 0, 1 },     { 5, 31, 21, 1, 1 },
        { 6, 48, 36, 0, 0 },    { 7, 61, 12, 0, 1 },    { 8, 8, 16, 1, 0 },
        { 9, 96, 32, 0, 0 },    { 13, 112, 7, 1, 1 },   { 16, 80, 32, 0, 0 },
        { 17, 33, 64, 1, 0 },   { 21, 144, 36, 0, 1 },  { 36, 144, 21, 1, 1 },
        { 64, 128, 300, 0, 0 }, { 40, 200, 150, 1, 1 }, { 29, 160, 129, 0, 1 },
        { 100, 512, 40, 1, 0 }, { 4, 4, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t n = cases[i].m * (cases[i].n + 2);
        float *c[NAMES];
        for (size_t t = 0; t < n_tables; t++) {
            c[t] = calloc(n, sizeof *c[t]);
            multiply(tables[t], &cases[i], c[t]);
            assert_agrees(t, c, n);
        }
        for (size_t t = 0; t < n_tables; t++)
            free(c[t]);
    }
}

/* A row alone has the bits that it has among others. */
static void a_products_row_does_not_depend_on_the_others(void **state)
{
    (void)state;
    enum { M = 21, N = 61, K = 36 };
    float *a = rows_of(M, K, K, 4), *b = rows_of(K, N, N, 5);
    float all[M * N], one[N];
    for (size_t t = 0; t < n_tables; t++) {
        struct gpt_matmul p = { .m = M,
                                .n = N,
                                .k = K,
                                .a = a,
                                .a_row = K,
                                .a_col = 1,
                                .b = b,
                                .b_row = N,
                                .c = all,
                                .c_row = N };
        tables[t]->matmul(&p);
        for (size_t i = 0; i < M; i++) {
            p.m = 1;
            p.a = a + i * K;
            p.c = one;
            tables[t]->matmul(&p);
            assert_memory_equal(one, all + i * N, sizeof one);
        }
    }
    free(a);
    free(b);
}

/* Rows times a matrix as it lies, and times its transposed copy: the same bits. */
static void a_transposed_product_is_the_product_with_the_transposed(void **state)
{
    (void)state;
    static const size_t sizes[][3] = { { 16, 32, 96 }, { 12, 36, 61 },  { 32, 144, 36 },
                                       { 21, 17, 48 }, { 13, 128, 32 }, { 1, 5, 3 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
        const size_t n_row = gpt_pad(n), k_row = gpt_pad(k);
        float *a = rows_of(m, k, k_row, 30), *w = rows_of(n, k, k_row, 31);
        float *turned = calloc(k_row * n_row, sizeof *turned);
        tables[0]->transpose(w, k_row, n, k, turned, n_row);
        for (size_t t = 0; t < n_tables; t++) {
            float *want = calloc(m * n_row, sizeof *want);
            float *have = calloc(m * n_row, sizeof *have);
            struct gpt_matmul p = { .m = m,
                                    .n = n_row,
                                    .k = k,
                                    .a = a,
                                    .a_row = k_row,
                                    .a_col = 1,
                                    .b = turned,
                                    .b_row = n_row,
                                    .c = want,
                                    .c_row = n_row };
            tables[t]->matmul(&p);
            p.n = n;
            p.b = w;
            p.b_row = k_row;
            p.c = have;
            if (tables[t]->matmul_turned) {
                tables[t]->matmul_turned(&p);
                assert_memory_equal(have, want, m * n_row * sizeof *have);
            }
            free(want);
            free(have);
        }
        free(a);
        free(w);
        free(turned);
    }
}

static void transposing_moves_every_number(void **state)
{
    (void)state;
    static const size_t sizes[][2] = { { 1, 1 },   { 3, 17 },  { 16, 16 }, { 36, 61 },
                                       { 21, 33 }, { 64, 48 }, { 5, 128 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t rows = sizes[i][0], cols = sizes[i][1];
        const size_t a_row = gpt_pad(cols), b_row = gpt_pad(rows);
        float *a = rows_of(rows, cols, a_row, 6);
        for (size_t t = 0; t < n_tables; t++) {
            float *b = calloc(cols * b_row, sizeof *b);
            tables[t]->transpose(a, a_row, rows, cols, b, b_row);
            for (size_t r = 0; r < b_row; r++)
                for (size_t c = 0; c < cols; c++)
                    assert_true(b[c * b_row + r] == (r < rows ? a[r * a_row + c] : 0));
            free(b);
        }
        free(a);
    }
}

/* ---- attention ---- */

struct window {
    uint32_t n, base, heads, size;
};

/* o, p and all gradients of one window, in one array to be freed. */
static float *attention(const struct gpt_kernel *table, const struct window *w, size_t *n)
{
    const size_t width = (size_t)w->heads * w->size, row = gpt_pad(width);
    const size_t keys = w->base + w->n, wide = gpt_pad(w->n);
    float *q = rows_of(w->n, width, row, 7), *kv = rows_of(keys, 2 * row, 2 * row, 8);
    float *d_o = rows_of(w->n, width, row, 9);
    const size_t p_size = w->heads * keys * wide;
    *n = (size_t)w->n * 4 * row + p_size;
    float *out = calloc(*n, sizeof *out);
    float *work = calloc(gpt_attend_work(w->heads, w->size, w->n, keys), sizeof *work);
    float *p = out + (size_t)w->n * 4 * row, *d = out + w->n * row;
    const struct gpt_attend a = { .n = w->n,
                                  .base = w->base,
                                  .heads = w->heads,
                                  .size = w->size,
                                  .q = q,
                                  .k = kv,
                                  .v = kv + row,
                                  .q_row = row,
                                  .kv_row = 2 * row,
                                  .p = p,
                                  .p_head = keys * wide,
                                  .p_row = wide,
                                  .o = out,
                                  .o_row = row,
                                  .work = work };
    table->attend(&a);
    if (w->base == 0)
        table->attend_back(&(struct gpt_attend_back){ .of = a,
                                                      .d_o = d_o,
                                                      .dq = d,
                                                      .dk = d + row,
                                                      .dv = d + 2 * row,
                                                      .d_row = 3 * row });
    /* what lies beside a window in p is nobody's */
    for (size_t s = 0; s < w->heads * keys; s++)
        for (size_t t = 0; t < wide; t++)
            if (t >= w->n || s % keys > w->base + t)
                p[s * wide + t] = 0;
    free(q);
    free(kv);
    free(d_o);
    free(work);
    return out;
}

static void attention_agrees(void **state)
{
    (void)state;
    static const struct window cases[] = {
        { 1, 0, 1, 1 },   { 7, 0, 4, 8 },  { 16, 0, 4, 8 },  { 21, 0, 3, 12 },
        { 64, 0, 4, 8 },  { 33, 0, 5, 4 }, { 50, 0, 2, 3 },  { 17, 0, 1, 40 },
        { 1, 20, 3, 12 }, { 5, 11, 4, 8 }, { 32, 32, 4, 8 }, { 20, 7, 2, 16 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float *out[NAMES];
        size_t n;
        for (size_t t = 0; t < n_tables; t++) {
            out[t] = attention(tables[t], &cases[i], &n);
            assert_agrees(t, out, n);
        }
        for (size_t t = 0; t < n_tables; t++)
            free(out[t]);
    }
}

/* ---- rows ---- */

enum { ROWS = 21, WIDTH = 36, ROW = 48 };

static void norms_agree(void **state)
{
    (void)state;
    float *x = rows_of(ROWS, WIDTH, ROW, 10), *dy = rows_of(ROWS, WIDTH, ROW, 11);
    enum { Y = 0, R = ROWS * ROW, DX = R + 32, ALL = DX + ROWS * ROW };
    float *out[NAMES];
    for (size_t t = 0; t < n_tables; t++) {
        out[t] = calloc(ALL, sizeof *out[t]);
        tables[t]->norm(x, ROWS, WIDTH, ROW, out[t] + Y, out[t] + R);
        memcpy(out[t] + DX, x, ROWS * ROW * sizeof *x);
        tables[t]->norm_back(out[t] + Y, out[t] + R, dy, ROWS, WIDTH, ROW, out[t] + DX);
        assert_agrees(t, out, ALL);
    }
    for (size_t t = 0; t < n_tables; t++)
        free(out[t]);
    free(x);
    free(dy);
}

static void relu_agrees(void **state)
{
    (void)state;
    for (size_t t = 0; t < n_tables; t++) {
        float *x = rows_of(ROWS, ROW, ROW, 12), *d = rows_of(ROWS, ROW, ROW, 13);
        float *y = rows_of(ROWS, ROW, ROW, 12), *e = rows_of(ROWS, ROW, ROW, 13);
        tables[t]->relu(y, ROWS * ROW);
        tables[t]->relu_back(y, e, ROWS * ROW);
        for (size_t i = 0; i < ROWS * ROW; i++) {
            assert_true(y[i] == (x[i] > 0 ? x[i] : 0));
            assert_true(e[i] == (x[i] > 0 ? d[i] : 0));
        }
        x[5] = NAN;
        tables[t]->relu(x, ROW);
        assert_true(isnan(x[5]));
        free(x);
        free(d);
        free(y);
        free(e);
    }
}

/* Logits about ten wide; the padding is as the head leaves it. */
static float *logits_of(size_t rows, uint32_t vocab, uint64_t seed)
{
    const size_t v = gpt_pad(vocab);
    float *x = rows_of(rows, v, v, seed);
    for (size_t i = 0; i < rows * v; i++)
        x[i] = i % v < vocab ? 5 * x[i] : -GPT_HUGE_LOGIT;
    return x;
}

static void softmax_agrees(void **state)
{
    (void)state;
    static const uint32_t vocabs[] = { 2, 16, 43, 61, 257 };
    for (size_t i = 0; i < sizeof vocabs / sizeof *vocabs; i++) {
        const size_t v = gpt_pad(vocabs[i]), n = ROWS * (v + 4);
        float *out[NAMES];
        for (size_t t = 0; t < n_tables; t++) {
            struct gpt_softmax s[ROWS];
            float *x = logits_of(ROWS, vocabs[i], 14);
            tables[t]->softmax(x, ROWS, v, s);
            out[t] = calloc(n, sizeof *out[t]);
            memcpy(out[t], x, ROWS * v * sizeof *x);
            for (size_t r = 0; r < ROWS; r++) {
                const float four[] = { s[r].most, s[r].sum, s[r].dot, s[r].log };
                memcpy(out[t] + ROWS * v + 4 * r, four, sizeof four);
            }
            assert_agrees(t, out, n);
            free(x);
        }
        for (size_t t = 0; t < n_tables; t++)
            free(out[t]);
    }
}

static void logits_that_are_none_are_the_least(void **state)
{
    (void)state;
    for (size_t t = 0; t < n_tables; t++) {
        float x[16] = { 1, NAN, INFINITY, -INFINITY, 3e38f };
        struct gpt_softmax s;
        tables[t]->softmax(x, 1, 16, &s);
        assert_true(s.most == GPT_HUGE_LOGIT && s.sum == 2);
        assert_true(x[0] == 0 && x[1] == 0 && x[2] == 1 && x[3] == 0 && x[4] == 1);
    }
}

/* Soft targets in the middle and at both ends, with a floor and without, and hard ones.
 */
static void judges_agree(void **state)
{
    (void)state;
    enum { VOCAB = 61, V = 64 };
    static float p[ROWS][VOCAB];
    struct gpt_target target[ROWS];
    uint16_t next[ROWS];
    double share[ROWS];
    for (uint16_t r = 0; r < ROWS; r++) {
        const uint16_t n = r % 5 == 0 ? VOCAB : (uint16_t)(r + 1);
        target[r] = (struct gpt_target){ .p = p[r],
                                         .n = n,
                                         .first = (uint16_t)(r % 2 ? VOCAB - n : 0),
                                         .floor = r % 3 ? 0 : 0.002f };
        float sum = 0;
        fill(p[r], n, 15);
        for (size_t i = 0; i < n; i++)
            sum += p[r][i] = 1 + p[r][i];
        for (size_t i = 0; i < n; i++)
            p[r][i] *= (1 - VOCAB * target[r].floor) / sum;
        next[r] = (uint16_t)(3 * r % VOCAB);
        share[r] = r % 4 == 1 ? 0 : 0.01 * r;
    }
    for (int hard = 0; hard < 2; hard++) {
        float *out[NAMES];
        for (size_t t = 0; t < n_tables; t++) {
            float *x = logits_of(ROWS, VOCAB, 16);
            const double loss =
                tables[t]->judge(&(struct gpt_judge){ .x = x,
                                                      .row = V,
                                                      .n = ROWS,
                                                      .vocab = VOCAB,
                                                      .share = share,
                                                      .target = hard ? NULL : target,
                                                      .next = next });
            out[t] = calloc(ROWS * V + 1, sizeof *out[t]);
            memcpy(out[t], x, ROWS * V * sizeof *x);
            out[t][ROWS * V] = (float)loss;
            assert_agrees(t, out, ROWS * V + 1);
            free(x);
        }
        for (size_t t = 0; t < n_tables; t++)
            free(out[t]);
    }
}

/* ---- arenas ---- */

static void sums_agree(void **state)
{
    (void)state;
    for (size_t t = 0; t < n_tables; t++) {
        float *a = rows_of(1, 80, 80, 17), *b = rows_of(1, 80, 80, 18);
        float *want = rows_of(1, 80, 80, 17);
        for (size_t i = 0; i < 80; i++)
            want[i] += b[i];
        tables[t]->add(a, b, 80);
        assert_memory_equal(a, want, 80 * sizeof *a);
        free(a);
        free(b);
        free(want);
    }
}

static void one_number_makes_a_gradient_unsound(void **state)
{
    (void)state;
    static const float bad[] = { NAN, INFINITY, -INFINITY, 1e18f, -3e38f };
    float x[48];
    for (size_t t = 0; t < n_tables; t++) {
        fill(x, 48, 19);
        x[7] = -9e17f;
        assert_int_equal(tables[t]->sound(x, 48), 1);
        for (size_t i = 0; i < 48; i++)
            for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
                const float was = x[i];
                x[i] = bad[k];
                assert_int_equal(tables[t]->sound(x, 48), 0);
                x[i] = was;
            }
    }
}

/* Gradients of every size, for so long that both moments come and go. */
static void adam_agrees(void **state)
{
    (void)state;
    enum { N = 160 };
    float *out[NAMES], g[N];
    for (size_t t = 0; t < n_tables; t++) {
        const uint64_t mode = gpt_mode_enter(tables[t]->flush);
        float *w = out[t] = rows_of(1, 3 * N, 3 * N, 20);
        memset(w + N, 0, 2 * N * sizeof *w);
        for (int step = 1; step <= 40; step++) {
            fill(g, N, (uint64_t)step);
            for (size_t i = 0; i < N; i++)
                g[i] *= step > 20 ? 0 : powf(10, (float)(i % 20) - 17);
            const struct gpt_adam_step s = {
                .b1 = .85f,
                .b2 = .99f,
                .rate = .01f / (1 - powf(.85f, (float)step)),
                .root = 1 / sqrtf(1 - powf(.99f, (float)step)),
                .eps = 1e-8f,
            };
            tables[t]->adam(&s, w, w + N, w + 2 * N, g, N);
        }
        gpt_mode_leave(mode);
        assert_agrees(t, out, 3 * N);
    }
    for (size_t t = 0; t < n_tables; t++)
        free(out[t]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_agree),
        cmocka_unit_test(a_products_row_does_not_depend_on_the_others),
        cmocka_unit_test(a_transposed_product_is_the_product_with_the_transposed),
        cmocka_unit_test(transposing_moves_every_number),
        cmocka_unit_test(attention_agrees),
        cmocka_unit_test(norms_agree),
        cmocka_unit_test(relu_agrees),
        cmocka_unit_test(softmax_agrees),
        cmocka_unit_test(logits_that_are_none_are_the_least),
        cmocka_unit_test(judges_agree),
        cmocka_unit_test(sums_agree),
        cmocka_unit_test(one_number_makes_a_gradient_unsound),
        cmocka_unit_test(adam_agrees),
    };
    return cmocka_run_group_tests(tests, find_tables, NULL);
}
