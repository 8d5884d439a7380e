/* tests/flow/edges_sort_test.c mirrors host/flow/edges_sort.c. */
#include "flow/edges_sort.h"

#include "engine/gpt.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST 3000u

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of every size, sign and bit pattern, some of them twice. */
static double any(struct gpt_rng *rng, double before)
{
    static const double odd[] = { 0,       1,        -1,      DBL_MAX, -DBL_MAX,
                                  DBL_MIN, -DBL_MIN, 5e-324,  -5e-324, INFINITY,
                                  1e300,   -1e300,   -1e-300, 750,     -INFINITY };
    const uint32_t what = gpt_rng_below(rng, 8);

    if (what == 0)
        return odd[gpt_rng_below(rng, sizeof odd / sizeof *odd)];
    if (what == 1)
        return before;
    return ldexp(gpt_rng_gauss(rng), (int)gpt_rng_below(rng, 200) - 100);
}

static void any_numbers_come_in_rising_order(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 2, 3, 7, 64, 255, 1000, MOST };
    double *x = malloc(MOST * sizeof *x), *y = malloc(MOST * sizeof *y);
    double *spare = malloc(MOST * sizeof *spare);
    struct gpt_rng rng;

    gpt_rng_seed(&rng, 7);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t n = sizes[s];
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] = any(&rng, i ? x[i - 1] : 0);
        edges_sort(x, spare, n);
        qsort(y, n, sizeof *y, by_value);
        assert_memory_equal(x, y, n * sizeof *x);
    }
    free(x);
    free(y);
    free(spare);
}

static void equal_ones_stay_in_their_order(void **state)
{
    (void)state;
    double x[] = { 2, 0.0, -0.0, -3, -0.0, 0.0, 1 }, spare[7];
    static const int negative[] = { 1, 0, 1, 1, 0, 0, 0 };

    edges_sort(x, spare, 7);
    for (int i = 0; i < 7; i++)
        assert_int_equal(signbit(x[i]) != 0, negative[i]);
    assert_true(x[0] < 0 && x[5] < x[6]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_numbers_come_in_rising_order),
        cmocka_unit_test(equal_ones_stay_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
