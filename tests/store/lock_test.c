/*
 * One host a state directory.
 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/kiri-lock-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
    char path[80];

    (void)state;
    snprintf(path, sizeof path, "%s/lock", dir);
    unlink(path);
    return rmdir(dir);
}

/* A child that takes the lock, says 'y' or 'n' on the pipe and, if it won, lives on. */
static pid_t start_rival(const int start[2], int say)
{
    pid_t child = fork();

    if (!child) {
        char go;
        ssize_t n;
        int fd;

        close(start[1]);
        n = TEMP_FAILURE_RETRY(read(start[0], &go, 1));
        fd = n ? -1 : lock_take(dir, NULL);
        n = write(say, fd < 0 ? "n" : "y", 1);
        if (fd < 0 || n != 1)
            _exit(0);
        for (;;)
            pause();
    }
    return child;
}

static void of_twenty_at_once_one_wins_and_a_kill_frees_it(void **state)
{
    enum { RIVALS = 20 };
    pid_t child[RIVALS];
    int start[2], said[2], won = 0, fd, ends;
    char word[RIVALS];
    size_t heard = 0;

    (void)state;
    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(said), 0);
    for (int i = 0; i < RIVALS; i++)
        child[i] = start_rival(start, said[1]);
    close(start[1]); /* all of them read the end of the pipe at once */
    while (heard < RIVALS) {
        ssize_t n = TEMP_FAILURE_RETRY(read(said[0], word + heard, RIVALS - heard));
        assert_true(n > 0);
        heard += (size_t)n;
    }
    for (int i = 0; i < RIVALS; i++)
        won += word[i] == 'y';
    assert_int_equal(won, 1);
    assert_int_equal(lock_take(dir, NULL), -1);

    for (int i = 0; i < RIVALS; i++) {
        kill(child[i], SIGKILL);
        TEMP_FAILURE_RETRY(waitpid(child[i], &ends, 0));
    }
    fd = lock_take(dir, NULL);
    assert_true(fd >= 0);
    close(fd);
    close(start[0]);
    close(said[0]);
    close(said[1]);
}

static void the_loser_is_told_who_holds_it(void **state)
{
    struct kiri_error err;
    char pid[32];
    int fd = lock_take(dir, &err);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(lock_take(dir, &err), -1); /* in the same process, too */
    assert_int_equal(err.code, KIRI_HELD);
    snprintf(pid, sizeof pid, "held by pid %ld;", (long)getpid());
    assert_non_null(strstr(err.text, pid));
    assert_non_null(strstr(err.text, dir));
    assert_non_null(strstr(err.text, "`state:`"));
    close(fd);
}

/* A number left by a process long gone is never shown. */
static void a_dead_pid_is_not_named(void **state)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    struct kiri_error err;
    char path[80];
    int fd;

    (void)state;
    snprintf(path, sizeof path, "%s/lock", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "2147483646 \n", 12, 0), 12);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
    assert_int_equal(lock_take(dir, &err), -1);
    assert_int_equal(err.code, KIRI_HELD);
    assert_non_null(strstr(err.text, "held by another process"));
    close(fd);
}

static void no_directory_and_a_link_are_refused(void **state)
{
    struct kiri_error err;
    char path[80];

    (void)state;
    assert_int_equal(lock_take("/nonexistent/kiri", &err), -1);
    assert_int_equal(err.code, KIRI_NO_WRITE);
    assert_non_null(strstr(err.text, "/nonexistent/kiri/lock"));
    snprintf(path, sizeof path, "%s/lock", dir);
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(lock_take(dir, &err), -1);
    assert_int_equal(err.code, KIRI_NO_WRITE);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_twenty_at_once_one_wins_and_a_kill_frees_it),
        cmocka_unit_test(the_loser_is_told_who_holds_it),
        cmocka_unit_test(a_dead_pid_is_not_named),
        cmocka_unit_test(no_directory_and_a_link_are_refused),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
