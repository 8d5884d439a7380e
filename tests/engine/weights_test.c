/*
 * Shapes and the weights as named matrices.
 */
#include "sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_shape_is_held_to_its_bounds(void **state)
{
    (void)state;
    static const struct {
        struct gpt_shape shape;
        const char *named; /* NULL: valid */
    } cases[] = {
        { { 43, 32, 4, 2, 16, 0 }, NULL },
        { { 2, 1, 1, 1, 1, 0 }, NULL },
        { { 65535, 1024, 64, 32, 4096, 4096 }, NULL },
        { { 1, 32, 4, 2, 16, 0 }, "vocabulary" },
        { { 65536, 32, 4, 2, 16, 0 }, "vocabulary" },
        { { 43, 0, 1, 2, 16, 0 }, "width" },
        { { 43, 1025, 1, 2, 16, 0 }, "width" },
        { { 43, 32, 0, 2, 16, 0 }, "heads" },
        { { 43, 130, 65, 2, 16, 0 }, "heads" },
        { { 43, 34, 4, 2, 16, 0 }, "multiple" },
        { { 43, 32, 4, 0, 16, 0 }, "layers" },
        { { 43, 32, 4, 33, 16, 0 }, "layers" },
        { { 43, 32, 4, 2, 0, 0 }, "context" },
        { { 43, 32, 4, 2, 4097, 0 }, "context" },
        { { 43, 32, 4, 2, 16, 4097 }, "sides" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[128] = "";
        const int rc = gpt_shape_check(&cases[i].shape, why, sizeof why);
        assert_int_equal(rc, cases[i].named ? -1 : 0);
        if (cases[i].named)
            assert_non_null(strstr(why, cases[i].named));
    }
}

static void a_bad_shape_makes_nothing(void **state)
{
    (void)state;
    const struct gpt_shape bad = { 43, 34, 4, 2, 16, 0 };
    assert_null(gpt_new(&bad, 1));
    assert_null(gpt_cache_new(&bad));
    assert_null(gpt_trainer_new(&bad, 1));
    assert_null(gpt_trainer_new(&sample_odd, 0));
}

static void nothing_may_be_freed(void **state)
{
    (void)state;
    gpt_free(NULL);
    gpt_cache_free(NULL);
    gpt_trainer_free(NULL);
}

static void parameters_are_counted_as_published(void **state)
{
    (void)state;
    static const struct {
        struct gpt_shape shape;
        size_t params;
    } cases[] = {
        { { 43, 32, 4, 2, 16, 0 }, 27840 },
        { { 30, 32, 4, 2, 16, 0 }, 27008 },
        { { 27, 32, 4, 2, 16, 0 }, 26816 },
        { { 27, 16, 4, 1, 16, 0 }, 4192 },
        { { 43, 32, 4, 2, 16, 31 }, 27840 + 31 * 32 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct gpt_shape *s = &cases[i].shape;
        assert_int_equal(gpt_shape_params(s), cases[i].params);
        size_t sum = 0;
        for (uint32_t m = 0; m < gpt_matrices(s); m++) {
            struct gpt_matrix matrix;
            gpt_matrix_at(s, m, &matrix);
            sum += (size_t)matrix.rows * matrix.cols;
        }
        assert_int_equal(sum, cases[i].params);
    }
}

static void matrices_come_in_the_published_order(void **state)
{
    (void)state;
    static const struct gpt_matrix want[] = {
        { "wte", 61, 36 },
        { "wpe", 21, 36 },
        { "lm_head", 61, 36 },
        { "side", 31, 36 },
        { "layer0.attn_wq", 36, 36 },
        { "layer0.attn_wk", 36, 36 },
        { "layer0.attn_wv", 36, 36 },
        { "layer0.attn_wo", 36, 36 },
        { "layer0.mlp_fc1", 144, 36 },
        { "layer0.mlp_fc2", 36, 144 },
        { "layer1.attn_wq", 36, 36 },
    };
    assert_int_equal(gpt_matrices(&sample_odd), 4 + 3 * 6);
    for (uint32_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct gpt_matrix m;
        gpt_matrix_at(&sample_odd, i, &m);
        assert_string_equal(m.name, want[i].name);
        assert_int_equal(m.rows, want[i].rows);
        assert_int_equal(m.cols, want[i].cols);
    }
    struct gpt_shape sideless = sample_odd;
    sideless.sides = 0;
    struct gpt_matrix m;
    gpt_matrix_at(&sideless, 3, &m);
    assert_string_equal(m.name, "layer0.attn_wq");
}

/* Every matrix gets numbers of its own; all of them are still there after the last write.
 */
static void what_is_written_is_read(void **state)
{
    (void)state;
    struct gpt *g = gpt_new(&sample_odd, 1);
    float in[61 * 144], out[61 * 144];
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < gpt_matrices(&sample_odd); i++) {
            struct gpt_matrix m;
            gpt_matrix_at(&sample_odd, i, &m);
            const size_t n = (size_t)m.rows * m.cols;
            for (size_t k = 0; k < n; k++)
                in[k] = (float)(i * 10000 + k) + 0.25f;
            if (pass == 0) {
                assert_int_equal(gpt_write(g, i, in), 0);
                continue;
            }
            gpt_read(g, i, out);
            assert_memory_equal(in, out, n * sizeof *in);
        }
    gpt_free(g);
}

static void a_matrix_that_is_not_finite_is_refused(void **state)
{
    (void)state;
    struct gpt *g = gpt_new(&sample_odd, 1);
    const uint64_t before = sample_hash(g);
    const float bad[] = { NAN, INFINITY, -INFINITY };
    float in[36 * 36] = { 0 };
    for (int i = 0; i < 3; i++) {
        in[36 * 36 - 1] = bad[i];
        assert_int_equal(gpt_write(g, 5, in), -1);
        assert_true(sample_hash(g) == before);
    }
    gpt_free(g);
}

static void the_same_seed_gives_the_same_weights(void **state)
{
    (void)state;
    struct gpt *a = gpt_new(&sample_odd, 42);
    struct gpt *b = gpt_new(&sample_odd, 42);
    struct gpt *c = gpt_new(&sample_odd, 43);
    assert_true(sample_hash(a) == sample_hash(b));
    assert_true(sample_hash(a) != sample_hash(c));
    gpt_free(a);
    gpt_free(b);
    gpt_free(c);
}

static void fresh_weights_are_small_and_sides_are_zero(void **state)
{
    (void)state;
    struct gpt *g = gpt_new(&sample_odd, 42);
    float w[61 * 144];
    for (uint32_t i = 0; i < gpt_matrices(&sample_odd); i++) {
        struct gpt_matrix m;
        gpt_matrix_at(&sample_odd, i, &m);
        const size_t n = (size_t)m.rows * m.cols;
        gpt_read(g, i, w);
        double square = 0;
        for (size_t k = 0; k < n; k++)
            square += (double)w[k] * (double)w[k];
        if (i == 3)
            assert_true(square == 0);
        else
            assert_true(fabs(sqrt(square / (double)n) - 0.08) < 0.01);
    }
    gpt_free(g);
}

static void a_copy_is_a_model_of_its_own(void **state)
{
    (void)state;
    struct gpt *g = gpt_new(&sample_odd, 42);
    struct gpt *twin = gpt_copy(g);
    const uint64_t before = sample_hash(g);
    assert_true(sample_hash(twin) == before);
    assert_memory_equal(gpt_shape_of(twin), &sample_odd, sizeof sample_odd);
    sample_stir_sides(twin, 1);
    assert_true(sample_hash(twin) != before);
    assert_true(sample_hash(g) == before);
    gpt_free(g);
    gpt_free(twin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_is_held_to_its_bounds),
        cmocka_unit_test(a_bad_shape_makes_nothing),
        cmocka_unit_test(nothing_may_be_freed),
        cmocka_unit_test(parameters_are_counted_as_published),
        cmocka_unit_test(matrices_come_in_the_published_order),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_matrix_that_is_not_finite_is_refused),
        cmocka_unit_test(the_same_seed_gives_the_same_weights),
        cmocka_unit_test(fresh_weights_are_small_and_sides_are_zero),
        cmocka_unit_test(a_copy_is_a_model_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
