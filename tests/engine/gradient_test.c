/*
 * The gate: the engine's gradient against finite differences of an independent model in
 * double, on a shape that fits nothing, with sides, soft targets, masks and weights, over
 * a batch of windows of different lengths.
 */
#include "sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { V = 61, D = 36, H = 3, L = 3, T = 21, S = 31, WINDOWS = 5, MATRICES = 22 };

#define STEP 1e-7 /* of a weight: small enough to cross almost no bend of a ReLU */
#define NEAR 1e-4 /* relative */

/* The published architecture, one position at a time, in double. */
struct reference {
    double *w[MATRICES]; /* as published, [rows][cols] */
    size_t size[MATRICES];
    double k[L][T][D], v[L][T][D];
};

static void multiply(const double *w, size_t rows, size_t cols, const double *x,
                     double *y)
{
    for (size_t r = 0; r < rows; r++) {
        y[r] = 0;
        for (size_t c = 0; c < cols; c++)
            y[r] += w[r * cols + c] * x[c];
    }
}

static void normed(const double *x, double *y)
{
    double square = 0;
    for (int i = 0; i < D; i++)
        square += x[i] * x[i];
    for (int i = 0; i < D; i++)
        y[i] = x[i] / sqrt(square / D + 1e-5);
}

static void attend(struct reference *m, int layer, int t, const double *q, double *o)
{
    const int size = D / H;
    for (int h = 0; h < H; h++) {
        double e[T], sum = 0;
        for (int s = 0; s <= t; s++) {
            double dot = 0;
            for (int i = h * size; i < (h + 1) * size; i++)
                dot += q[i] * m->k[layer][s][i];
            e[s] = exp(dot / sqrt(size));
            sum += e[s];
        }
        for (int i = h * size; i < (h + 1) * size; i++) {
            o[i] = 0;
            for (int s = 0; s <= t; s++)
                o[i] += e[s] / sum * m->v[layer][s][i];
        }
    }
}

static void one_layer(struct reference *m, int layer, int t, double *x)
{
    double *const *w = m->w + 4 + 6 * layer;
    double h[D], q[D], o[D], y[D], f[4 * D];
    normed(x, h);
    multiply(w[0], D, D, h, q);
    multiply(w[1], D, D, h, m->k[layer][t]);
    multiply(w[2], D, D, h, m->v[layer][t]);
    attend(m, layer, t, q, o);
    multiply(w[3], D, D, o, y);
    for (int i = 0; i < D; i++)
        x[i] += y[i];
    normed(x, h);
    multiply(w[4], 4 * D, D, h, f);
    for (int i = 0; i < 4 * D; i++)
        f[i] = f[i] > 0 ? f[i] : 0;
    multiply(w[5], D, 4 * D, f, y);
    for (int i = 0; i < D; i++)
        x[i] += y[i];
}

/* Cross entropy of position t of a window. */
static double position_loss(struct reference *m, const struct gpt_example *e, int t)
{
    double x[D], logit[V];
    for (int i = 0; i < D; i++) {
        double sum = m->w[0][e->id[t] * D + i] + m->w[1][t * D + i];
        for (int j = 0; e->side && j < GPT_SIDE_SLOTS; j++)
            if (e->side[t].row[j] != GPT_NO_SIDE)
                sum += m->w[3][e->side[t].row[j] * D + i];
        x[i] = sum;
    }
    normed(x, x);
    for (int layer = 0; layer < L; layer++)
        one_layer(m, layer, t, x);
    multiply(m->w[2], V, D, x, logit);
    double sum = 0, expected = 0;
    for (int i = 0; i < V; i++)
        sum += exp(logit[i]);
    if (!e->target)
        return log(sum) - logit[e->next[t]];
    for (int i = 0; i < V; i++)
        expected += (double)e->target[t].floor * logit[i];
    for (int i = 0; i < e->target[t].n; i++)
        expected += (double)e->target[t].p[i] * logit[e->target[t].first + i];
    return log(sum) - expected;
}

static double batch_loss(struct reference *m, const struct gpt_example *e)
{
    double loss = 0, total = 0;
    for (int i = 0; i < WINDOWS; i++)
        for (int t = 0; t < (int)e[i].n; t++) {
            const double share =
                (double)e[i].weight * (e[i].mask ? (double)e[i].mask[t] : 1);
            loss += share * position_loss(m, &e[i], t);
            total += share;
        }
    return loss / total;
}

struct check {
    struct reference m;
    struct sample window[WINDOWS];
    struct gpt_example e[WINDOWS];
    float *grad[MATRICES];
    double loss; /* as the engine saw it */
};

