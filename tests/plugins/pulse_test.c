/* pulse_test.c - pulse.so on a machine that can be read, made up and real. */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

static void a_machine_reads_as_its_files_say(void **state)
{
    struct machine *m = *state;
    struct statvfs v;

    assert_int_equal(collect(m, 0), KIRI_OK);
    show(m, "after");
    assert_int_equal(collect(m, 5000), KIRI_OK);
    EXPECT(m, { "cpu", 35 }, /* 700 of 2000 ticks; guest time is user time */
           { "memory", 75 }, { "swap", 25 }, { "load", .5 }, /* 2.00 on 4 CPUs */
           { "rx", 100000 }, { "tx", 10000 },                /* lo not counted */
           { "diskio", 512000 }, /* sda, nvme0n1, nvme0n10; no partition, no md */
           { "pcpu", 20 }, { "pmem", .1 }, { "pio", 5 });
    assert_int_equal(statvfs(m->root, &v), 0);
    double used = (double)(v.f_blocks - v.f_bfree);
    assert_true(fabs(value(m, "disk") - 100 * used / (used + (double)v.f_bavail)) < 1);
    assert_true(value(m, "hour") < 0); /* the host's to fill in */
}

static void the_first_row_has_no_rates(void **state)
{
    struct machine *m = *state;

    assert_int_equal(collect(m, 0), KIRI_OK);
    EXPECT(m, { "cpu", NAN }, { "rx", NAN }, { "tx", NAN }, { "diskio", NAN },
           { "pcpu", NAN }, { "pmem", NAN }, { "pio", NAN }, { "memory", 50 },
           { "swap", 0 }, { "load", .25 });
}

static void a_rate_is_by_the_clock_that_never_jumps(void **state)
{
    struct machine *m = *state;

    collect(m, 0);
    show(m, "after");
    m->host.now_ms -= 86400000; /* somebody set the clock */
    collect(m, 10000);
    EXPECT(m, { "rx", 50000 }, { "pcpu", 10 }, { "diskio", 256000 }, { "cpu", 35 });
}

static void nothing_moved_is_the_floor_not_missing(void **state)
{
    struct machine *m = *state;

    collect(m, 0);
    collect(m, 5000);
    EXPECT(m, { "rx", 1 }, { "tx", 1 }, { "diskio", 100 }, { "pcpu", .1 },
           { "cpu", NAN }); /* no tick passed: no telling */
}

static void no_time_passed_is_no_rate(void **state)
{
    struct machine *m = *state;

    collect(m, 0);
    show(m, "after");
    collect(m, 0);
    EXPECT(m, { "rx", NAN }, { "tx", NAN }, { "diskio", NAN }, { "pio", NAN });
}

static void a_counter_that_went_backwards_is_missing_once(void **state)
{
    struct machine *m = *state;

    show(m, "after");
    collect(m, 0);
    show(m, "before");
    collect(m, 5000);
    EXPECT(m, { "cpu", NAN }, { "rx", NAN }, { "tx", NAN }, { "diskio", NAN },
           { "pcpu", NAN }, { "pio", NAN }, { "memory", 50 });
    show(m, "after");
    collect(m, 5000);
    EXPECT(m, { "cpu", 35 }, { "rx", 100000 }, { "tx", 10000 }, { "diskio", 512000 },
           { "pcpu", 20 }, { "pio", 5 });
}

static void a_rate_needs_both_its_readings(void **state)
{
    struct machine *m = *state;

    collect(m, 0);
    drop(m->proc, "net/dev");
    collect(m, 5000);
    EXPECT(m, { "rx", NAN });
    show(m, "after");
    collect(m, 5000);
    EXPECT(m, { "rx", NAN }, { "cpu", 35 }); /* nothing known of 5 s ago */
    collect(m, 5000);
    EXPECT(m, { "rx", 1 });
}

static void one_cpu_is_one_cpu(void **state)
{
    struct machine *m = *state;

    put(m->proc, "stat", "cpu  100 0 100 800\ncpu0 100 0 100 800\nintr 5\n");
    collect(m, 0);
    put(m->proc, "stat", "cpu  150 0 150 800\ncpu0 150 0 150 800\nintr 9\n");
    put(m->proc, "loadavg", "1.50 0.90 0.62 3/421 5124\n");
    collect(m, 1000);
    EXPECT(m, { "cpu", 100 }, { "load", 1.5 });
}

