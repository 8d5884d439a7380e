/*
 * The engine against an independent float64 reference (tests/golden: tensor autograd,
 * no code shared): losses, gradients and beliefs of three trainings.
 */
#include "sample.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct golden {
    json_t *file;
    struct gpt_shape shape;
    struct gpt *model;
    struct gpt_cache *cache;
    struct gpt_trainer *trainer;
};

static uint32_t hyper(const struct golden *g, const char *name)
{
    const json_t *all = json_object_get(g->file, "hyperparams");
    return (uint32_t)json_integer_value(json_object_get(all, name));
}

/* Matrix i of the model from the rows of its name. */
static void load_matrix(struct golden *g, uint32_t i)
{
    struct gpt_matrix m;
    gpt_matrix_at(&g->shape, i, &m);
    const json_t *rows =
        json_object_get(json_object_get(g->file, "init_weights"), m.name);
    assert_int_equal(json_array_size(rows), m.rows);
    float *values = calloc((size_t)m.rows * m.cols, sizeof *values);
    for (size_t r = 0; r < m.rows; r++)
        for (size_t c = 0; c < m.cols; c++)
            values[r * m.cols + c] =
                (float)json_real_value(json_array_get(json_array_get(rows, r), c));
    assert_int_equal(gpt_write(g->model, i, values), 0);
    free(values);
}

static struct golden open_golden(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/%s.json", KIRI_SOURCE_DIR, name);
    struct golden g = { .file = json_load_file(path, 0, NULL) };
    assert_non_null(g.file);
    g.shape = (struct gpt_shape){
        .vocab = (uint32_t)json_integer_value(json_object_get(g.file, "vocab_size")),
        .width = hyper(&g, "n_embd"),
        .heads = hyper(&g, "n_head"),
        .layers = hyper(&g, "n_layer"),
        .context = hyper(&g, "block_size"),
    };
    g.model = gpt_new(&g.shape, 1);
    g.cache = gpt_cache_new(&g.shape);
    g.trainer = gpt_trainer_new(&g.shape, 1);
    for (uint32_t i = 0; i < gpt_matrices(&g.shape); i++)
        load_matrix(&g, i);
    return g;
}

static void close_golden(struct golden *g)
{
    gpt_trainer_free(g->trainer);
    gpt_cache_free(g->cache);
    gpt_free(g->model);
    json_decref(g->file);
}

/* A sequence as tokens fed, id[0..n-1], and the tokens after each, id[1..n]. */
static uint32_t tokens_of(const struct golden *g, const json_t *sequence, uint16_t *id)
{
    size_t n = json_array_size(sequence);
    if (n > g->shape.context + 1)
        n = g->shape.context + 1;
    for (size_t i = 0; i < n; i++)
        id[i] = (uint16_t)json_integer_value(json_array_get(sequence, i));
    return (uint32_t)n - 1;
}

static void nll_is(const struct golden *g, const char *key, double tolerance)
{
    uint16_t id[128];
    float nll[128];
    size_t s;
    json_t *sequence;
    json_array_foreach(json_object_get(g->file, "test_sequences"), s, sequence)
    {
        const json_t *want = json_array_get(json_object_get(g->file, key), s);
        const uint32_t n = tokens_of(g, sequence, id);
        assert_int_equal(json_array_size(want), n);
        gpt_cache_rewind(g->cache, 0);
        gpt_forward(g->model, g->cache, id, id + 1, NULL, n,
                    &(struct gpt_belief){ .nll = nll });
        for (uint32_t t = 0; t < n; t++)
            assert_true(fabs((double)nll[t] - json_real_value(json_array_get(want, t))) <=
                        tolerance);
    }
}

static void gradient_norms_are(const struct golden *g)
{
    const json_t *norms = json_object_get(g->file, "first_grad_l2");
    for (uint32_t i = 0; i < gpt_matrices(&g->shape); i++) {
        struct gpt_matrix m;
        gpt_matrix_at(&g->shape, i, &m);
        const size_t size = (size_t)m.rows * m.cols;
        float *grad = calloc(size, sizeof *grad);
        gpt_gradient(g->trainer, i, grad);
        double sum = 0;
        for (size_t k = 0; k < size; k++)
            sum += (double)grad[k] * (double)grad[k];
        const double want = json_real_value(json_object_get(norms, m.name));
        assert_true(fabs(sqrt(sum) - want) <= 1e-3 * want);
        free(grad);
    }
}

static void train_as_golden(const struct golden *g)
{
    const json_t *sequences = json_object_get(g->file, "sequences");
    const json_t *losses = json_object_get(g->file, "losses");
    const size_t steps = json_array_size(losses);
    const double lr = json_real_value(json_object_get(g->file, "lr"));
    uint16_t id[128];
    for (size_t step = 0; step < steps; step++) {
        const json_t *sequence =
            json_array_get(sequences, step % json_array_size(sequences));
        const uint32_t n = tokens_of(g, sequence, id);
        const struct gpt_example e = { .n = n, .id = id, .next = id + 1, .weight = 1 };
        const struct gpt_adam adam = {
            .lr = (float)(lr * (1 - (double)step / (double)steps)),
            .b1 = .85f,
            .b2 = .99f,
            .eps = 1e-8f,
        };
        const float loss = gpt_train_step(g->model, g->trainer, &e, 1, &adam, NULL);
        const double want = json_real_value(json_array_get(losses, step));
        assert_true(fabs((double)loss - want) <= 2e-3);
        if (step == 0)
            gradient_norms_are(g);
    }
}

static void reproduces(const char *name)
{
    struct golden g = open_golden(name);
    nll_is(&g, "nll_before", 1e-4);
    train_as_golden(&g);
    nll_is(&g, "nll_after", 2e-2);
    close_golden(&g);
}

static void names_are_learned_as_by_the_reference(void **state)
{
    (void)state;
    reproduces("names");
}

static void pulse_is_learned_as_by_the_reference(void **state)
{
    (void)state;
    reproduces("pulse");
}

static void filenames_are_learned_as_by_the_reference(void **state)
{
    (void)state;
    reproduces("filename");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_learned_as_by_the_reference),
        cmocka_unit_test(pulse_is_learned_as_by_the_reference),
        cmocka_unit_test(filenames_are_learned_as_by_the_reference),
    };
    if (sample_skips())
        return sample_skips();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
