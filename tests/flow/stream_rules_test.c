/* tests/flow/stream_rules_test.c mirrors host/flow/stream_rules.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "flow/stream_rules.h"

#include <math.h>

/* Against looking at all of them each time. */
static void a_peak_is_the_greatest_of_the_last_values(void **state)
{
    enum { N = 500, SPAN = 37 };
    struct gpt_rng rng;
    struct peak p;
    double x[N];
    (void)state;

    gpt_rng_seed(&rng, 1);
    assert_int_equal(peak_init(&p, SPAN), 0);
    assert_true(peak_empty(&p));
    for (int i = 0; i < N; i++) {
        double most = -INFINITY;
        x[i] = (double)gpt_rng_below(&rng, 40);
        peak_add(&p, x[i]);
        for (int k = i; k >= 0 && k > i - SPAN; k--)
            most = fmax(most, x[k]);
        assert_true(peak_value(&p) == most);
    }
    peak_fini(&p);
}

static void only_what_leaves_the_range_by_a_twentieth_is_odder(void **state)
{
    struct rules r;
    (void)state;

    assert_int_equal(rules_init(&r, 750), 0);
    assert_true(rules_range(rules_depth(&r, 1e9)) == 0); /* nothing was seen yet */
    for (int i = 0; i <= 100; i++)
        rules_see(&r, i);
    assert_true(rules_range(rules_depth(&r, 104.9)) == 0 &&
                rules_range(rules_depth(&r, -4.9)) == 0);
    assert_true(rules_range(rules_depth(&r, 105.1)) == RULES_SCORE);
    assert_true(rules_range(rules_depth(&r, -5.1)) == RULES_SCORE);
    assert_true(rules_range(rules_depth(&r, (double)NAN)) == 0);
    rules_see(&r, 300);
    assert_true(rules_range(rules_depth(&r, 200)) == 0);
    for (uint32_t i = 0; i < RULES_RANGE; i++) /* that was long ago */
        rules_see(&r, 50 + i % 2);
    assert_true(rules_range(rules_depth(&r, 200)) == RULES_SCORE);
    rules_fini(&r);
}

static void depth_is_told_in_parts_of_the_range(void **state)
{
    struct rules r;
    (void)state;

    assert_int_equal(rules_init(&r, 750), 0);
    assert_true(rules_depth(&r, 5) == 0 && rules_rows(&r) == 0);
    rules_see(&r, 20);
    assert_true(rules_depth(&r, 20) == 0);
    assert_true(rules_depth(&r, 20.1) == BREACH_DEEPEST); /* the range is a point */
    rules_see(&r, 120);
    assert_true(rules_depth(&r, 170) == 0.5 && rules_depth(&r, -180) == 2);
    assert_true(rules_depth(&r, 60) == 0 && isnan(rules_depth(&r, (double)NAN)));
    assert_true(rules_depth(&r, (double)INFINITY) == BREACH_DEEPEST);
    for (uint32_t i = 0; i < RULES_RANGE; i++)
        rules_see(&r, 50);
    assert_int_equal(rules_rows(&r), RULES_RANGE);
    rules_fini(&r);
}

static void a_score_counts_when_it_is_a_peak(void **state)
{
    struct rules r;
    (void)state;

    assert_int_equal(rules_init(&r, 50), 0); /* holds for ten rows */
    assert_true(rules_hold(&r, 3) == 3);
    assert_true(rules_hold(&r, 2) == 0.02);
    assert_true(rules_hold(&r, 3) == 0.03);
    assert_true(rules_hold(&r, 4) == 4);
    for (int i = 0; i < 10; i++)
        assert_true(rules_hold(&r, 1) == 0.01);
    assert_true(rules_hold(&r, 1) == 0.01);
    assert_true(rules_hold(&r, 2) == 2);
    rules_fini(&r);
}

static void an_incident_counts_once_in_as_many_rows_as_an_alarm_may(void **state)
{
    const struct {
        double rate;
        uint32_t rows;
    } cases[] = { { 1e-4, RULES_ONCE }, { 0.05, 20 }, { 1, 6 } };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rules r;
        assert_int_equal(rules_init(&r, 750), 0);
        assert_true(rules_once(&r, LEVEL_FAR, 5, cases[i].rate) == 5);
        for (uint32_t row = 1; row < cases[i].rows; row++)
            assert_true(rules_once(&r, LEVEL_FAR, 1, cases[i].rate) == 0.01);
        assert_true(rules_once(&r, LEVEL_FAR, 4, cases[i].rate) == 0.04);
        assert_true(rules_once(&r, LEVEL_FAR, 4.5, cases[i].rate) ==
                    4.5); /* the 5 is too old */
        rules_fini(&r);
    }
}

static void a_queue_that_cannot_have_been_is_refused(void **state)
{
    static const double sound[] = { 9, 7, 4, 5, 1, 2 };
    static const double bad[][4] = {
        { 3, 1, 2, 5 },   /* rises         */
        { 2, 5, 3, 1 },   /* newest first  */
        { 0, 5, -1, 4 },  /* of the future */
        { 11, 5, 1, 4 },  /* too old       */
        { 2, NAN, 1, 4 }, /* no number     */
    };
    struct peak p;
    (void)state;

    assert_int_equal(peak_init(&p, 10), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(peak_restore(&p, bad[i], 2), -1);
    assert_int_equal(peak_restore(&p, sound, 3), 0);
    assert_true(peak_value(&p) == 7);
    peak_add(&p, 1);
    assert_true(peak_value(&p) == 7); /* ten rows old */
    peak_add(&p, 1);
    assert_true(peak_value(&p) == 5);
    peak_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peak_is_the_greatest_of_the_last_values),
        cmocka_unit_test(only_what_leaves_the_range_by_a_twentieth_is_odder),
        cmocka_unit_test(depth_is_told_in_parts_of_the_range),
        cmocka_unit_test(a_score_counts_when_it_is_a_peak),
        cmocka_unit_test(an_incident_counts_once_in_as_many_rows_as_an_alarm_may),
        cmocka_unit_test(a_queue_that_cannot_have_been_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