static int make_check(void **state)
{
    struct check *c = calloc(1, sizeof *c);
    struct gpt *g = gpt_new(&sample_odd, 3);
    sample_stir_sides(g, 4);
    for (uint32_t i = 0; i < MATRICES; i++) {
        struct gpt_matrix m;
        gpt_matrix_at(&sample_odd, i, &m);
        c->m.size[i] = (size_t)m.rows * m.cols;
        c->m.w[i] = calloc(c->m.size[i], sizeof *c->m.w[i]);
        c->grad[i] = calloc(c->m.size[i], sizeof *c->grad[i]);
        gpt_read(g, i, c->grad[i]);
        for (size_t k = 0; k < c->m.size[i]; k++)
            c->m.w[i][k] = (double)c->grad[i][k];
    }
    static const uint32_t lengths[WINDOWS] = { T, 9, 3, 4, 1 };
    for (int i = 0; i < WINDOWS; i++) {
        if (i == 3) /* hard targets, no mask, no sides */
            sample_plain(&c->window[i], &sample_odd, lengths[i], 20);
        else
            sample_full(&c->window[i], &sample_odd, lengths[i], 20 + (uint64_t)i);
        c->e[i] = c->window[i].e;
    }
    struct gpt_trainer *t = gpt_trainer_new(&sample_odd, WINDOWS);
    c->loss = (double)gpt_train_step(g, t, c->e, WINDOWS, &sample_adam, NULL);
    for (uint32_t i = 0; i < MATRICES; i++)
        gpt_gradient(t, i, c->grad[i]);
    gpt_trainer_free(t);
    gpt_free(g);
    *state = c;
    return 0;
}

static int free_check(void **state)
{
    struct check *c = *state;
    for (int i = 0; i < MATRICES; i++) {
        free(c->m.w[i]);
        free(c->grad[i]);
    }
    free(c);
    return 0;
}

static void the_loss_is_the_references(void **state)
{
    struct check *c = *state;
    assert_true(fabs(batch_loss(&c->m, c->e) - c->loss) < 2e-6);
}

/* Central difference with the weights of matrix i moved along `along`. */
static double slope(struct check *c, int i, const double *along, double h)
{
    double *const w = c->m.w[i];
    for (size_t k = 0; k < c->m.size[i]; k++)
        w[k] += h * along[k];
    const double up = batch_loss(&c->m, c->e);
    for (size_t k = 0; k < c->m.size[i]; k++)
        w[k] -= 2 * h * along[k];
    const double down = batch_loss(&c->m, c->e);
    for (size_t k = 0; k < c->m.size[i]; k++)
        w[k] += h * along[k];
    return (up - down) / (2 * h);
}

/* Along a random direction every weight of the matrix counts. */
static void the_gradient_points_along_every_matrix(void **state)
{
    struct check *c = *state;
    struct gpt_rng rng;
    gpt_rng_seed(&rng, 77);
    for (int i = 0; i < MATRICES; i++) {
        double *along = calloc(c->m.size[i], sizeof *along);
        double dot = 0, length = 0;
        for (size_t k = 0; k < c->m.size[i]; k++) {
            const double g = (double)c->grad[i][k];
            /* half random, half with the gradient's sign, so that terms do not cancel */
            along[k] = gpt_rng_gauss(&rng) + (g > 0) - (g < 0);
            dot += along[k] * g;
            length += fabs(along[k] * g);
        }
        assert_true(length > 0);
        assert_true(fabs(slope(c, i, along, STEP) - dot) <= NEAR * fabs(dot));
        free(along);
    }
}

static int by_size(const void *a, const void *b)
{
    const float x = fabsf(*(const float *)a), y = fabsf(*(const float *)b);
    return (x < y) - (x > y);
}

/* Single weights: among the larger half of the gradient, wherever they fall. */
static void the_gradient_of_single_weights_is_right(void **state)
{
    struct check *c = *state;
    struct gpt_rng rng;
    gpt_rng_seed(&rng, 78);
    for (int i = 0; i < MATRICES; i++) {
        const size_t n = c->m.size[i];
        float *sorted = calloc(n, sizeof *sorted);
        memcpy(sorted, c->grad[i], n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, by_size);
        const float least = fabsf(sorted[n / 10]);
        double *along = calloc(n, sizeof *along);
        for (int checked = 0; checked < 4;) {
            const size_t k = gpt_rng_below(&rng, (uint32_t)n);
            const double g = (double)c->grad[i][k];
            if (fabs(g) < (double)least || g == 0)
                continue;
            along[k] = 1;
            assert_true(fabs(slope(c, i, along, STEP) - g) <= NEAR * fabs(g));
            along[k] = 0;
            checked++;
        }
        free(sorted);
        free(along);
    }
}

/* Rows that no position used have no gradient at all. */
static void what_was_not_used_has_no_gradient(void **state)
{
    struct check *c = *state;
    for (size_t row = 0; row < V; row++) {
        int used = 0;
        for (int i = 0; i < WINDOWS; i++)
            for (uint32_t t = 0; t < c->e[i].n; t++)
                used |= c->e[i].id[t] == row;
        for (size_t k = 0; k < D && !used; k++)
            assert_true(c->grad[0][row * D + k] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loss_is_the_references),
        cmocka_unit_test(the_gradient_points_along_every_matrix),
        cmocka_unit_test(the_gradient_of_single_weights_is_right),
        cmocka_unit_test(what_was_not_used_has_no_gradient),
    };
    if (sample_skips())
        return sample_skips();
    return cmocka_run_group_tests(tests, make_check, free_check);
}
