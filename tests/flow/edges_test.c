/* tests/flow/edges_test.c mirrors host/flow/edges.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/edges.h"

#include <math.h>

#define FIRST EDGES_BEYOND                     /* the lowest inner word */
#define LAST  (EDGES_BEYOND + EDGES_INNER - 1) /* the highest */

static void evenly_spread_values_are_cut_evenly(void **state)
{
    double x[1000];
    struct edges e;
    (void)state;

    for (int i = 0; i < 1000; i++)
        x[i] = i;
    edges_fit(&e, x, 1000);
    assert_true(edges_sound(&e));
    for (uint32_t k = 0; k < EDGES_INNER; k++) {
        double from, to;
        edges_range(&e, FIRST + k, &from, &to);
        assert_true(fabs((to - from) - 1000.0 / EDGES_INNER) < 2);
    }
    assert_int_equal(edges_word(&e, 0), FIRST);
    assert_int_equal(edges_word(&e, 999), LAST);
}

/* By rank alone 5 and 95 would be close; by value alone all but one would be one word. */
static void common_values_are_told_apart_and_a_far_one_stays_far(void **state)
{
    double x[1000];
    struct edges e;
    (void)state;

    for (int i = 0; i < 999; i++)
        x[i] = 1 + i / 999.0;
    x[999] = 101;
    edges_fit(&e, x, 1000);
    assert_true(edges_word(&e, 1.9) - edges_word(&e, 1.1) >= 10);
    assert_true(edges_word(&e, 60) - edges_word(&e, 2) >= 8);
}

static void what_is_beyond_is_said_in_three_steps_on_each_side(void **state)
{
    static const struct {
        double x;
        uint32_t word;
    } cases[] = {
        { -INFINITY, 0 },  { -51, 0 },
        { -49, 1 },        { -11, 1 },
        { -9, 2 },         { -3, 2 },
        { -1, FIRST },     { 101, LAST },
        { 103, LAST + 1 }, { 109, LAST + 1 },
        { 111, LAST + 2 }, { 149, LAST + 2 },
        { 151, LAST + 3 }, { INFINITY, LAST + 3 },
    };
    double x[101];
    struct edges e;
    (void)state;

    for (int i = 0; i <= 100; i++)
        x[i] = i;
    edges_fit(&e, x, 101);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(edges_word(&e, cases[i].x), cases[i].word);
}

static void every_value_lies_in_the_range_of_its_word(void **state)
{
    double x[] = { -3, -3, -3, 0, 0.5, 0.5, 7, 7, 7, 7, 7, 8.25, 90 };
    struct edges e;
    (void)state;

    edges_fit(&e, x, sizeof x / sizeof *x);
    for (double v = -200; v < 300; v += 0.37) {
        double from, to;
        edges_range(&e, edges_word(&e, v), &from, &to);
        int outermost =
            v < e.lo || v > e.hi; /* up to 2 % outside is the last inner word */
        assert_true((v >= from && v < to) || (outermost && v >= from - 2 && v < to + 2));
    }
}

static void a_stream_that_never_changed_says_so_of_any_change(void **state)
{
    double x[] = { 5, 5, 5, 5 };
    struct edges e;
    (void)state;

    edges_fit(&e, x, 4);
    assert_true(edges_sound(&e));
    uint32_t usual = edges_word(&e, 5);
    assert_true(usual >= FIRST && usual <= LAST);
    assert_int_equal(edges_word(&e, 5 + 1e-12), usual); /* a rounding */
    assert_int_equal(edges_word(&e, 6), LAST + 3);
    assert_int_equal(edges_word(&e, 4), 0);
}

static void values_as_large_as_numbers_get_are_cut_too(void **state)
{
    double x[] = { -1.7e308, 0, 1.7e308 };
    struct edges e;
    (void)state;

    edges_fit(&e, x, 3);
    assert_true(edges_sound(&e));
    assert_true(edges_word(&e, -1e308) < edges_word(&e, 1e308));
}

/* Whatever the edges, a density sums to 1 over each word. */
static void each_word_spreads_over_what_it_covers(void **state)
{
    double x[1000];
    struct edges e;
    (void)state;

    for (int i = 0; i < 1000; i++)
        x[i] = i * i / 1e4; /* up to 99.8 */
    edges_fit(&e, x, 1000);
    for (uint32_t k = 0; k < EDGES_WORDS; k++) {
        double from, to, sum = 0;
        edges_range(&e, k, &from, &to);
        from = k == FIRST ? from - 0.02 * e.hi : k ? from : e.lo - 50 * e.hi;
        to = k == LAST ? to + 0.02 * e.hi : k < EDGES_WORDS - 1 ? to : e.hi + 50 * e.hi;
        for (int i = 0; i < 100000; i++)
            sum += exp(-edges_spread(&e, from + (i + 0.5) * (to - from) / 1e5)) *
                   (to - from) / 1e5;
        /* of the outermost a hundredth lies farther away */
        assert_true(fabs(sum - (k && k < EDGES_WORDS - 1 ? 1 : 0.99)) < 1e-3);
    }
}

static void a_word_of_one_value_or_a_value_without_end_has_a_finite_spread(void **state)
{
    static const double x[] = { 5, 5, 5, 9 };
    struct edges e;
    (void)state;

    edges_fit(&e, x, 4);
    assert_true(edges_spread(&e, 5) >= -1000 && isfinite(edges_spread(&e, 5)));
    assert_true(isfinite(edges_spread(&e, INFINITY)));
    assert_true(isfinite(edges_spread(&e, -INFINITY)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evenly_spread_values_are_cut_evenly),
        cmocka_unit_test(common_values_are_told_apart_and_a_far_one_stays_far),
        cmocka_unit_test(what_is_beyond_is_said_in_three_steps_on_each_side),
        cmocka_unit_test(every_value_lies_in_the_range_of_its_word),
        cmocka_unit_test(a_stream_that_never_changed_says_so_of_any_change),
        cmocka_unit_test(values_as_large_as_numbers_get_are_cut_too),
        cmocka_unit_test(each_word_spreads_over_what_it_covers),
        cmocka_unit_test(a_word_of_one_value_or_a_value_without_end_has_a_finite_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
