/* units_test.c - quantities as people write them. */
#include "test.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

static void durations_read_as_milliseconds(void **state)
{
    static const struct {
        const char *s;
        int64_t ms;
    } cases[] = {
        { "250ms", 250 },     { "5s", 5000 },        { "10m", 600000 },
        { "10min", 600000 },  { "8h", 28800000 },    { "7d", 604800000 },
        { "2w", 1209600000 }, { "1y", 31536000000 }, { "1.5s", 1500 },
        { ".5s", 500 },       { "0s", 0 },           { "5 s", 5000 },
        { "0.4ms", 0 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = -1;
        assert_int_equal(units_duration_ms(cases[i].s, &ms), 0);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void what_is_no_duration_leaves_the_result_alone(void **state)
{
    static const char *const cases[] = {
        "",     "5",     "s",    "-5s",  "+5s",  "5s ",  " 5s",  "5 S",  "5sec",
        "5s5m", "1e99d", "nans", "infs", "0x5s", "5..s", "5,5s", "5  s", "9999999w",
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = 77;
        if (units_duration_ms(cases[i], &ms) == 0)
            fail_msg("`%s` passed as %lld ms", cases[i], (long long)ms);
        assert_int_equal(ms, 77);
    }
}

static void sizes_know_both_kinds_of_thousand(void **state)
{
    static const struct {
        const char *s;
        int64_t bytes;
    } cases[] = {
        { "0", 0 },
        { "512", 512 },
        { "512B", 512 },
        { "64MiB", 67108864 },
        { "2GB", 2000000000 },
        { "1.5kB", 1500 },
        { "1KiB", 1024 },
        { "1TiB", 1099511627776 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t bytes = -1;
        assert_int_equal(units_bytes(cases[i].s, &bytes), 0);
        assert_int_equal(bytes, cases[i].bytes);
    }
    int64_t bytes = 77;
    assert_int_equal(units_bytes("2Gb", &bytes), -1);
    assert_int_equal(units_bytes("-1", &bytes), -1);
    assert_int_equal(units_bytes("9999999TiB", &bytes), -1);
    assert_int_equal(bytes, 77);
}

static void rates_are_events_a_second(void **state)
{
    static const struct {
        const char *s;
        double per_second;
    } cases[] = {
        { "1/day", 1 / 86400.0 },
        { "6/h", 6 / 3600.0 },
        { "2/week", 2 / 604800.0 },
        { ".5/day", .5 / 86400.0 },
        { "1/min", 1 / 60.0 },
        { "1/24h", 1 / 86400.0 },
        { "3/s", 3 },
        { "1/250ms", 4 },
    };
    static const char *const wrong[] = { "",        "1",      "1/",     "/day",
                                         "0/day",   "-1/day", "1/0h",   "1/days",
                                         "1 / day", "1/day ", "one/day" };
    double got;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(units_rate(cases[i].s, &got), 0);
        assert_true(fabs(got - cases[i].per_second) < 1e-12);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        got = 77;
        if (units_rate(wrong[i], &got) == 0)
            fail_msg("`%s` passed as %g a second", wrong[i], got);
        assert_true(got == 77);
    }
}

static void shares_are_percent_or_a_part_of_one(void **state)
{
    double got = 77;
    (void)state;

    assert_int_equal(units_share("101%", &got), -1);
    assert_int_equal(units_share("1.5", &got), -1);
    assert_int_equal(units_share("-5%", &got), -1);
    assert_int_equal(units_share("5 percent", &got), -1);
    assert_true(got == 77);
    assert_int_equal(units_share("25%", &got), 0);
    assert_true(fabs(got - .25) < 1e-15);
    assert_int_equal(units_share(".25", &got), 0);
    assert_true(fabs(got - .25) < 1e-15);
    assert_int_equal(units_share("100%", &got), 0);
    assert_true(got == 1);
}

static void numbers_take_nothing_after_them(void **state)
{
    double x = 77;
    int64_t n = 77;
    (void)state;

    static const char *const no_number[] = { "",     "-",   "1x",  "nan", "inf",
                                             "0x10", "1,5", "--1", " 1" };
    for (size_t i = 0; i < COUNT(no_number); i++)
        assert_int_equal(units_number(no_number[i], &x), -1);
    assert_true(x == 77);
    assert_int_equal(units_number("-2.5", &x), 0);
    assert_true(x == -2.5);
    assert_int_equal(units_number("+.5", &x), 0);
    assert_true(x == .5);

    static const char *const no_integer[] = { "",  "1.5", "1e3", "x",
                                              "-", " 1",  "1 ",  "9223372036854775808" };
    for (size_t i = 0; i < COUNT(no_integer); i++)
        assert_int_equal(units_integer(no_integer[i], &n), -1);
    assert_int_equal(n, 77);
    assert_int_equal(units_integer("-9223372036854775808", &n), 0);
    assert_int_equal(n, INT64_MIN);
    assert_int_equal(units_integer("007", &n), 0);
    assert_int_equal(n, 7);
}

static void durations_print_in_two_parts_at_most(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        { 0, "0 ms" },           { 999, "999 ms" },
        { 1000, "1 s" },         { 1500, "1.5 s" },
        { 59999, "59.9 s" },     { 60000, "1m" },
        { 90000, "1m 30s" },     { 3599999, "59m 59s" },
        { 3600000, "1h" },       { 5400000, "1h 30m" },
        { 86399999, "23h 59m" }, { 86400000, "1d" },
        { 273600000, "3d 4h" },  { INT64_MAX, "106751991167d 7h" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[32];
        units_duration_print(cases[i].ms, out, sizeof out);
        assert_string_equal(out, cases[i].text);
    }
}

static void the_nearest_word_is_the_one_that_was_meant(void **state)
{
    static const char *const known[] = { "plugin", "every", "alarm", "learn", "warmup" };
    static const struct {
        const char *word, *meant;
    } cases[] = {
        { "plugni", "plugin" }, /* neighbours swapped     */
        { "evry", "every" },    /* one missing            */
        { "alarrm", "alarm" },  /* one too many           */
        { "lern", "learn" },
        { "warnup", "warmup" }, /* one wrong              */
        { "every", "every" },
        { "period", NULL }, /* nothing is near */
        { "x", NULL },
        { "", NULL },
        { "a-word-that-is-longer-than-forty-bytes-is-nobody", NULL },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *near = units_nearest(cases[i].word, known, COUNT(known));
        if (!cases[i].meant)
            assert_null(near);
        else
            assert_string_equal(near ? near : "nothing", cases[i].meant);
    }
    assert_null(units_nearest("every", known, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_read_as_milliseconds),
        cmocka_unit_test(what_is_no_duration_leaves_the_result_alone),
        cmocka_unit_test(sizes_know_both_kinds_of_thousand),
        cmocka_unit_test(rates_are_events_a_second),
        cmocka_unit_test(shares_are_percent_or_a_part_of_one),
        cmocka_unit_test(numbers_take_nothing_after_them),
        cmocka_unit_test(durations_print_in_two_parts_at_most),
        cmocka_unit_test(the_nearest_word_is_the_one_that_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
