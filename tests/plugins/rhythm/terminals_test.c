/* terminals_test.c - rhythm.so with terminals: idle time, activity, blocks of work. */
#include "desk.h"

#include <string.h>
#include <unistd.h>

static void idle_is_since_the_last_input_anywhere(void **state)
{
    struct desk *d = *state;
    int64_t now = d->t->now_ms;

    typed(d, "pts/0", now - 3 * HOUR);
    typed(d, "pts/17", now - 40 * SECOND);
    typed(d, "tty1", now - 8 * HOUR);
    desk_open(d);
    row(d);
    assert_true(fabs(value(d, "idle") - 40) < 1e-6);
    later(d, 5 * MINUTE);
    row(d);
    assert_true(fabs(value(d, "idle") - 340) < 1e-6);
}

static void only_terminals_are_looked_at(void **state)
{
    static const char *const others[] = { "ttyS0", "tty", "pts/ptmx", "null", "pts/1x" };
    struct desk *d = *state;

    typed(d, "pts/0", d->t->now_ms - HOUR);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        typed(d, others[i], d->t->now_ms);
    desk_open(d);
    row(d);
    assert_true(fabs(value(d, "idle") - 3600) < 1e-6);
}

static void a_terminal_that_closes_takes_no_input_back(void **state)
{
    struct desk *d = *state;

    typed(d, "tty1", d->t->now_ms - 8 * HOUR);
    desk_open(d);
    row(d);
    unlink(at_root(d, "dev/pts/0"));
    later(d, 5 * MINUTE);
    row(d);
    assert_true(fabs(value(d, "idle") - 300) < 1e-6);
}

static void a_time_in_the_future_is_now(void **state)
{
    struct desk *d = *state;

    typed(d, "pts/0", d->t->now_ms + HOUR);
    desk_open(d);
    row(d);
    assert_true(fabs(value(d, "idle") - 15) < 1e-6); /* the floor of its scale */
}

static void a_clock_that_was_set_back_takes_nothing_with_it(void **state)
{
    struct desk *d = *state;

    desk_open(d);
    row(d);
    d->t->now_ms -= 24 * HOUR;
    d->t->mono_ms += 5 * MINUTE;
    typed(d, "pts/0", d->t->now_ms - 30 * SECOND);
    row(d);
    assert_true(value(d, "idle") < 60);
    assert_true(value(d, "focus") < 1);
}

static void the_active_part_is_that_of_the_looks_with_input(void **state)
{
    struct desk *d = *state;

    desk_open(d);
    row(d);
    assert_true(isnan(value(d, "active"))); /* nothing is known of before */
    for (int i = 1; i <= 20; i++) {
        later(d, 15 * SECOND);
        if (i <= 8)
            typed(d, "pts/0", d->t->now_ms - SECOND);
        if (i < 20)
            look(d);
    }
    row(d);
    assert_true(fabs(value(d, "active") - 40) < 1e-6);
    later(d, 5 * MINUTE);
    row(d);
    assert_true(value(d, "active") == 0);
}

/* Somebody types all the time, for so many minutes. */
static void work(struct desk *d, int minutes)
{
    for (int i = 0; i < minutes; i++) {
        later(d, MINUTE);
        typed(d, "pts/0", d->t->now_ms);
        look(d);
    }
}

static void focus_grows_until_there_is_a_break(void **state)
{
    struct desk *d = *state;

    desk_open(d);
    row(d);
    work(d, 30);
    row(d);
    assert_true(fabs(value(d, "focus") - 30) < 1e-6);
    for (int i = 0; i < 4; i++) { /* not yet a break */
        later(d, MINUTE);
        look(d);
    }
    work(d, 10);
    row(d);
    assert_true(fabs(value(d, "focus") - 44) < 1e-6);
    for (int i = 0; i < 6; i++) {
        later(d, MINUTE);
        look(d);
    }
    row(d);
    assert_true(value(d, "focus") == 0);
    work(d, 3);
    row(d);
    assert_true(fabs(value(d, "focus") - 2) < 1e-6);
}

static void how_long_a_break_is_can_be_said(void **state)
{
    struct desk *d = *state;

    kiri_test_option(d->t, "break", "20m");
    desk_open(d);
    row(d);
    later(d, 15 * MINUTE);
    look(d);
    work(d, 5);
    row(d);
    assert_true(fabs(value(d, "focus") - 20) < 1e-6);
}

static void a_block_of_work_survives_a_restart(void **state)
{
    struct desk *d = *state;

    desk_open(d);
    row(d);
    work(d, 60);
    row(d);
    assert_true(fabs(value(d, "focus") - 60) < 1e-6);
    kiri_test_close(d->t);
    later(d, 2 * MINUTE);
    typed(d, "pts/0", d->t->now_ms);
    desk_open(d);
    row(d);
    assert_true(fabs(value(d, "focus") - 62) < 1e-6);
}

static void a_break_while_the_host_was_down_is_one(void **state)
{
    struct desk *d = *state;

    desk_open(d);
    work(d, 60);
    row(d);
    kiri_test_close(d->t);
    later(d, 9 * HOUR);
    typed(d, "pts/0", d->t->now_ms);
    desk_open(d);
    row(d);
    assert_true(value(d, "focus") == 0);
}

