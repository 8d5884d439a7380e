/* tests/flow/stream_yardsticks_test.c mirrors host/flow/stream_yardsticks.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "flow/stream_yardsticks.h"

#define ALL ((1u << STATISTICS) - 1)

static void fill(struct yardsticks *all, uint32_t rows)
{
    struct gpt_rng rng;

    gpt_rng_seed(&rng, 1);
    for (uint32_t i = 0; i < rows; i++) {
        double x = gpt_rng_gauss(&rng), y = gpt_rng_gauss(&rng);
        const float by[STATISTICS] = { (float)x, (float)(10 * y), (float)(x + y),
                                       (float)y, (float)-x };
        assert_int_equal(yardsticks_gauge(all, by), 0);
        assert_int_equal(yardsticks_tail(all, by), 0);
    }
}

static void the_farthest_statistic_is_the_score(void **state)
{
    struct yardsticks y = { .gauged = ALL, .tailed = ALL };
    (void)state;

    fill(&y, 1000);
    double row = yardsticks_score(&y, (const float[STATISTICS]){ 5, 0, 0 });
    double six = yardsticks_score(&y, (const float[STATISTICS]){ 0, 5, 0 });
    assert_true(row > 5 && six < 1); /* half a deviation */
    assert_float_equal(yardsticks_score(&y, (const float[STATISTICS]){ 5, 5, 0 }),
                       (float)row, 0);
    yardsticks_fini(&y);
}

static void what_is_not_in_use_has_no_past(void **state)
{
    struct yardsticks y = { .gauged = 1u << BY_SIX, .tailed = 1u << BY_ROW };
    (void)state;

    fill(&y, 100);
    assert_int_equal(y.of[BY_SIX].gauge.past.n, 100);
    assert_int_equal(y.of[BY_ROW].tail.n, 100);
    assert_int_equal(y.of[BY_ROW].gauge.past.n, 0);
    assert_int_equal(y.of[BY_SIX].tail.n, 0);
    assert_int_equal(y.of[BY_FIELD].gauge.past.n, 0);
    assert_int_equal(y.of[BY_FIELD].tail.n, 0);
    assert_int_equal(yardsticks_share(&y), 1);
    yardsticks_fini(&y);
}

static void who_leaves_is_no_past_any_more(void **state)
{
    struct yardsticks y = { .gauged = ALL, .tailed = ALL };
    const float far[STATISTICS] = { 100, 1000, 100, 100, 100 };
    (void)state;

    fill(&y, 200);
    double before = yardsticks_score(&y, (const float[STATISTICS]){ 4, 0, 0 });
    assert_int_equal(yardsticks_gauge(&y, far), 0);
    assert_int_equal(yardsticks_tail(&y, far), 0);
    assert_true(yardsticks_score(&y, (const float[STATISTICS]){ 4, 0, 0 }) < before / 2);
    yardsticks_leave_gauges(&y, far);
    yardsticks_leave_tails(&y, far);
    yardsticks_resum(&y);
    assert_float_equal(yardsticks_score(&y, (const float[STATISTICS]){ 4, 0, 0 }),
                       (float)before, 1e-4);
    for (uint32_t i = 0; i < STATISTICS; i++)
        assert_int_equal(y.of[i].tail.n, 200);
    yardsticks_fini(&y);
}

static void what_was_cut_leaves_by_about_what_it_was(void **state)
{
    struct yardsticks y = { .gauged = ALL, .tailed = ALL };
    const float cut[STATISTICS] = { 5, 50, 5, 5, 5 },
                now[STATISTICS] = { 6, 60, 6, 6, 6 };
    (void)state;

    fill(&y, 200);
    assert_int_equal(yardsticks_tail(&y, cut), 0);
    yardsticks_leave_tails(&y, now); /* no such values: nothing happens */
    assert_int_equal(y.of[BY_ROW].tail.n, 201);
    yardsticks_leave_tails_about(&y, now);
    for (uint32_t i = 0; i < STATISTICS; i++) {
        assert_int_equal(y.of[i].tail.n, 200);
        assert_true(y.of[i].tail.sorted[199] < cut[i]);
    }
    yardsticks_fini(&y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_farthest_statistic_is_the_score),
        cmocka_unit_test(what_is_not_in_use_has_no_past),
        cmocka_unit_test(who_leaves_is_no_past_any_more),
        cmocka_unit_test(what_was_cut_leaves_by_about_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
