/* tests/flow/calibrate_test.c mirrors host/flow/calibrate.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "flow/calibrate.h"

#include <math.h>
#include <stdlib.h>

static void far_out_is_measured_in_decades(void **state)
{
    static const struct {
        double z, decades;
    } cases[] = {
        /* -log10 of the normal upper tail, from tables (Abramowitz & Stegun 26.2) */
        { 0, 0.30103 },        { 1.2815515655, 1.0 },  { 2.3263478740, 2.0 },
        { 3.0902323062, 3.0 }, { 6.3613409025, 10.0 }, { -10, 0.0 },
        { 10, 23.11805 },      { 20, 88.56010 },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(fabs(decades_of_z(cases[i].z) - cases[i].decades) < 2e-5);
    /* the two formulas meet */
    assert_true(fabs(decades_of_z(19.999999999) - decades_of_z(20.0)) < 1e-6);
}

static void a_past_keeps_the_newest_values_sorted(void **state)
{
    struct past p = { 0 };
    struct gpt_rng r;
    (void)state;

    gpt_rng_seed(&r, 1);
    for (uint32_t i = 0; i < PAST_ROWS + 1000; i++)
        assert_int_equal(past_add(&p, (float)(gpt_rng_below(&r, 50))), 0);
    assert_int_equal(p.n, PAST_ROWS);
    double sum = 0, sorted = 0;
    for (uint32_t i = 0; i < p.n; i++) {
        sum += (double)p.ring[i];
        sorted += (double)p.sorted[i];
        assert_true(i == 0 || p.sorted[i - 1] <= p.sorted[i]);
    }
    assert_true(fabs(sum - sorted) < 1e-6); /* the same values, in another order */
    past_fini(&p);
}

static void a_gauge_keeps_mean_and_deviation_as_rows_come_and_go(void **state)
{
    struct gauge g = { 0 };
    struct gpt_rng r;
    (void)state;

    gpt_rng_seed(&r, 2);
    for (uint32_t i = 0; i < 3 * PAST_ROWS + 17; i++) {
        assert_int_equal(gauge_add(&g, (float)(5 + gpt_rng_gauss(&r))), 0);
        if (i % 5000 != 0)
            continue;
        double mean, deviation;
        past_moments(&g.past, &mean, &deviation);
        assert_true(fabs(mean - g.mean) < 1e-6);
        assert_true(fabs(deviation - sqrt(g.m2 / g.past.n)) < 1e-6);
    }
    gauge_fini(&g);
}

static void a_score_waits_until_there_is_a_past(void **state)
{
    struct gauge g = { 0 };
    (void)state;

    for (uint32_t i = 0; i < PAST_ENOUGH; i++) {
        assert_true(gauge_score(&g, 1e9) == 0);
        gauge_add(&g, (float)(i % 2));
    }
    assert_true(gauge_score(&g, 1e9) == SCORE_FAR);
    assert_true(gauge_score(&g, 0.5) > 0.2 && gauge_score(&g, 0.5) < 0.4);
    gauge_fini(&g);
}

static void a_constant_stream_calls_nothing_an_event(void **state)
{
    struct gauge g = { 0 };
    (void)state;

    for (uint32_t i = 0; i < 1000; i++)
        gauge_add(&g, 0.25f);
    assert_true(gauge_score(&g, 0.2500001) < 0.31);
    assert_true(gauge_score(&g, 1.25) == SCORE_FAR);
    gauge_fini(&g);
}

static void what_learning_moves_a_constant_stream_by_is_not_rare(void **state)
{
    (void)state;
    struct past p = { 0 };

    for (int i = 0; i < 200; i++)
        assert_int_equal(past_add(&p, 0.004f), 0);
    assert_true(past_tail(&p, 0.014) > 1e-2);
    assert_true(past_tail(&p, 0.5) < 1e-5);
    past_fini(&p);
}

