/*
 * cell_faults_test.c - what a cell survives and what not, and that neither costs its host
 * anything (RELIABILITY B1, B2, B3).
 */
#include "../base/patience.h"
#include "cell_life.h"

#include "base/clock.h"
#include "load/cell_backoff.h"

#include <poll.h>
#include <signal.h>

static const struct {
    const char *mode, *where, *sentence;
} ends[] = {
    { "segv", "collect", "its cell was killed by SIGSEGV in collect(); next try in " },
    { "abort", "collect", "its cell was killed by SIGABRT in collect(); next try in " },
    { "exit", "collect",
      "its cell ended by itself (exit code 3) in collect(); next try" },
    { "fork", "collect", "its cell was killed by SIGSEGV in collect(); next try in " },
    { "fdleak", "collect", "its cell was killed by SIGABRT in collect(); next try in " },
#if !SANITIZED /* which has no limit */
    { "leak", "collect", "its cell was killed by SIGSEGV in collect(); next try in " },
#endif
    { "spin", "collect",
      "its cell was ended in collect(): not done within 2 s; next try" },
    { "segv", "open", "its cell was killed by SIGSEGV in open(); next try in " },
    { "exit", "open", "its cell ended by itself (exit code 3) in open(); next try in " },
};

static void b1_b2_b3_what_ends_a_cell_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        life_behave(ends[i].mode, ends[i].where, "1");
        struct life l = life_isolated(CELL_HELPER, ATOM("caged"));
        int64_t began = clock_mono(&clock_system);
        int rc = life_open(&l);

        if (rc == KIRI_OK) {
            assert_int_equal(life_collect(&l), KIRI_OK);
            began = clock_mono(&clock_system);
            rc = life_collect(&l);
        }
        assert_int_equal(rc, KIRI_EIO);
        life_says(&l, ends[i].sentence);
        assert_in_range(l.trouble.wait_ms, 800, 1200);
        assert_in_range(clock_mono(&clock_system) - began, 0, 4000);
        no_children_left();
        life_end(&l);
    }
}

static void b1_an_end_between_callbacks_is_noticed_by_its_fd(void **state)
{
    struct pollfd p = { .events = POLLIN };
    (void)state;

    struct life l = life_behaving("well", "collect", "0");
    p.fd = l.atom->fd(l.self);
    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_int_equal(wait_for(&p, 50), 0);
    kill(plugin_pid(l.plugin, l.self), SIGKILL);
    assert_int_equal(wait_for(&p, 2000), 1);
    assert_int_equal(life_collect(&l), KIRI_EIO);
    life_says(&l, "its cell was killed by SIGKILL; next try in ");
    assert_int_equal(plugin_pid(l.plugin, l.self), 0);
    assert_int_equal(wait_for(&p, 50), 0); /* nothing to hear of it until its next life */
    life_end(&l);
}

static void b1_it_is_started_again_when_that_is_due_with_its_small_state(void **state)
{
    (void)state;
    struct life l = life_behaving("segv", "collect", "1");
    struct pollfd p = { .fd = l.atom->fd(l.self), .events = POLLIN };

    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_true(l.v[0].num < 1.5);
    assert_int_equal(life_collect(&l), KIRI_EIO);
    int64_t wait = l.trouble.wait_ms;
    world.mono += wait - 1;
    assert_int_equal(life_collect(&l), KIRI_EIO); /* not yet */
    assert_int_equal(l.trouble.wait_ms, 1);
    assert_int_equal(plugin_pid(l.plugin, l.self), 0);
    world.mono += 1;
    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_string_equal(l.trouble.why, "");
    assert_true(l.v[0].num > 1.5); /* its second life */
    assert_true(l.v[1].num < 1.5); /* its first row */
    assert_true(plugin_pid(l.plugin, l.self) > 0);
    assert_int_equal(p.fd, l.atom->fd(l.self));
    kill(plugin_pid(l.plugin, l.self), SIGKILL);
    assert_int_equal(wait_for(&p, 2000), 1); /* which hears the second life, too */
    life_end(&l);
}

