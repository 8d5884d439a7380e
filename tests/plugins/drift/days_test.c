/* days_test.c - drift.so counts the days of a log, whatever the clock does. */
#include "diary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_day_is_counted_when_it_is_over(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-20T08:00:00Z", "add 1 Write the report");
    note(d, "2026-11-20T08:00:05Z", "add 2 Buy soil");
    note(d, "2026-11-20T09:00:00Z", "switch 1");
    note(d, "2026-11-20T17:00:00Z", "done 1");
    at(d, "2026-11-20 23:59:59");
    expect_none(d);
    at(d, "2026-11-21 00:00:59");
    expect_none(d); /* who writes late is waited for, a minute */
    at(d, "2026-11-21 00:01:00");
    expect_row(d, "2026-11-20 added 2 done 1 switches 1 open 1");
    assert_int_equal(d->time_ms, seconds("2026-11-21 00:00:00") * 1000 - 1);
    expect_none(d);
    at(d, "2026-11-22 00:01:00");
    expect_row(d, "2026-11-21 added 0 done 0 switches 0 open 1");
    expect_none(d);
}

static void nothing_is_told_before_something_happened(void **state)
{
    struct diary *d = *state;

    at(d, "2026-11-20 12:00:00");
    expect_none(d);
    at(d, "2026-11-23 12:00:00");
    expect_none(d);
    note(d, "2026-11-23T12:30:00Z", "add 1 a");
    expect_none(d);
    at(d, "2026-11-24 12:00:00");
    expect_row(d, "2026-11-23 added 1 done 0 switches 0 open 1");
    expect_none(d);
}

static void days_while_the_host_was_off_are_told_when_it_is_back(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    at(d, "2026-11-19 00:10:00");
    expect_row(d, "2026-11-18 added 1 done 0 switches 0 open 1");
    restart(d);
    note(d, "2026-11-20T08:00:00Z", "add 2 b");
    note(d, "2026-11-21T08:00:00Z", "done 1");
    note(d, "2026-11-22T00:30:00Z", "done 2"); /* today: not told yet */
    at(d, "2026-11-22 09:00:00");
    assert_int_equal(collect(d), KIRI_MORE);
    assert_string_equal(d->label, "2026-11-19");
    expect_row(d, "2026-11-20 added 1 done 0 switches 0 open 2");
    expect_row(d, "2026-11-21 added 0 done 1 switches 0 open 1");
    expect_none(d);
}

static void a_day_counts_once_however_often_it_starts(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    note(d, "2026-11-19T08:00:00Z", "add 2 b");
    at(d, "2026-11-20 12:00:00");
    expect_row(d, "2026-11-18 added 1 done 0 switches 0 open 1");
    restart(d); /* in the middle of what it had to tell */
    expect_row(d, "2026-11-19 added 1 done 0 switches 0 open 2");
    restart(d);
    expect_none(d);
}

static void a_day_that_cannot_be_noted_as_told_waits(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    at(d, "2026-11-18 12:00:00");
    expect_none(d);
    at(d, "2026-11-19 12:00:00");
    d->host.puts_left = 0;
    assert_int_equal(collect(d), KIRI_ENOMEM);
    d->host.puts_left = -1;
    expect_row(d, "2026-11-18 added 1 done 0 switches 0 open 1");
}

static void the_past_is_told_as_far_back_as_asked_for(void **state)
{
    static const struct {
        const char *history, *first;
    } cases[] = {
        { "366", "2026-10-01" }, /* the first event */
        { "10", "2026-11-10" },
        { "1", "2026-11-19" },
        { "0", NULL }, /* from today on */
    };
    struct diary *d = *state;

    note(d, "2026-10-01T08:00:00Z", "add 1 a");
    for (size_t i = 0; i < COUNT(cases); i++) {
        kiri_test_option(&d->host, "history", cases[i].history);
        d->host.n_pairs = 0;
        at(d, "2026-11-20 12:00:00");
        int rc = collect(d);
        assert_string_equal(d->label,
                            cases[i].first && rc != KIRI_NONE ? cases[i].first : "");
        restart(d);
    }
    at(d, "2026-11-21 12:00:00");
    expect_row(d, "2026-11-20 added 0 done 0 switches 0 open 1");
}

static void a_day_has_23_or_25_hours_when_the_clocks_change(void **state)
{
    struct diary *d = *state;

    zone("CET-1CEST,M3.5.0,M10.5.0/3");
    note(d, "2026-03-28T22:59:59Z", "add 1 the last second of Saturday");
    note(d, "2026-03-28T23:00:00Z", "add 2 the first second of Sunday");
    note(d, "2026-03-29T21:59:59Z", "add 3 the last second of Sunday, 23 hours later");
    note(d, "2026-03-29T22:00:00Z", "add 4 the first second of Monday");
    at(d, "2026-03-31 12:00:00");
    expect_row(d, "2026-03-28 added 1");
    expect_row(d, "2026-03-29 added 2");
    assert_int_equal(d->time_ms, 1000 * seconds("2026-03-30 00:00:00") - 1);
    expect_row(d, "2026-03-30 added 1");
    note(d, "2026-10-24T22:00:00Z", "add 5 the first second of Sunday");
    note(d, "2026-10-25T22:59:59Z", "add 6 the last second of Sunday, 25 hours later");
    at(d, "2026-10-26 12:00:00");
    for (int i = 0; i < 300 && strcmp(d->label, "2026-10-24") != 0; i++)
        assert_int_equal(collect(d), KIRI_MORE);
    expect_row(d, "2026-10-25 added 2");
    expect_none(d);
}