static void a_tail_is_counted_inside_and_fitted_beyond(void **state)
{
    struct past p = { 0 };
    struct gpt_rng r;
    (void)state;

    /* an exponential past: P(x > t) = exp(-t), so the fit should find it */
    gpt_rng_seed(&r, 3);
    for (uint32_t i = 0; i < 8000; i++)
        past_add(&p, (float)-log(1 - gpt_rng_uniform(&r)));
    assert_true(fabs(past_tail(&p, -log(0.5)) - 0.5) < 0.02);
    assert_true(fabs(past_tail(&p, -log(0.05)) - 0.05) < 0.01);
    for (double t = 1e-3; t > 1e-8; t /= 10) {
        double off = past_tail(&p, -log(t)) / t;
        assert_true(off > 0.2 && off < 5);
    }
    assert_true(past_tail(&p, 1e9) == 1e-12);
    assert_true(past_tail(&p, -1) == 1);
    past_fini(&p);
}

static void a_level_is_the_value_that_has_this_tail(void **state)
{
    static const double tails[] = { 1e-2, 1e-3, 5e-4, 1e-6, 1e-11 };
    static const uint32_t sizes[] = { PAST_ENOUGH, 88, 1000, 8000 };
    (void)state;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct past p = { 0 };
        struct gpt_rng r;
        gpt_rng_seed(&r, i + 1);
        assert_true(isinf(past_level(&p, 1e-3)));
        for (uint32_t k = 0; k < sizes[i]; k++)
            past_add(&p, (float)gpt_rng_gauss(&r));
        for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
            double x = past_level(&p, tails[k]);
            assert_true(past_tail(&p, x) <= tails[k] * (1 + 1e-6));
            assert_true(past_tail(&p, x - 1e-6) >= tails[k] * (1 - 1e-3));
        }
        past_fini(&p);
    }
}

/* What is said of the next value by a past of 64 is as rare as it says: the fit knows
 * that it comes from ten values only. */
static void no_value_is_rarer_than_it_was_often(void **state)
{
    struct past p = { 0 };
    (void)state;

    for (int i = 0; i < 5000; i++) /* a few far ones, among many near ones */
        assert_int_equal(past_add(&p, i % 1000 == 7 ? 50 : (float)(i % 10) / 10), 0);
    assert_true(past_tail(&p, 50) >= 5 / 5001.0);
    assert_true(past_tail(&p, 51) < 5 / 5001.0);
    past_fini(&p);
}

static void a_short_past_promises_no_more_than_it_keeps(void **state)
{
    const int trials = 20000;
    struct gpt_rng r;
    int odd = 0;
    (void)state;

    gpt_rng_seed(&r, 6);
    for (int i = 0; i < trials; i++) {
        struct past p = { 0 };
        for (int k = 0; k < 64; k++)
            past_add(&p, (float)-log(1 - gpt_rng_uniform(&r)));
        odd += past_tail(&p, -log(1 - gpt_rng_uniform(&r))) <= 1e-3;
        past_fini(&p);
    }
    assert_in_range(odd, trials / 2000, trials / 500);
}

static void a_tail_never_rises_with_the_score(void **state)
{
    struct past p = { 0 };
    struct gpt_rng r;
    double last = 1;
    (void)state;

    gpt_rng_seed(&r, 4);
    for (uint32_t i = 0; i < 700; i++)
        past_add(&p, (float)fabs(gpt_rng_gauss(&r)));
    for (double x = -1; x < 8; x += 0.003) {
        double t = past_tail(&p, x);
        assert_true(t <= last * 1.0000001 && t > 0);
        last = t;
    }
    past_fini(&p);
}

static void a_short_past_says_nothing(void **state)
{
    struct past p = { 0 };
    (void)state;

    for (uint32_t i = 0; i + 1 < PAST_ENOUGH; i++)
        past_add(&p, 1);
    assert_true(past_tail(&p, 1e9) == 1);
    past_add(&p, 1);
    assert_true(past_tail(&p, 1e9) < 1);
    past_fini(&p);
}

