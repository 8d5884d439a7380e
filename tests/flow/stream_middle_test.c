/* tests/flow/stream_middle_test.c mirrors host/flow/stream_middle.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "flow/stream_middle.h"

#include <math.h>
#include <stdlib.h>

#define assert_near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The same by sorting everything. */
static double plainly(const double *x, uint32_t n, double of)
{
    double sorted[64], distance[64];

    for (uint32_t i = 0; i < n; i++)
        sorted[i] = x[i];
    qsort(sorted, n, sizeof *sorted, by_value);
    for (uint32_t i = 0; i < n; i++)
        distance[i] = fabs(x[i] - sorted[n / 2]);
    qsort(distance, n, sizeof *distance, by_value);
    return fabs(of - sorted[n / 2]) /
           fmax(1.4826 * distance[n / 2], .01 * (sorted[n - 1] - sorted[0]));
}

/* Of the last values only, many of them alike, whatever lies on which side. */
static void distances_are_in_median_absolute_deviations(void **state)
{
    enum { N = 600, SPAN = 47 };
    struct middle m;
    struct gpt_rng rng;
    double x[N];
    (void)state;

    gpt_rng_seed(&rng, 3);
    assert_int_equal(middle_init(&m, SPAN), 0);
    for (int i = 0; i < N; i++) {
        double u = gpt_rng_uniform(&rng);
        uint32_t n = i < SPAN ? (uint32_t)i : SPAN;
        x[i] = i < 200 ? floor(20 * u) : i < 400 ? exp(5 * u) : -exp(5 * u);
        if (n >= MIDDLE_ENOUGH)
            assert_near(middle_distance(&m, x[i]), plainly(x + i - n, n, x[i]), 1e-9);
        middle_add(&m, x[i]);
    }
    middle_fini(&m);
}

static void of_gaussian_numbers_a_deviation_is_a_deviation(void **state)
{
    struct middle m;
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 5);
    assert_int_equal(middle_init(&m, 3000), 0);
    for (int i = 0; i < 5000; i++)
        middle_add(&m, 50 + 10 * gpt_rng_gauss(&rng));
    assert_near(middle_distance(&m, 80), 3, .2);
    assert_near(middle_distance(&m, 20), 3, .2);
    assert_near(middle_distance(&m, 50), 0, .1);
    middle_fini(&m);
}

static void an_incident_moves_the_middle_by_little(void **state)
{
    struct middle m;
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 7);
    assert_int_equal(middle_init(&m, 1000), 0);
    for (int i = 0; i < 1000; i++)
        middle_add(&m, i % 5 ? 50 + 10 * gpt_rng_gauss(&rng) : 400);
    assert_true(middle_distance(&m, 400) > 15);
    middle_fini(&m);
}

static void where_most_are_alike_a_hundredth_of_the_range_counts(void **state)
{
    struct middle m;
    (void)state;

    assert_int_equal(middle_init(&m, 100), 0);
    for (int i = 0; i < 100; i++)
        middle_add(&m, i == 50 ? 10 : 0);
    assert_near(middle_distance(&m, 10), 100, 1e-9);
    assert_near(middle_distance(&m, .1), 1, 1e-9);
    assert_true(middle_distance(&m, 0) == 0);
    middle_fini(&m);
}

static void what_has_no_middle_is_near_it(void **state)
{
    struct middle m;
    (void)state;

    assert_int_equal(middle_init(&m, 100), 0);
    for (uint32_t i = 0; i < MIDDLE_ENOUGH; i++) {
        assert_true(middle_distance(&m, 1e9) == 0);
        middle_add(&m, 3);
    }
    assert_true(middle_distance(&m, 3) == 0);
    assert_true(middle_distance(&m, 4) == MIDDLE_FARTHEST); /* it never changed */
    assert_true(middle_distance(&m, (double)INFINITY) == MIDDLE_FARTHEST);
    assert_true(middle_distance(&m, (double)NAN) == 0);
    middle_forget(&m);
    assert_true(middle_distance(&m, 1e9) == 0);
    middle_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_in_median_absolute_deviations),
        cmocka_unit_test(of_gaussian_numbers_a_deviation_is_a_deviation),
        cmocka_unit_test(an_incident_moves_the_middle_by_little),
        cmocka_unit_test(where_most_are_alike_a_hundredth_of_the_range_counts),
        cmocka_unit_test(what_has_no_middle_is_near_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
