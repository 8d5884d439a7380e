/* tests/base/number_test.c mirrors host/base/number.c. */
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void same_as_printf(double x, int digits)
{
    char ours[NUMBER_CAP], theirs[64];
    const size_t n = number_write(ours, x, digits);

    snprintf(theirs, sizeof theirs, "%.*g", digits, x);
    assert_string_equal(ours, theirs);
    assert_int_equal(n, strlen(theirs));
}

static void same_with_any_digits(double x)
{
    for (int digits = 1; digits <= 17; digits++) {
        same_as_printf(x, digits);
        same_as_printf(-x, digits);
    }
}

static void odd_numbers_are_written_as_printf_does(void **state)
{
    (void)state;
    static const double odd[] = { 0,       -0.0,      1,       10,     .5,      2.5,
                                  .1,      .25,       .125,    .375,   1e-4,    9.9999e-5,
                                  99999.5, 999999.5,  9999995, 1e9,    DBL_MAX, DBL_MIN,
                                  5e-324,  123456789, 1.5e300, .045,   1.005,   .0995,
                                  1e-3,    .01,       99.95,   999.95, INFINITY };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        same_with_any_digits(odd[i]);
        same_with_any_digits(nextafter(odd[i], INFINITY));
        same_with_any_digits(nextafter(odd[i], -INFINITY));
    }
    same_as_printf((double)NAN, 6);
}

/* As few digits as give x back, six at least: tried one after another. */
static void exact_as_can_be(double x)
{
    char ours[NUMBER_CAP], theirs[64] = "";
    const size_t n = number_write_exact(ours, x);

    for (int digits = 6; digits <= 17; digits++) {
        snprintf(theirs, sizeof theirs, "%.*g", digits, x);
        if (strtod(theirs, NULL) == x)
            break;
    }
    assert_string_equal(ours, theirs);
    assert_int_equal(n, strlen(theirs));
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void any_numbers_are_written_as_printf_does(void **state)
{
    (void)state;
    uint64_t random = 1;

    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = draw(&random);
        const int digits = 1 + (int)(bits % 10);
        const double part = (double)(draw(&random) >> 11) * 0x1p-53;
        same_as_printf(part, digits);
        same_as_printf((double)(float)part, digits); /* most are floats */
        same_as_printf(part * pow(10, (int)(bits >> 8 & 15) - 5), digits);
        same_as_printf((double)(bits >> 8 & 0xfffff) / 1000, digits); /* halves, too */
        same_as_printf((double)(bits >> 8 & 0xfffff) / 64, digits);
    }
}

static void exact_numbers_have_as_few_digits_as_give_them_back(void **state)
{
    (void)state;
    static const double odd[] = {
        0,       -0.0,    1,      .1,       1e6,
        1e5,     123456,  1e15,   1e16,     1234500,
        1234567, .3,      5e-324, DBL_MAX,  1e22,
        1e23,    DBL_MIN, 2e-308, 96.46296, 4503599627370497.5
    };
    uint64_t random = 2;

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        exact_as_can_be(odd[i]);
        exact_as_can_be(-odd[i]);
        exact_as_can_be(nextafter(odd[i], INFINITY));
    }
    for (int k = -1074; k < 1024; k++) /* where the next below is nearer than above */
        exact_as_can_be(ldexp(1, k));
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = draw(&random);
        double any;
        memcpy(&any, &bits, sizeof any);
        if (isfinite(any))
            exact_as_can_be(any);
        exact_as_can_be((double)(bits >> 44) / 1000);
        exact_as_can_be((double)(bits >> 11) * 0x1p-53);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_numbers_are_written_as_printf_does),
        cmocka_unit_test(any_numbers_are_written_as_printf_does),
        cmocka_unit_test(exact_numbers_have_as_few_digits_as_give_them_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
