/*
 * The engine's own exp, log and random numbers.
 */
#include "engine/elementary.h"
#include "engine/gpt.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void exp_is_libms_within_two_ulp(void **state)
{
    (void)state;
    for (double x = (double)GPT_EXP_LEAST; x <= (double)GPT_EXP_MOST; x += 0.000731) {
        const float f = (float)x;
        const double want = exp((double)f);
        const double ulp = (double)(nextafterf((float)want, INFINITY) - (float)want);
        assert_true(fabs((double)gpt_exp(f) - want) <= 2 * ulp);
    }
    assert_true(gpt_exp(0) == 1.0f);
}

static void exp_of_little_is_nothing(void **state)
{
    (void)state;
    assert_true(gpt_exp(nextafterf(GPT_EXP_LEAST, -INFINITY)) == 0);
    assert_true(gpt_exp(-1e30f) == 0);
    assert_true(isfinite(gpt_exp(1e30f)));
}

static void an_overflow_shows_in_exp(void **state)
{
    (void)state;
    assert_true(isnan(gpt_exp(NAN)));
    assert_true(isnan(gpt_exp(-INFINITY)));
}

static void log_is_libms_within_two_ulp(void **state)
{
    (void)state;
    for (double x = 1e-300; x < 1e300; x *= 1.0317) {
        const double want = log(x);
        assert_true(fabs(gpt_log(x) - want) <= 2 * 0x1p-52 * fabs(want));
    }
    for (double x = 0.5; x < 2; x += 0.00037) /* where it passes zero */
        assert_true(fabs(gpt_log(x) - log(x)) <= 2 * 0x1p-52 * fabs(log(x)));
    assert_true(gpt_log(1) == 0);
}

static void the_sine_of_a_turn_is_libms(void **state)
{
    (void)state;
    for (double x = 0; x < 1; x += 0.00113)
        assert_true(fabs(gpt_sin_turn(x) - sin(2 * 3.14159265358979323846 * x)) < 2e-15);
}

static void power_is_pow(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 3000; n += 7)
        assert_true(fabs(gpt_power(.99, n) - pow(.99, (double)n)) <=
                    1e-12 * pow(.99, (double)n));
}

/* The published generator's first outputs from the state 1, 2, 3, 4. */
static void the_generator_is_xoshiro256(void **state)
{
    (void)state;
    static const uint64_t want[] = {
        11520u,
        0u,
        1509978240u,
        1215971899390074240u,
        1216172134540287360u,
        607988272756665600u,
        16172922978634559625u,
        8476171486693032832u,
        10595114339597558777u,
        2904607092377533576u,
    };
    struct gpt_rng r = { { 1, 2, 3, 4 } };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_true(gpt_rng_next(&r) == want[i]);
}

static void a_seed_is_spread_by_splitmix(void **state)
{
    (void)state;
    struct gpt_rng r;
    gpt_rng_seed(&r, 0);
    assert_true(r.s[0] == 0xe220a8397b1dcdafu);
    assert_true(r.s[1] == 0x6e789e6aa1b965f4u);
    assert_true(r.s[2] == 0x06c45d188009454fu);
    assert_true(r.s[3] == 0xf88bb8a8724c81ecu);
}

static void uniform_numbers_fill_zero_to_one(void **state)
{
    (void)state;
    struct gpt_rng r;
    gpt_rng_seed(&r, 5);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        const double x = gpt_rng_uniform(&r);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(fabs(sum / 100000 - 0.5) < 0.005);
}

static void every_number_below_n_is_as_likely(void **state)
{
    (void)state;
    struct gpt_rng r;
    gpt_rng_seed(&r, 6);
    int seen[7] = { 0 };
    for (int i = 0; i < 70000; i++) {
        const uint32_t x = gpt_rng_below(&r, 7);
        assert_true(x < 7);
        seen[x]++;
    }
    for (int i = 0; i < 7; i++)
        assert_true(seen[i] > 9500 && seen[i] < 10500);
    assert_int_equal(gpt_rng_below(&r, 1), 0);
}

static void gaussian_numbers_have_deviation_one(void **state)
{
    (void)state;
    struct gpt_rng r;
    gpt_rng_seed(&r, 7);
    double sum = 0, square = 0, fourth = 0;
    const int n = 200000;
    for (int i = 0; i < n; i++) {
        const double x = gpt_rng_gauss(&r);
        sum += x;
        square += x * x;
        fourth += x * x * x * x;
    }
    assert_true(fabs(sum / n) < 0.01);
    assert_true(fabs(square / n - 1) < 0.02);
    assert_true(fabs(fourth / n - 3) < 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_libms_within_two_ulp),
        cmocka_unit_test(exp_of_little_is_nothing),
        cmocka_unit_test(an_overflow_shows_in_exp),
        cmocka_unit_test(log_is_libms_within_two_ulp),
        cmocka_unit_test(the_sine_of_a_turn_is_libms),
        cmocka_unit_test(power_is_pow),
        cmocka_unit_test(the_generator_is_xoshiro256),
        cmocka_unit_test(a_seed_is_spread_by_splitmix),
        cmocka_unit_test(uniform_numbers_fill_zero_to_one),
        cmocka_unit_test(every_number_below_n_is_as_likely),
        cmocka_unit_test(gaussian_numbers_have_deviation_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
