/* clock_test.c - times as people read them, and a clock that a test can hold. */
#include "test.h"

#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

static void utc_reads_as_iso_8601(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 1763679600123, "2025-11-20T23:00:00.123Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" }, /* a leap day              */
        { -1, "1969-12-31T23:59:59.999Z" },           /* before 1970: floor      */
        { -1000, "1969-12-31T23:59:59.000Z" },
        { 253402300799999, "9999-12-31T23:59:59.999Z" },
    };
    char out[25];
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        clock_iso(cases[i].ms, out);
        assert_string_equal(out, cases[i].text);
    }
}

static void a_time_out_of_this_world_still_fits(void **state)
{
    static const int64_t wild[] = { INT64_MAX, INT64_MIN, 253402300800000 };
    char out[26] = { 0 };
    (void)state;

    for (size_t i = 0; i < COUNT(wild); i++) {
        out[25] = '#';
        clock_iso(wild[i], out);
        assert_int_equal(out[24], '\0');
        assert_int_equal(out[25], '#');
    }
}

static void the_local_hour_follows_the_zone_and_its_summer(void **state)
{
    static const struct {
        const char *zone;
        int64_t ms;
        int hour, weekday;
    } cases[] = {
        { "UTC0", 1763679600000, 23, 3 },                      /* a Thursday            */
        { "IST-5:30", 1763679600000, 4, 4 },                   /* next day, half hours  */
        { "CET-1CEST,M3.5.0,M10.5.0/3", 1763679600000, 0, 4 }, /* winter                */
        { "CET-1CEST,M3.5.0,M10.5.0/3", 1751320800000, 0, 1 }, /* summer: 22:00 UTC     */
        { "UTC0", -3600000, 23, 2 },                           /* 1969-12-31, Wednesday */
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        int hour = -1, weekday = -1;
        setenv("TZ", cases[i].zone, 1);
        tzset();
        clock_local(cases[i].ms, &hour, &weekday);
        assert_int_equal(hour, cases[i].hour);
        assert_int_equal(weekday, cases[i].weekday);
    }
}

static void the_system_clock_agrees_with_time_and_never_goes_back(void **state)
{
    int64_t before = (int64_t)time(NULL) * 1000, last = 0;
    (void)state;

    assert_true(clock_now(&clock_system) >= before);
    assert_true(clock_now(&clock_system) < before + 60000);
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono(&clock_system);
        assert_true(now >= last);
        last = now;
    }
}

static int64_t held(void *ctx)
{
    return *(int64_t *)ctx;
}

static void a_test_can_hold_time(void **state)
{
    int64_t now = 1000;
    const struct clock fake = { held, held, &now };
    (void)state;

    assert_int_equal(clock_now(&fake), 1000);
    now += 250;
    assert_int_equal(clock_mono(&fake), 1250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_reads_as_iso_8601),
        cmocka_unit_test(a_time_out_of_this_world_still_fits),
        cmocka_unit_test(the_local_hour_follows_the_zone_and_its_summer),
        cmocka_unit_test(the_system_clock_agrees_with_time_and_never_goes_back),
        cmocka_unit_test(a_test_can_hold_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