static void a_day_whose_midnight_the_clocks_skip_is_a_day(void **state)
{
    struct diary *d = *state;

    zone("EET-2EEST,M4.5.5/0,M10.5.4/24"); /* 00:00 becomes 01:00 on a Friday in April */
    note(d, "2026-04-23T12:00:00Z", "add 1 Thursday");
    note(d, "2026-04-23T22:30:00Z", "add 2 Friday, 01:30");
    at(d, "2026-04-25 12:00:00");
    expect_row(d, "2026-04-23 added 1");
    expect_row(d, "2026-04-24 added 1");
    expect_none(d);
}

static void a_clock_that_goes_back_tells_no_day_twice(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    at(d, "2026-11-19 00:05:00");
    expect_row(d, "2026-11-18 added 1");
    at(d, "2026-11-18 23:30:00"); /* set right, or a journey west */
    expect_none(d);
    restart(d);
    expect_none(d);
    at(d, "2026-11-19 12:00:00");
    expect_none(d);
    at(d, "2026-11-20 12:00:00");
    expect_row(d, "2026-11-19 added 0");
    expect_none(d);
}

static void a_clock_that_was_years_ahead_stops_it_for_no_year(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    at(d, "2026-11-19 12:00:00");
    expect_row(d, "2026-11-18 added 1");
    at(d, "2036-11-19 12:00:00");
    for (int i = 0; i < 365; i++)
        assert_int_equal(collect(d), KIRI_MORE);
    assert_int_equal(collect(d), KIRI_OK);
    at(d, "2026-11-19 13:00:00");
    expect_none(d);
    assert_non_null(strstr(d->host.line, "the clock was ahead"));
    at(d, "2026-11-20 12:00:00");
    expect_row(d, "2026-11-19 added 0");
}

static void a_clock_before_1970_is_said(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    d->host.now_ms = -5;
    expect_none(d);
    assert_non_null(strstr(d->host.line, "before 1970"));
}

static void the_clock_may_be_a_file(void **state)
{
    struct diary *d = *state;
    char path[160], ms[32];

    kiri_test_option(&d->host, "clock", path_in(d, "now", path));
    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    at(d, "2020-01-01 00:00:00");
    expect_none(d);
    assert_non_null(strstr(d->host.line, "there is no"));
    snprintf(ms, sizeof ms, "%lld\n", 1000LL * (long long)seconds("2026-11-19 12:00:00"));
    put(d, "now", ms);
    expect_row(d, "2026-11-18 added 1");
}

/* Each record is told whole or not at all, wherever a crash cut the log. */
static void a_log_that_ends_anywhere_is_read_up_to_there(void **state)
{
    struct diary *d = *state;
    char log[512];
    size_t end[4] = { 0 };

    for (int i = 1; i < 4; i++) {
        char what[40];
        struct stat st;
        snprintf(what, sizeof what, "add %d x\xff%d", i, i);
        note(d, "2026-11-18T08:00:00Z", what);
        assert_int_equal(stat(d->log, &st), 0);
        end[i] = (size_t)st.st_size;
    }
    FILE *f = fopen(d->log, "re");
    size_t n = fread(log, 1, sizeof log, f);
    fclose(f);
    for (size_t cut = 0; cut <= n; cut++) {
        int whole = 0;
        f = fopen(d->log, "we");
        assert_int_equal(fwrite(log, 1, cut, f), cut);
        fclose(f);
        d->host.n_pairs = 0;
        at(d, "2026-11-19 12:00:00");
        for (int i = 1; i < 4; i++)
            whole += cut + 1 >= end[i]; /* its newline may be missing */
        if (whole == 0) {
            expect_none(d);
        } else {
            collect(d);
            assert_int_equal((int)value(d, "added"), whole);
        }
        restart(d);
    }
    assert_int_equal(d->host.lines, 0); /* a torn line is nobody's fault */
}

static void damaged_lines_are_left_out_and_said_once(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    FILE *f = fopen(d->log, "ae");
    fputs("00000000 2026-11-18T08:00:00Z add 2 b\nshort\n\n", f);
    fclose(f);
    note(d, "2026-11-18T09:00:00Z", "add 3 c");
    note(d, "2026-11-18T09:00:00Z", "sleep 3 what a later version may write");
    at(d, "2026-11-19 12:00:00");
    expect_row(d, "2026-11-18 added 2 open 2");
    assert_non_null(strstr(d->host.line, "3 damaged lines"));
    at(d, "2026-11-20 12:00:00");
    expect_row(d, "2026-11-19 added 0");
    assert_int_equal(d->host.lines, 1);
}