static void many_cpus_do_not_fit_one_read(void **state)
{
    struct machine *m = *state;
    static char text[64000];
    size_t n = 0;

    n += (size_t)sprintf(text + n, "cpu  100 0 100 800 0 0 0 0 0 0\n");
    for (int i = 0; i < 800; i++)
        n += (size_t)sprintf(text + n, "cpu%d 1000000 0 1000000 800000 0 0 0 0 0 0\n", i);
    n += (size_t)sprintf(text + n, "intr");
    while (n < sizeof text - 10)
        n += (size_t)sprintf(text + n, " 7");
    put(m->proc, "stat", text);
    put(m->proc, "loadavg", "400.00 0.90 0.62 3/421 5124\n");
    collect(m, 0);
    EXPECT(m, { "load", .5 });
}

static void a_machine_without_swap_misses_it(void **state)
{
    struct machine *m = *state;

    put(m->proc, "meminfo",
        "MemTotal: 1000 kB\nMemAvailable: 900 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    collect(m, 0);
    EXPECT(m, { "swap", NAN }, { "memory", 10 });
}

static void memory_is_of_the_limit_where_there_is_one(void **state)
{
    static const struct {
        const char *max, *current, *stat;
        double memory;
    } cases[] = {
        { "max\n", "1\n", NULL, 50 },            /* none                             */
        { "99999999999999\n", "1\n", NULL, 50 }, /* more than there is               */
        { "1073741824\n", "805306368\n", NULL, 75 }, /* 768 MiB of 1 GiB */
        { "1073741824\n", "805306368\n", "anon 5\ninactive_file 268435456\n", 50 },
        { "1073741824\n", "2073741824\n", NULL, 100 },
        { "1073741824\n", NULL, NULL,
          NAN }, /* the machine's figure would be wrong here */
        { "", "1\n", NULL, 50 },
    };
    struct machine *m = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        put(m->sys, "fs/cgroup/memory.max", cases[i].max);
        put(m->sys, "fs/cgroup/memory.current", cases[i].current ? cases[i].current : "");
        put(m->sys, "fs/cgroup/memory.stat", cases[i].stat ? cases[i].stat : "");
        collect(m, 0);
        EXPECT(m, { "memory", cases[i].memory });
    }
}

static void only_the_interfaces_asked_for_are_counted(void **state)
{
    static const struct {
        const char *interfaces;
        double rx;
    } cases[] = {
        { "eth0", 80000 },
        { "wlan0", 20000 },
        { "eth0 wlan0", 100000 },
        { "eth0,wlan0", 100000 },
        { " eth0, wlan0 ", 100000 },
        { "lo", 1800000 },
        { "eth", NAN },
        { "eth00", NAN },
        { " , ", 100000 },
    };
    struct machine *m = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        kiri_test_option(&m->host, "interfaces", cases[i].interfaces);
        show(m, "before");
        collect(m, 0);
        show(m, "after");
        collect(m, 5000);
        EXPECT(m, { "rx", cases[i].rx });
        pulse->close(m->self);
        m->self = NULL;
    }
}

static void this_machine_can_be_read(void **state)
{
    static const struct {
        const char *name;
        double lo, hi;
    } cases[] = {
        { "memory", 1, 100 },
        { "disk", 0, 100 },
        { "load", .05, 1000 },
    };
    struct machine m;
    (void)state;

    memset(&m, 0, sizeof m);
    kiri_test_init(&m.host, pulse);
    assert_int_equal(collect(&m, 0), KIRI_OK);
    for (int i = 0; i < 100; i++) /* until ticks have passed */
        assert_int_equal(collect(&m, 1000), KIRI_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        double x = value(&m, cases[i].name);
        if (!(x >= cases[i].lo && x <= cases[i].hi))
            fail_msg("%s is %g", cases[i].name, x);
    }
    double cpu = value(&m, "cpu");
    assert_true(isnan(cpu) || (cpu >= 0 && cpu <= 100));
    pulse->close(m.self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_MACHINE(a_machine_reads_as_its_files_say),
        ON_A_MACHINE(the_first_row_has_no_rates),
        ON_A_MACHINE(a_rate_is_by_the_clock_that_never_jumps),
        ON_A_MACHINE(nothing_moved_is_the_floor_not_missing),
        ON_A_MACHINE(no_time_passed_is_no_rate),
        ON_A_MACHINE(a_counter_that_went_backwards_is_missing_once),
        ON_A_MACHINE(a_rate_needs_both_its_readings),
        ON_A_MACHINE(one_cpu_is_one_cpu),
        ON_A_MACHINE(many_cpus_do_not_fit_one_read),
        ON_A_MACHINE(a_machine_without_swap_misses_it),
        ON_A_MACHINE(memory_is_of_the_limit_where_there_is_one),
        ON_A_MACHINE(only_the_interfaces_asked_for_are_counted),
        cmocka_unit_test(this_machine_can_be_read),
    };

    return machine_load_pulse() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
