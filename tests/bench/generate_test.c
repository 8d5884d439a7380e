/* tests/bench/generate_test.c mirrors bench/generate.c. */
#include "bench/generate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

static void the_same_seed_gives_the_same_stream(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < GENERATE_STREAMS; kind++) {
        struct generated a, b, c;
        int differs = 0;

        generate_begin(&a, kind, 7);
        generate_begin(&b, kind, 7);
        generate_begin(&c, kind, 8);
        for (int i = 0; i < 100; i++) {
            double x = generate_next(&a);
            assert_true(isfinite(x));
            assert_true(x == generate_next(&b)); /* bit for bit */
            differs |= x != generate_next(&c);
        }
        assert_true(differs);
    }
}

/* Two weeks against the two after. */
static void a_stream_does_not_change_in_the_long_run(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < GENERATE_STREAMS; kind++) {
        struct generated g;
        double above[2] = { 0 };
        const double rows = 14 * GENERATE_DAY; /* whole weeks */
        double level = 0;

        generate_begin(&g, kind, 1);
        for (int i = 0; i < (int)rows; i++) /* half of the values, whatever the tails */
            level += generate_next(&g) > level ? .05 : -.05;
        for (int half = 0; half < 2; half++)
            for (int i = 0; i < (int)rows; i++)
                above[half] += (generate_next(&g) > level) / rows;
        assert_near(above[0], above[1], .1);
    }
}

static void counts_are_whole_numbers_with_their_mean(void **state)
{
    (void)state;
    struct generated g;
    double sum = 0;

    generate_begin(&g, 2, 1);
    for (int i = 0; i < 10000; i++) {
        double x = generate_next(&g);
        assert_true(x >= 0 && x == floor(x));
        sum += x / 10000;
    }
    assert_near(sum, 3, .1);
}

/* Sums of squares of metric 0 and 1, and of their product. */
static void moments(uint32_t loose, double *first, double *second, double *both)
{
    const int rows = 200000;
    double x[PLANT_METRICS];
    struct plant p;

    *first = *second = *both = 0;
    plant_begin(&p, 3);
    for (int i = 0; i < rows; i++) {
        plant_next(&p, loose, x);
        *first += x[0] * x[0] / rows;
        *second += x[1] * x[1] / rows;
        *both += x[0] * x[1] / rows;
    }
}

static void metrics_of_a_plant_share_nine_tenths(void **state)
{
    (void)state;
    double first, second, both;

    moments(PLANT_METRICS, &first, &second, &both);
    assert_near(first, 1, .1);
    assert_near(second, 1, .1);
    assert_near(both / sqrt(first * second), .9, .02);
}

static void a_loose_metric_looks_usual_by_itself_and_follows_nothing(void **state)
{
    (void)state;
    double first, second, both;

    moments(0, &first, &second, &both);
    assert_near(first, 1, .1);
    assert_near(both / sqrt(first * second), 0, .05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_stream),
        cmocka_unit_test(a_stream_does_not_change_in_the_long_run),
        cmocka_unit_test(counts_are_whole_numbers_with_their_mean),
        cmocka_unit_test(metrics_of_a_plant_share_nine_tenths),
        cmocka_unit_test(a_loose_metric_looks_usual_by_itself_and_follows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
