#include "base/child.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Copies out of the way of the numbers that they will have in the child. */
static int lift(const int *file, unsigned n, int *high)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), e = null < 0 ? errno : 0;

    for (unsigned i = 0; i < n; i++)
        high[i] = -1;
    for (unsigned i = 0; i < n && e == 0; i++) {
        high[i] = fcntl(file[i] < 0 ? null : file[i], F_DUPFD_CLOEXEC, (int)CHILD_FILES);
        if (high[i] < 0)
            e = errno;
    }
    if (null >= 0)
        close(null);
    return e;
}

static void drop(const int *high, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (high[i] >= 0)
            close(high[i]);
}

static int set_files(posix_spawn_file_actions_t *f, const int *high, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        int e = posix_spawn_file_actions_adddup2(f, high[i], (int)i);

        if (e)
            return e;
    }
    return posix_spawn_file_actions_addclosefrom_np(f, (int)n);
}

static int set_manners(posix_spawnattr_t *a)
{
    sigset_t none, all;
    int e;

    sigemptyset(&none);
    sigfillset(&all);
    if ((e = posix_spawnattr_setsigmask(a, &none)) ||
        (e = posix_spawnattr_setsigdefault(a, &all)) ||
        (e = posix_spawnattr_setpgroup(a, 0)))
        return e;
    return posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                           POSIX_SPAWN_SETPGROUP);
}

static int spawn(const char *exe, char *const argv[], const int *high, unsigned n,
                 pid_t *pid)
{
    char *env[] = { NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t manners;
    int e = posix_spawn_file_actions_init(&files);

    if (e)
        return e;
    e = posix_spawnattr_init(&manners);
    if (e)
        goto no_manners;
    if ((e = set_files(&files, high, n)) == 0 && (e = set_manners(&manners)) == 0)
        e = posix_spawn(pid, exe, &files, &manners, argv, env);
    posix_spawnattr_destroy(&manners);
no_manners:
    posix_spawn_file_actions_destroy(&files);
    return e;
}

int child_start(const char *exe, char *const argv[], const int *file, unsigned n,
                struct child *out)
{
    int high[CHILD_FILES] = { 0 }, e;

    assert(n <= CHILD_FILES);
    *out = (struct child){ .pidfd = -1 };
    e = lift(file, n, high);
    if (e == 0)
        e = spawn(exe, argv, high, n, &out->pid);
    drop(high, n);
    if (e) {
        out->pid = 0;
        return e;
    }
    out->pidfd = pidfd_open(out->pid, 0);
    if (out->pidfd >= 0)
        return 0;
    e = errno;
    kill(-out->pid, SIGKILL);
    while (waitpid(out->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    out->pid = 0;
    return e;
}

int child_ended(const struct child *c, int ms)
{
    struct pollfd p = { .fd = c->pidfd, .events = POLLIN };
    int64_t until = clock_mono(&clock_system) + ms;
    int n;

    while ((n = poll(&p, 1, ms)) < 0 && errno == EINTR) {
        int64_t left = until - clock_mono(&clock_system);

        ms = left > 0 ? (int)left : 0; /* signals may come faster than it ends */
    }
    return n > 0;
}

int child_end(struct child *c, int ms, int *status)
{
    assert(c->pid > 1); /* 0 would be our own group, 1 everybody */
    kill(-c->pid,
         SIGKILL); /* before it is waited for, the group has nobody else's name */
    if (!child_ended(c, ms))
        return -1;
    while (waitpid(c->pid, status, 0) < 0 && errno == EINTR)
        continue;
    close(c->pidfd);
    *c = (struct child){ .pidfd = -1 };
    return 0;
}

const char *child_fate(int status, char *out, size_t cap)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));

        if (name)
            snprintf(out, cap, "was killed by SIG%s", name);
        else
            snprintf(out, cap, "was killed by signal %d", WTERMSIG(status));
    } else {
        snprintf(out, cap, "ended by itself (exit code %d)", WEXITSTATUS(status));
    }
    return out;
}

void child_settle(void)
{
    static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP };
    const struct rlimit none = { 0, 0 };

    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}