static void b1_five_failures_in_ten_minutes_are_the_end(void **state)
{
    static const int64_t pauses[] = { 1000, 2000, 4000, 8000 };
    (void)state;

    struct life l = life_behaving("segv", "collect", "0");
    for (size_t i = 0; i < COUNT(pauses); i++) {
        assert_int_equal(life_collect(&l), KIRI_EIO);
        assert_in_range(l.trouble.wait_ms, pauses[i] * 8 / 10, pauses[i] * 12 / 10);
        world.mono += l.trouble.wait_ms;
    }
    assert_int_equal(life_collect(&l), KIRI_EBUG);
    life_says(
        &l,
        "its cell was killed by SIGSEGV in collect(); it failed 5 times in 10 min and "
        "is not started again until a reload");
    world.mono += 1000000000;
    assert_int_equal(life_collect(&l), KIRI_EBUG);
    no_children_left();
    life_end(&l);
}

static void b1_failures_in_open_count_over_all_tries(void **state)
{
    (void)state;
    life_behave("exit", "open", "0");
    struct life l = life_isolated(CELL_HELPER, ATOM("caged"));

    for (int i = 0; i < 4; i++) {
        assert_int_equal(life_open(&l), KIRI_EIO);
        world.mono += l.trouble.wait_ms;
    }
    assert_int_equal(life_open(&l), KIRI_EBUG);
    life_end(&l);
}

static void a_close_that_hangs_or_crashes_ends_with_its_cell(void **state)
{
    static const char *const modes[] = { "spin", "segv", "well" };
    (void)state;

    for (size_t i = 0; i < COUNT(modes); i++) {
        struct life l = life_behaving(modes[i], "close", "0");
        assert_int_equal(life_collect(&l), KIRI_OK);
        life_end(&l); /* no child is left */
    }
}

static void another_schema_in_its_next_life_is_not_taken(void **state)
{
    (void)state;
    struct life l = life_behaving("another", "collect", "1");

    assert_int_equal(life_collect(&l), KIRI_OK);
    assert_int_equal(life_collect(&l), KIRI_EIO);
    world.mono += l.trouble.wait_ms;
    assert_int_equal(life_collect(&l), KIRI_EBUG);
    life_says(&l, "its cell started again with another schema: kiri reload takes it");
    life_end(&l);
}

/* KiB that are resident. */
static long resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size, pages;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &size, &pages), 2);
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static void lives_leave_no_descriptor_and_no_memory(void **state)
{
    int lives = getenv("KIRI_FULL") ? 1000 : 50;
    unsigned files = 0;
    long memory = 0;
    (void)state;

    struct life l = life_behaving("segv", "collect", "0");
    for (int i = 0; i < lives; i++) {
        assert_int_equal(life_collect(&l), KIRI_EIO);
        if (i == 10) {
            files = open_files();
            memory = resident();
        }
        world.mono += CELL_WINDOW_MS; /* so that none is the fifth */
    }
    assert_int_equal(open_files(), files);
    if (!SANITIZED) /* which keeps freed memory for a while */
        assert_in_range(resident(), 0, memory + 128);
    life_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b1_b2_b3_what_ends_a_cell_is_said),
        cmocka_unit_test(b1_an_end_between_callbacks_is_noticed_by_its_fd),
        cmocka_unit_test(b1_it_is_started_again_when_that_is_due_with_its_small_state),
        cmocka_unit_test(b1_five_failures_in_ten_minutes_are_the_end),
        cmocka_unit_test(b1_failures_in_open_count_over_all_tries),
        cmocka_unit_test(a_close_that_hangs_or_crashes_ends_with_its_cell),
        cmocka_unit_test(another_schema_in_its_next_life_is_not_taken),
        cmocka_unit_test(lives_leave_no_descriptor_and_no_memory),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