static void an_alarm_opens_once_and_closes_after_six_quiet_rows(void **state)
{
    static const struct {
        double tail;
        int step;
        uint32_t open;
    } rows[] = {
        { 0.5, 0, 0 }, { 1e-4, 1, 1 }, { 1e-4, 0, 1 }, { 0.5, 0, 1 },
        { 0.5, 0, 1 }, { 1e-4, 0, 1 }, /* not quiet long enough: the same alarm */
        { 0.5, 0, 1 }, { 0.5, 0, 1 },  { 0.5, 0, 1 },  { 0.5, 0, 1 },
        { 0.5, 0, 1 }, { 0.5, -1, 0 }, { 1e-4, 1, 1 },
    };
    struct alarm a = ALARM_START;
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(alarm_step(&a, rows[i].tail, 1e-3), rows[i].step);
        assert_int_equal(a.open, rows[i].open);
    }
}

/* Values leave in any order, from a ring that is full and has gone round, too. */
static void a_value_that_leaves_is_no_past(void **state)
{
    static const uint32_t lengths[] = { 1, 40, PAST_ROWS, PAST_ROWS + 77 };
    (void)state;

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct past with = { 0 }, without = { 0 };
        uint32_t n = lengths[i];
        for (uint32_t k = 0; k < n; k++) {
            assert_int_equal(past_add(&with, (float)(k * 7 % n)), 0);
            if (k + PAST_ROWS >= n && k * 7 % n % 50 != 0)
                assert_int_equal(past_add(&without, (float)(k * 7 % n)), 0);
        }
        for (uint32_t x = 0; x < n; x += 50)
            past_remove(&with, (float)x); /* some of these have gone by themselves */
        past_remove(&with, 0.5f);
        past_remove_most(&with, -1);
        assert_int_equal(with.n, without.n);
        assert_int_equal(with.at, without.at);
        for (uint32_t more = 0; more < 3; more++)
            for (uint32_t k = 0; k < without.n; k++) {
                assert_true(with.ring[k] >= without.ring[k] &&
                            with.ring[k] <= without.ring[k]);
                assert_true(with.sorted[k] >= without.sorted[k] &&
                            with.sorted[k] <= without.sorted[k]);
                if (k == 0) {
                    assert_int_equal(past_add(&with, 3), 0);
                    assert_int_equal(past_add(&without, 3), 0);
                }
            }
        past_fini(&with);
        past_fini(&without);
    }
}

static void independent_rows_alarm_about_as_often_as_promised(void **state)
{
    struct past p = { 0 };
    struct alarm a = ALARM_START;
    struct gpt_rng r;
    int onsets = 0;
    (void)state;

    gpt_rng_seed(&r, 5);
    for (uint32_t i = 0; i < 60000; i++) {
        float x = (float)decades_of_z(gpt_rng_gauss(&r));
        int onset = alarm_step(&a, past_tail(&p, (double)x), 1e-3) > 0;
        onsets += onset;
        if (!a.open || onset)
            past_add(&p, x);
    }
    assert_in_range(onsets, 30, 120); /* promised 60 */
    past_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_out_is_measured_in_decades),
        cmocka_unit_test(a_past_keeps_the_newest_values_sorted),
        cmocka_unit_test(a_gauge_keeps_mean_and_deviation_as_rows_come_and_go),
        cmocka_unit_test(a_score_waits_until_there_is_a_past),
        cmocka_unit_test(a_constant_stream_calls_nothing_an_event),
        cmocka_unit_test(what_learning_moves_a_constant_stream_by_is_not_rare),
        cmocka_unit_test(a_level_is_the_value_that_has_this_tail),
        cmocka_unit_test(a_tail_is_counted_inside_and_fitted_beyond),
        cmocka_unit_test(no_value_is_rarer_than_it_was_often),
        cmocka_unit_test(a_short_past_promises_no_more_than_it_keeps),
        cmocka_unit_test(a_tail_never_rises_with_the_score),
        cmocka_unit_test(a_short_past_says_nothing),
        cmocka_unit_test(an_alarm_opens_once_and_closes_after_six_quiet_rows),
        cmocka_unit_test(a_value_that_leaves_is_no_past),
        cmocka_unit_test(independent_rows_alarm_about_as_often_as_promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
