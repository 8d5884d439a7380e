/* child_test.c - a child starts clean, is watched, and ends with all that it started. */
#include "patience.h"
#include "test.h"

#include "base/child.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* What `sh -c script` writes to its descriptor 1. */
static int run(const char *script, char *said, size_t cap)
{
    char shell[] = "sh", flag[] = "-c", *text = strdup(script);
    char *argv[] = { shell, flag, text, NULL };
    struct child c;
    size_t len = 0;
    int ends[2], status = -1;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const int files[] = { -1, ends[1], -1 };
    assert_int_equal(child_start("/bin/sh", argv, files, 3, &c), 0);
    close(ends[1]);
    for (ssize_t n; (n = read_some(ends[0], said + len, cap - 1 - len)) > 0;)
        len += (size_t)n;
    said[len] = '\0';
    close(ends[0]);
    assert_int_equal(child_ended(&c, 5000), 1);
    assert_int_equal(child_end(&c, 1000, &status), 0);
    assert_int_equal(c.pid, 0);
    free(text);
    return status;
}

static void it_has_nothing_but_what_it_was_given(void **state)
{
    char said[512];
    int extra = open("/dev/null", O_RDONLY);
    (void)state;

    setenv("SECRET", "1", 1);
    assert_int_equal(run("echo \"[$SECRET]\"; for n in 0 1 2 3 4 5 6 7 8 9 10 11 12; do "
                         "[ -e /proc/$$/fd/$n ] && printf '%s ' $n; done; true",
                         said, sizeof said),
                     0);
    assert_string_equal(said, "[]\n0 1 2 ");
    close(extra);
}

static void it_is_told_how_it_ended(void **state)
{
    static const struct {
        const char *script, *fate;
    } cases[] = {
        { "exit 0", "ended by itself (exit code 0)" },
        { "exit 3", "ended by itself (exit code 3)" },
        { "kill -SEGV $$", "was killed by SIGSEGV" },
        { "kill -40 $$", "was killed by signal 40" },
    };
    char said[8], fate[64];
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(child_fate(run(cases[i].script, said, sizeof said), fate,
                                       sizeof fate),
                            cases[i].fate);
}

static void what_it_has_started_ends_with_it(void **state)
{
    char shell[] = "sh", flag[] = "-c", text[] = "sleep 100 & echo; wait", byte;
    char *argv[] = { shell, flag, text, NULL };
    struct child c;
    int ends[2], status;
    (void)state;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const int files[] = { -1, ends[1], -1 };
    assert_int_equal(child_start("/bin/sh", argv, files, 3, &c), 0);
    close(ends[1]);
    assert_int_equal(read_some(ends[0], &byte, 1), 1);
    assert_int_equal(child_ended(&c, 0), 0);
    assert_int_equal(child_end(&c, 1000, &status), 0);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(read_some(ends[0], &byte, 1), 0); /* nobody has the pipe any more */
    close(ends[0]);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void files_of_low_numbers_do_not_get_in_each_others_way(void **state)
{
    char said[64];
    (void)state;

    int zero = dup(0), one = dup(1), two = dup(2);
    close(0);
    close(2);
    int status =
        run("echo fine", said, sizeof said); /* its pipe has the numbers 0 and 2 */
    dup2(zero, 0);
    dup2(two, 2);
    close(zero);
    close(one);
    close(two);
    assert_int_equal(status, 0);
    assert_string_equal(said, "fine\n");
}

static void what_cannot_be_run_is_an_errno(void **state)
{
    char name[] = "x", *argv[] = { name, NULL };
    struct child c;
    (void)state;

    assert_int_equal(child_start("/nowhere/x", argv, NULL, 0, &c), ENOENT);
    assert_int_equal(c.pid, 0);
}

static void hear_nothing(int number)
{
    (void)number;
}

/* E3: each signal interrupts the wait, and none makes it longer. */
static void a_wait_ends_in_time_while_signals_interrupt_it(void **state)
{
    const struct sigaction heard = { .sa_handler = hear_nothing };
    const struct itimerval often = { .it_interval.tv_usec = 1000,
                                     .it_value.tv_usec = 1000 };
    const struct itimerval never = { .it_interval.tv_usec = 0 };
    char shell[] = "sleep", time[] = "30";
    char *argv[] = { shell, time, NULL };
    const int files[] = { -1, -1, -1 };
    struct sigaction before;
    struct child c;
    int status = -1;
    (void)state;

    assert_int_equal(child_start("/bin/sleep", argv, files, 3, &c), 0);
    int64_t began = clock_mono(&clock_system);
    sigaction(SIGALRM, &heard, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    int ended = child_ended(&c, 50);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(ended, 0);
    assert_in_range(clock_mono(&clock_system) - began, 50, 5000);
    assert_int_equal(child_end(&c, 1000, &status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_nothing_but_what_it_was_given),
        cmocka_unit_test(it_is_told_how_it_ended),
        cmocka_unit_test(what_it_has_started_ends_with_it),
        cmocka_unit_test(files_of_low_numbers_do_not_get_in_each_others_way),
        cmocka_unit_test(what_cannot_be_run_is_an_errno),
        cmocka_unit_test(a_wait_ends_in_time_while_signals_interrupt_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