static void a_file_that_is_no_log_makes_days_wait(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    at(d, "2026-11-19 12:00:00");
    expect_row(d, "2026-11-18 added 1");
    char kept[160];
    rename(d->log, path_in(d, "kept", kept));
    put(d, "tasks.log", "buy milk\nand bread\n");
    at(d, "2026-11-20 12:00:00");
    expect_none(d);
    assert_non_null(strstr(d->host.line, "is no task log"));
    expect_none(d);
    assert_int_equal(d->host.lines, 1); /* said once */
    rename(kept, d->log);
    at(d, "2026-11-21 12:00:00");
    expect_row(d, "2026-11-19 added 0");
    expect_row(d, "2026-11-20 added 0");
    expect_none(d);
}

static void a_log_that_is_gone_is_missing_not_zero(void **state)
{
    struct diary *d = *state;

    note(d, "2026-11-18T08:00:00Z", "add 1 a");
    at(d, "2026-11-19 12:00:00");
    expect_row(d, "2026-11-18 added 1");
    assert_int_equal(unlink(d->log), 0);
    at(d, "2026-11-20 12:00:00");
    expect_row(d, "2026-11-19 added - done - switches - open -");
}

static void what_is_no_file_is_never_waited_for(void **state)
{
    struct diary *d = *state;

    assert_int_equal(mkfifo(d->log, 0600), 0);
    at(d, "2026-11-19 12:00:00");
    expect_none(d);
    assert_non_null(strstr(d->host.line, "it is no file"));
}

static void the_published_language_has_an_hour_of_the_day_so_far(void **state)
{
    struct diary *d = *state;

    kiri_test_option(&d->host, "language", "classic");
    note(d, "2026-11-18T08:10:00Z", "add 1 a");
    note(d, "2026-11-18T09:10:00Z", "add 2 b");
    note(d, "2026-11-18T09:20:00Z", "done 1");
    at(d, "2026-11-18 10:00:30");
    expect_row(d, "2026-11-18 added 1 done 0 switches 0");
    assert_int_equal(d->time_ms, 1000 * seconds("2026-11-18 09:00:00") - 1);
    at(d, "2026-11-18 10:01:00");
    expect_row(d, "2026-11-18 added 2 done 1 switches 0");
    expect_none(d);
    assert_int_equal(kiri_schema_vocab(drift->schema(d->self)), 27);
}

static void the_published_language_leaves_out_the_hour_that_was_skipped(void **state)
{
    struct diary *d = *state;

    zone("CET-1CEST,M3.5.0,M10.5.0/3");
    kiri_test_option(&d->host, "language", "classic");
    note(d, "2026-03-29T00:10:00Z", "add 1 at 01:10");
    at(d, "2026-03-29 04:30:00");
    expect_row(d, "2026-03-29 added 1");
    assert_int_equal(collect(d), KIRI_OK); /* 03:00 to 04:00; 02:00 never was */
    assert_int_equal(d->time_ms, 1000 * seconds("2026-03-29 04:00:00") - 1);
    expect_none(d);
}

static void an_option_that_is_wrong_is_said(void **state)
{
    struct diary *d = *state;

    kiri_test_option(&d->host, "language", "latin");
    assert_int_equal(drift->open(&d->host.host, &d->self), KIRI_ECONFIG);
    assert_non_null(strstr(d->host.line, "language"));
    d->self = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_DIARY(a_day_is_counted_when_it_is_over),
        IN_A_DIARY(nothing_is_told_before_something_happened),
        IN_A_DIARY(days_while_the_host_was_off_are_told_when_it_is_back),
        IN_A_DIARY(a_day_counts_once_however_often_it_starts),
        IN_A_DIARY(a_day_that_cannot_be_noted_as_told_waits),
        IN_A_DIARY(the_past_is_told_as_far_back_as_asked_for),
        IN_A_DIARY(a_day_has_23_or_25_hours_when_the_clocks_change),
        IN_A_DIARY(a_day_whose_midnight_the_clocks_skip_is_a_day),
        IN_A_DIARY(a_clock_that_goes_back_tells_no_day_twice),
        IN_A_DIARY(a_clock_that_was_years_ahead_stops_it_for_no_year),
        IN_A_DIARY(a_clock_before_1970_is_said),
        IN_A_DIARY(the_clock_may_be_a_file),
        IN_A_DIARY(a_log_that_ends_anywhere_is_read_up_to_there),
        IN_A_DIARY(damaged_lines_are_left_out_and_said_once),
        IN_A_DIARY(a_file_that_is_no_log_makes_days_wait),
        IN_A_DIARY(a_log_that_is_gone_is_missing_not_zero),
        IN_A_DIARY(what_is_no_file_is_never_waited_for),
        IN_A_DIARY(the_published_language_has_an_hour_of_the_day_so_far),
        IN_A_DIARY(the_published_language_leaves_out_the_hour_that_was_skipped),
        IN_A_DIARY(an_option_that_is_wrong_is_said),
    };

    return diary_load_drift() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
