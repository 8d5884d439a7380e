/*
 * login_test.c - rhythm.so and logind: a D-Bus daemon of the test's own, and a logind
 * that the test wrote.
 */
#include "desk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct office {
    struct desk *d;
    int daemon, login1;
    char address[120];
};

static void start_daemon(struct office *o)
{
    char config[600], line[200], path[120];
    int out;

    snprintf(
        config, sizeof config,
        "<busconfig><type>session</type><listen>unix:path=%s/bus</listen>"
        "<auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\""
        "/><allow own=\"*\"/><allow eavesdrop=\"false\"/></policy></busconfig>",
        o->d->root);
    write_file(at_root(o->d, "bus.conf"), config);
    snprintf(path, sizeof path, "--config-file=%s", at_root(o->d, "bus.conf"));
    char *const argv[] = { "dbus-daemon", path, "--nofork", "--print-address=1", NULL };
    o->daemon = start_child(argv, &out);
    read_line(out, line, sizeof line);
    close(out);
}

static void start_login1(struct office *o)
{
    char line[20], hint[100];
    int out;

    snprintf(hint, sizeof hint, "%s", at_root(o->d, "hint"));
    char *const argv[] = { LOGIN1, o->address, hint, NULL };
    o->login1 = start_child(argv, &out);
    read_line(out, line, sizeof line);
    assert_string_equal(line, "ready");
    close(out);
}

static void end(int *pid)
{
    if (*pid)
        end_child(*pid);
    *pid = 0;
}

/* 0: somebody is there. */
static void logind_says(const struct office *o, int64_t idle_since_ms)
{
    char text[60];

    snprintf(text, sizeof text, "%d %" PRId64 "\n", idle_since_ms != 0,
             (idle_since_ms ? idle_since_ms : o->d->t->now_ms) * 1000);
    write_file(at_root(o->d, "hint"), text);
}

static struct office begin(void **state)
{
    struct office o = { .d = *state };

    snprintf(o.address, sizeof o.address, "unix:path=%s/bus", o.d->root);
    start_daemon(&o);
    start_login1(&o);
    logind_says(&o, o.d->t->now_ms - 25 * MINUTE);
    kiri_test_option(o.d->t, "idle", "auto");
    return o;
}

/* The address must live as long as the host asks for it. */
static void open_it(struct office *o)
{
    kiri_test_option(o->d->t, "bus", o->address);
    desk_open(o->d);
}

static void finish(struct office *o)
{
    kiri_test_close(o->d->t);
    end(&o->login1);
    end(&o->daemon);
}

static void its_hint_is_the_idle_time(void **state)
{
    struct office o = begin(state);
    struct desk *d = o.d;

    open_it(&o);
    row(d);
    assert_true(fabs(value(d, "idle") - 1500) < 1e-6);
    assert_string_equal(d->t->line, "rhythm: idle time from logind");
    logind_says(&o, 0);
    later(d, 5 * MINUTE);
    row(d);
    assert_true(fabs(value(d, "idle") - 15) < 1e-6);
    assert_true(fabs(value(d, "active") - 100) < 1e-6);
    later(d, 5 * MINUTE);
    logind_says(&o, d->t->now_ms - 2 * MINUTE);
    row(d);
    assert_true(fabs(value(d, "idle") - 120) < 1e-6);
    assert_int_equal(d->t->lines, 1);
    finish(&o);
}

static void nobody_since_the_start_is_missing(void **state)
{
    struct office o = begin(state);

    write_file(at_root(o.d, "hint"), "1 0\n");
    open_it(&o);
    row(o.d);
    assert_true(isnan(value(o.d, "idle")));
    assert_true(value(o.d, "focus") == 0);
    finish(&o);
}

static void a_bus_without_logind_gives_way_to_the_terminals(void **state)
{
    struct office o = begin(state);

    end(&o.login1);
    open_it(&o);
    row(o.d);
    assert_string_equal(o.d->t->line, "rhythm: idle time from the terminals");
    finish(&o);
}

static void the_better_source_is_taken_when_it_comes(void **state)
{
    struct office o = begin(state);

    end(&o.login1);
    open_it(&o);
    row(o.d);
    start_login1(&o);
    row(o.d);
    assert_string_equal(o.d->t->line, "rhythm: idle time from logind");
    assert_true(fabs(value(o.d, "idle") - 15) < 1e-6); /* input that it knew of stays */
    finish(&o);
}

static void a_bus_that_goes_is_missed_and_one_that_comes_back_is_found(void **state)
{
    struct office o = begin(state);
    struct desk *d = o.d;

    open_it(&o);
    row(d);
    end(&o.login1);
    end(&o.daemon);
    later(d, 5 * MINUTE);
    row(d);
    assert_true(isnan(value(d, "idle")) && isnan(value(d, "focus")));
    assert_non_null(strstr(d->t->line, "rhythm: no idle time from logind: the bus"));
    unlink(at_root(d, "bus"));
    start_daemon(&o);
    start_login1(&o);
    later(d, 5 * MINUTE);
    row(d);
    assert_true(fabs(value(d, "idle") - 1500 - 600) < 1e-6);
    assert_int_equal(d->t->lines, 2);
    finish(&o);
}

static void one_that_stays_away_gives_way_after_three_rows(void **state)
{
    struct office o = begin(state);
    struct desk *d = o.d;

    open_it(&o);
    row(d);
    end(&o.login1);
    for (int i = 0; i < 2; i++) {
        row(d);
        assert_true(isnan(value(d, "idle")));
    }
    row(d);
    assert_true(value(d, "idle") == 15);
    assert_string_equal(d->t->line, "rhythm: idle time from the terminals");
    assert_int_equal(d->t->lines, 3);
    finish(&o);
}

static int64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A socket that takes connections and never says a word. */
static void a_bus_that_hangs_costs_a_quarter_of_a_second(void **state)
{
    struct desk *d = *state;
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char address[150];

    snprintf(name.sun_path, sizeof name.sun_path, "%s", at_root(d, "mute"));
    assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(fd, 5), 0);
    snprintf(address, sizeof address, "unix:path=%s", name.sun_path);
    kiri_test_option(d->t, "idle", "logind");
    kiri_test_option(d->t, "bus", address);
    desk_open(d);
    int64_t began = clock_ms();
    row(d);
    assert_in_range(clock_ms() - began, 200, 1500);
    assert_true(isnan(value(d, "idle")));
    began = clock_ms();
    look(d); /* between rows nobody waits for it */
    assert_in_range(clock_ms() - began, 0, 150);
    kiri_test_close(d->t);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_A_DESK(its_hint_is_the_idle_time),
        AT_A_DESK(nobody_since_the_start_is_missing),
        AT_A_DESK(a_bus_without_logind_gives_way_to_the_terminals),
        AT_A_DESK(the_better_source_is_taken_when_it_comes),
        AT_A_DESK(a_bus_that_goes_is_missed_and_one_that_comes_back_is_found),
        AT_A_DESK(one_that_stays_away_gives_way_after_three_rows),
        AT_A_DESK(a_bus_that_hangs_costs_a_quarter_of_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
