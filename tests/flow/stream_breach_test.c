/* tests/flow/stream_breach_test.c mirrors host/flow/stream_breach.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "flow/stream_rules.h"

#include <math.h>

static void what_stays_in_the_range_is_not_odd(void **state)
{
    const struct breaches none = { 0 };
    (void)state;

    assert_true(breach_tail(&none, 3000, 0) == 1);
    assert_true(breach_tail(&none, 3000, BREACH_MARGIN) == 1);
    assert_true(breach_tail(&none, 3000, (double)NAN) == 1);
    assert_true(breach_tail(&none, BREACH_ENOUGH - 1, 10) == 1);
}

static void deeper_is_odder_and_a_longer_range_makes_it_odder(void **state)
{
    const struct breaches none = { 0 };
    (void)state;

    assert_true(breach_tail(&none, 999, 0.06) < breach_rate(&none, 999));
    assert_true(breach_rate(&none, 999) == 2e-3);
    assert_true(breach_tail(&none, 999, 5) < breach_tail(&none, 999, 0.5));
    assert_true(breach_tail(&none, 2999, 5) < breach_tail(&none, 999, 5));
    assert_true(breach_tail(&none, 999, 1e9) == breach_tail(&none, 999, BREACH_DEEPEST));
}

static void what_was_never_seen_is_believed_possible(void **state)
{
    struct breaches b = { 0 };
    (void)state;

    for (int i = 0; i < 100000; i++)
        breach_add(&b, 3000, 0);
    assert_true(breach_tail(&b, 3000, BREACH_DEEPEST) > 1e-6);
    breach_add(&b, 3000, (double)NAN); /* no number: nothing was learned of it */
    assert_true(b.seen == 0);
}

/* Each row against the range before it, as a stream does. Returns how many rows of n had
 * a tail of at most p. */
static uint32_t count(double p, uint32_t n, uint64_t seed,
                      double (*draw)(struct gpt_rng *rng))
{
    struct gpt_rng rng;
    struct rules r;
    uint32_t odd = 0;

    gpt_rng_seed(&rng, seed);
    assert_int_equal(rules_init(&r, 750), 0);
    for (uint32_t i = 0; i < n; i++) {
        double x = draw(&rng), depth = rules_depth(&r, x);
        odd += breach_tail(&r.breaches, rules_rows(&r), depth) <= p;
        rules_breach(&r, depth);
        rules_see(&r, x);
    }
    rules_fini(&r);
    return odd;
}

static double gaussian(struct gpt_rng *rng)
{
    return gpt_rng_gauss(rng);
}

/* Two degrees of freedom: a deviation that is infinite. */
static double heavy(struct gpt_rng *rng)
{
    double x = gpt_rng_gauss(rng), a = gpt_rng_gauss(rng), b = gpt_rng_gauss(rng);

    return x / sqrt((a * a + b * b) / 2);
}

/* The bound holds for light and for heavy tails, and is not empty for heavy ones. */
static void rows_are_odd_as_often_as_their_tail_says(void **state)
{
    const uint32_t n = 100000;
    (void)state;

    for (int k = 0; k < 2; k++) {
        const double p[] = { 1e-3, 1e-4 };
        uint32_t light = count(p[k], n, 1, gaussian), far = count(p[k], n, 2, heavy);
        assert_true(light <= 2 * p[k] * n);
        assert_true(far <= 2 * p[k] * n);
        assert_true(k != 1 || far >= p[k] * n / 3);
    }
}

static void a_stream_that_often_breaches_is_not_odd_by_it(void **state)
{
    struct breaches often = { 0 }, never = { 0 };
    (void)state;

    for (int i = 0; i < 3000; i++) {
        breach_add(&often, 3000, i % 50 == 0 ? 0.2 : 0);
        breach_add(&never, 3000, 0);
    }
    assert_true(breach_tail(&often, 3000, 0.2) > 20 * breach_tail(&never, 3000, 0.2));
    assert_true(breach_tail(&often, 3000, 0.2) > 3e-3);
    assert_true(breach_tail(&often, 3000, 500) < 1e-4); /* but this is */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_in_the_range_is_not_odd),
        cmocka_unit_test(deeper_is_odder_and_a_longer_range_makes_it_odder),
        cmocka_unit_test(what_was_never_seen_is_believed_possible),
        cmocka_unit_test(rows_are_odd_as_often_as_their_tail_says),
        cmocka_unit_test(a_stream_that_often_breaches_is_not_odd_by_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
