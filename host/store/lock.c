/*
 * store/lock.c - who owns a state directory.
 *
 * An open-file-description lock, not a pid file: nothing is stale after a SIGKILL, and
 * the descriptor may pass from thread to thread (fcntl(2), "Open file description
 * locks").
 */
#include "store/lock.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define PID_FIELD                                                                        \
    12 /* "1234       \n": always the same length, replaced by one write                 \
        */

/* The pid in the file when such a process lives, else 0: a holder that has just taken the
 * lock may not have written its own yet. */
static long read_holder(int fd)
{
    char text[PID_FIELD + 1] = "";
    long pid;

    if (pread(fd, text, PID_FIELD, 0) <= 0)
        return 0;
    pid = strtol(text, NULL, 10);
    if (pid <= 0 || (kill((pid_t)pid, 0) && errno == ESRCH))
        return 0;
    return pid;
}

static int fail_held(int fd, const char *dir, struct kiri_error *err)
{
    const struct timespec moment = { .tv_nsec = 5000000 };
    long pid = 0;

    for (int i = 0; i < 20 && !(pid = read_holder(fd)); i++)
        nanosleep(&moment, NULL);
    if (!pid)
        return kiri_fail(err, KIRI_HELD,
                         "state directory %s is held by another process; stop it or use "
                         "another `state:`",
                         dir);
    return kiri_fail(
        err, KIRI_HELD,
        "state directory %s is held by pid %ld; stop it or use another `state:`", dir,
        pid);
}

int lock_take(const char *dir, struct kiri_error *err)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char path[4096], pid[PID_FIELD + 1];
    int fd, rc;

    if (snprintf(path, sizeof path, "%s/lock", dir) >= (int)sizeof path)
        return kiri_fail(err, KIRI_NO_WRITE,
                         "state directory %.64s...: the path is too long", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0 && errno == EROFS && (fd = open(dir, O_RDONLY | O_CLOEXEC)) >= 0) {
        log_warn("state directory %s is read-only, and so not locked", dir);
        return fd;
    }
    if (fd < 0)
        return kiri_fail(err, KIRI_NO_WRITE, "cannot open %s: %s", path, strerror(errno));
    do
        rc = fcntl(fd, F_OFD_SETLK, &whole);
    while (rc && errno == EINTR);
    if (rc) {
        if (errno == EAGAIN || errno == EACCES)
            fail_held(fd, dir, err);
        else
            kiri_fail(err, KIRI_NO_WRITE, "cannot lock %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    /* For people only: the lock holds also when a full disk keeps the pid out of the
     * file. */
    snprintf(pid, sizeof pid, "%-*ld\n", PID_FIELD - 1, (long)getpid());
    if (pwrite(fd, pid, PID_FIELD, 0) != PID_FIELD)
        log_warn("cannot write this process's pid into %s: %s", path, strerror(errno));
    return fd;
}