static void without_any_source_it_is_missing_and_said_once(void **state)
{
    struct desk *d = *state;

    unlink(at_root(d, "dev/pts/0"));
    kiri_test_option(d->t, "idle", "auto");
    kiri_test_option(d->t, "bus", "unix:path=/nonexistent/bus");
    desk_open(d);
    for (int i = 0; i < 3; i++) {
        later(d, 5 * MINUTE);
        row(d);
        assert_true(isnan(value(d, "idle")) && isnan(value(d, "active")) &&
                    isnan(value(d, "focus")));
    }
    assert_int_equal(d->t->lines, 1);
    assert_non_null(strstr(d->t->line, "no source of idle time"));
    assert_non_null(strstr(d->t->line, "logind: the bus unix:path=/nonexistent/bus"));
    assert_non_null(strstr(d->t->line, "the X server: no display is named"));
    assert_non_null(strstr(d->t->line, "no terminal in"));
}

static void the_first_source_that_works_is_said_once(void **state)
{
    struct desk *d = *state;

    kiri_test_option(d->t, "idle", "auto");
    kiri_test_option(d->t, "bus", "unix:path=/nonexistent/bus");
    desk_open(d);
    for (int i = 0; i < 3; i++)
        row(d);
    assert_int_equal(d->t->lines, 1);
    assert_string_equal(d->t->line, "rhythm: idle time from the terminals");
    assert_true(value(d, "idle") < 60);
}

static void who_wants_no_idle_time_gets_none_and_no_timer(void **state)
{
    struct desk *d = *state;

    kiri_test_option(d->t, "idle", "none");
    desk_open(d);
    assert_int_equal(d->t->atom->fd(d->t->self), -1);
    row(d);
    assert_true(isnan(value(d, "idle")));
    assert_int_equal(d->t->lines, 0);
}

static void the_timer_wakes_it_between_rows(void **state)
{
    struct desk *d = *state;
    uint64_t expirations;

    kiri_test_option(d->t, "look", "1s");
    desk_open(d);
    int fd = d->t->atom->fd(d->t->self);
    assert_true(fd >= 0);
    assert_true(read(fd, &expirations, sizeof expirations) < 0); /* it does not block */
}

static void the_classic_language_is_the_published_30_words(void **state)
{
    struct desk *d = *state;

    kiri_test_option(d->t, "language", "classic");
    desk_open(d);
    assert_int_equal(kiri_schema_vocab(d->t->schema), 30);
    assert_int_equal(kiri_test_collect(d->t), KIRI_NONE); /* activity takes two looks */
    later(d, 4 * MINUTE);
    typed(d, "pts/0", d->t->now_ms - 50 * SECOND);
    look(d);
    later(d, MINUTE);
    row(d);
    assert_true(fabs(value(d, "idle") - 110) < 1e-6);
    assert_true(fabs(value(d, "activity") - 48) < 1e-6); /* of 60 s, in 4 of 5 minutes */
    unlink(at_root(d, "dev/pts/0"));
    assert_int_equal(kiri_test_collect(d->t), KIRI_EIO); /* there is no word for it */
}

static void an_option_that_is_wrong_is_refused_in_a_sentence(void **state)
{
    static const struct {
        const char *name, *value, *said;
    } cases[] = {
        { "break", "soon", "rhythm: option break is no duration such as 15s or 5m" },
        { "look", "", "rhythm: option look is no duration such as 15s or 5m" },
        { "bus", "unixexec:path=/bin/true",
          "rhythm: option bus would start a program (unixexec); give unix:path=..." },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct desk *d = *state;
        struct kiri_test *t = kiri_test_new(d->t->atom);
        kiri_test_option(t, cases[i].name, cases[i].value);
        assert_int_equal(kiri_test_open(t), KIRI_ECONFIG);
        assert_string_equal(t->line, cases[i].said);
        kiri_test_done(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_A_DESK(idle_is_since_the_last_input_anywhere),
        AT_A_DESK(only_terminals_are_looked_at),
        AT_A_DESK(a_terminal_that_closes_takes_no_input_back),
        AT_A_DESK(a_time_in_the_future_is_now),
        AT_A_DESK(a_clock_that_was_set_back_takes_nothing_with_it),
        AT_A_DESK(the_active_part_is_that_of_the_looks_with_input),
        AT_A_DESK(focus_grows_until_there_is_a_break),
        AT_A_DESK(how_long_a_break_is_can_be_said),
        AT_A_DESK(a_block_of_work_survives_a_restart),
        AT_A_DESK(a_break_while_the_host_was_down_is_one),
        AT_A_DESK(without_any_source_it_is_missing_and_said_once),
        AT_A_DESK(the_first_source_that_works_is_said_once),
        AT_A_DESK(who_wants_no_idle_time_gets_none_and_no_timer),
        AT_A_DESK(the_timer_wakes_it_between_rows),
        AT_A_DESK(the_classic_language_is_the_published_30_words),
        AT_A_DESK(an_option_that_is_wrong_is_refused_in_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
