/* tests/flow/stream_runs_test.c mirrors host/flow/stream_runs.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "flow/stream_runs.h"

#include <math.h>

/* n rows of noise, each the mean of `width` drawn ones. */
static struct past smooth(uint32_t n, uint32_t width, uint64_t seed)
{
    struct past p = { 0 };
    struct gpt_rng rng;
    double last[16] = { 0 };

    gpt_rng_seed(&rng, seed);
    for (uint32_t i = 0; i < n + width; i++) {
        double sum = 0;
        last[i % width] = gpt_rng_gauss(&rng);
        for (uint32_t k = 0; k < width; k++)
            sum += last[k];
        if (i >= width)
            assert_int_equal(past_add(&p, (float)(sum / width)), 0);
    }
    return p;
}

static void rows_that_do_not_know_each_other_make_no_runs(void **state)
{
    struct past p = smooth(6000, 1, 1);
    (void)state;

    assert_true(runs_share(&p) > 0.8);
    assert_true(runs_share(&p) <= 1);
    past_fini(&p);
}

static void runs_are_counted_once_each(void **state)
{
    struct past p = { 0 };
    (void)state;

    /* Three high rows in 1000, in runs of three; also when the ring
     * is full. */
    for (uint32_t i = 0; i < 2 * PAST_ROWS; i++) {
        float x = i % 1000 >= 500 && i % 1000 < 503 ? 2.0f + (float)(i % 1000) / 1000
                                                    : (float)(i % 7) / 10;
        assert_int_equal(past_add(&p, x), 0);
        if (i == PAST_ROWS / 2 || i + 1 == 2 * PAST_ROWS)
            assert_float_equal(runs_share(&p), 0.333f, 0.06);
    }
    past_fini(&p);
}

static void what_is_smooth_begins_to_be_odd_less_often_than_it_is(void **state)
{
    struct past p = smooth(6000, 6, 2);
    (void)state;

    assert_true(runs_share(&p) < 0.9);
    float far = p.sorted[p.n - 6], near = p.sorted[p.n / 2];
    double expected = past_tail(&p, (double)far) * runs_share(&p);
    assert_true(fabs(runs_tail(&p, (double)far) - expected) < 1e-12);
    assert_float_equal(runs_tail(&p, (double)near), past_tail(&p, (double)near), 0);
    past_fini(&p);
}

static void a_greater_value_has_no_greater_tail(void **state)
{
    struct past p = smooth(3000, 6, 3);
    double last = 1;
    (void)state;

    for (double x = -3; x < 4; x += 0.01) {
        double tail = runs_tail(&p, x);
        assert_true(tail > 0 && tail <= last);
        last = tail;
    }
    past_fini(&p);
}

static void without_a_past_there_are_no_runs(void **state)
{
    struct past p = smooth(PAST_ENOUGH - 1, 1, 4);
    (void)state;

    assert_true(runs_share(&p) == 1 && runs_tail(&p, 9) == 1);
    past_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_do_not_know_each_other_make_no_runs),
        cmocka_unit_test(runs_are_counted_once_each),
        cmocka_unit_test(what_is_smooth_begins_to_be_odd_less_often_than_it_is),
        cmocka_unit_test(a_greater_value_has_no_greater_tail),
        cmocka_unit_test(without_a_past_there_are_no_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
