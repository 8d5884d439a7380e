/* tests/detect/times_test.c mirrors host/detect/times.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/times.h"

#include <math.h>
#include <string.h>

static void a_time_is_read_however_it_is_written(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        { "1970-01-01 00:00:00", 0 },
        { "2014-04-01 00:05:00", 1396310700000 },
        { "2014-04-01T00:05:00", 1396310700000 },
        { "2014-04-01T00:05:00Z", 1396310700000 },
        { "2014-04-01T02:05:00+02:00", 1396310700000 },
        { "2014-03-31 19:05:00 -0500", 1396310700000 },
        { "2014-04-01 00:05", 1396310700000 },
        { "2014/04/01 00:05:00", 1396310700000 },
        { "2014-4-1 0:05:00", 1396310700000 },
        { "  2014-04-01 00:05:00 ", 1396310700000 },
        { "2014-04-01 00:05:00.250", 1396310700250 },
        { "2014-04-01 00:05:00.123456789", 1396310700123 },
        { "2014-04-01", 1396310400000 },
        { "2016-02-29 12:00:00", 1456747200000 },
        { "1396310700", 1396310700000 },
        { "1396310700.5", 1396310700500 },
        { "1396310700000", 1396310700000 },
        { "1396310700000000", 1396310700000 },
        { "1396310700000000000", 1396310700000 },
        { "0", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = -1;
        if (times_parse(cases[i].text, strlen(cases[i].text), &ms) || ms != cases[i].ms)
            fail_msg("%s is %lld", cases[i].text, (long long)ms);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "soon",
        "2014-13-01",
        "2014-00-10",
        "2014-01-32",
        "14-01-01",
        "2014-01-01 25:00",
        "2014-01-01 10:60",
        "2014-01-01 10",
        "2014-01-01 10:00:99",
        "2014-01-01T10:00:00+2x",
        "1969-12-31",
        "2014-01-01 10:00:00 later",
        "-5",
        "1e30",
        "nan",
        "0x10",
        "1 2",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms;
        if (!times_parse(cases[i], strlen(cases[i]), &ms))
            fail_msg("'%s' is %lld", cases[i], (long long)ms);
    }
    assert_int_equal(times_parse("2014-01-01\0", 11, &(int64_t){ 0 }), -1);
}

static void a_number_is_a_decimal_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        int kind;
        double x;
    } cases[] = {
        { "1", 0, 1 },       { "-1.5", 0, -1.5 },
        { "+.5", 0, .5 },    { " 3 ", 0, 3 },
        { "1e3", 0, 1000 },  { "2.", 0, 2 },
        { "1e-400", 0, 0 },  { "1e999", 1, 1 },
        { "-1e999", 1, -1 }, { "-1e200", 0, -1e150 },
        { "inf", 1, 1 },     { "-Infinity", 1, -1 },
        { "", 2, 0 },        { "  ", 2, 0 },
        { "NaN", 2, 0 },     { "NA", 2, 0 },
        { "null", 2, 0 },    { "-", 2, 0 },
        { "0x10", -1, 0 },   { "1,5", -1, 0 },
        { "1 2", -1, 0 },    { "12abc", -1, 0 },
        { "e5", -1, 0 },     { "1e", -1, 0 },
        { ".", -1, 0 },      { "--1", -1, 0 },
        { "nano", -1, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x = 0;
        int kind = times_number(cases[i].text, strlen(cases[i].text), &x);
        if (kind != cases[i].kind)
            fail_msg("'%s' is of kind %d", cases[i].text, kind);
        if (kind == 0)
            assert_true(fabs(x - cases[i].x) <= 1e-12 * fabs(x));
        if (kind == 1)
            assert_true(isinf(x) && signbit(x) == signbit(cases[i].x));
    }
    assert_int_equal(times_number("1\0", 2, &(double){ 0 }), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_read_however_it_is_written),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(a_number_is_a_decimal_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
