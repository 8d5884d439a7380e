/*
 * probe.c - the parent's side of a probe: start, read, wait, and no longer than allowed.
 * posix_spawn and never fork: NNG panics in a forked child.
 */
#include "load/probe.h"

#include "base/clock.h"
#include "load/image.h"
#include "load/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* The image's descriptor in the child. */
#define CHILD_IMAGE      3
#define CHILD_IMAGE_PATH "/proc/self/fd/3"

struct child {
    pid_t pid;
    int pidfd; /* readable when it has ended */
    int out;   /* what it writes; -1 after its end */
};

/* 0 in, the answer out, silence on stderr, the image on 3, nothing else. */
static int set_files(posix_spawn_file_actions_t *f, int image, int answer)
{
    return posix_spawn_file_actions_addopen(f, 0, "/dev/null", O_RDONLY, 0) ||
           posix_spawn_file_actions_adddup2(f, answer, 1) ||
           posix_spawn_file_actions_addopen(f, 2, "/dev/null", O_WRONLY, 0) ||
           posix_spawn_file_actions_adddup2(f, image, CHILD_IMAGE) ||
           posix_spawn_file_actions_addclosefrom_np(f, CHILD_IMAGE + 1);
}

/* No signal is blocked or ignored, and it leads a group of its own: its children go with
 * it. */
static int set_manners(posix_spawnattr_t *a)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    return posix_spawnattr_setsigmask(a, &none) ||
           posix_spawnattr_setsigdefault(a, &all) || posix_spawnattr_setpgroup(a, 0) ||
           posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                           POSIX_SPAWN_SETPGROUP);
}

static int spawn(const char *exe, int image, int answer, pid_t *pid)
{
    char command[] = "probe", path[] = CHILD_IMAGE_PATH, *env[] = { NULL };
    char *name = strdup(exe), *argv[] = { name, command, path, NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t manners;
    int e = ENOMEM;

    if (!name)
        return ENOMEM;
    if (posix_spawn_file_actions_init(&files))
        goto no_files;
    if (posix_spawnattr_init(&manners))
        goto no_manners;
    if (set_files(&files, image, answer) == 0 && set_manners(&manners) == 0)
        e = posix_spawn(pid, exe, &files, &manners, argv, env);
    posix_spawnattr_destroy(&manners);
no_manners:
    posix_spawn_file_actions_destroy(&files);
no_files:
    free(name);
    return e;
}

static int start(const char *exe, int image, struct child *c, struct kiri_error *err)
{
    int ends[2], e;

    if (pipe2(ends, O_CLOEXEC))
        return kiri_fail(err, KIRI_INTERNAL, "no pipe to a probe: %s", strerror(errno));
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK)) {
        e = errno;
        goto fail;
    }
    e = spawn(exe, image, ends[1], &c->pid);
    if (e)
        goto fail;
    close(ends[1]);
    c->out = ends[0];
    c->pidfd = pidfd_open(c->pid, 0);
    if (c->pidfd >= 0)
        return 0;
    e = errno;
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(c->out);
    return kiri_fail(err, KIRI_INTERNAL, "a probe cannot be watched: %s", strerror(e));

fail:
    close(ends[0]);
    close(ends[1]);
    return kiri_fail(err, KIRI_INTERNAL, "no probe can be started (%s): %s", exe,
                     strerror(e));
}

/* Takes what is there now. -1 when it is more than a probe may say. */
static int drain(struct child *c, struct buf *answer)
{
    char bytes[4096];

    while (c->out >= 0) {
        ssize_t got = read(c->out, bytes, sizeof bytes);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return 0;
        if (got <= 0) {
            close(c->out);
            c->out = -1;
            return 0;
        }
        if (answer->len + (size_t)got > PROBE_MOST_ANSWER)
            return -1;
        buf_put(answer, bytes, (size_t)got);
    }
    return 0;
}

/* Reads until the child has ended. */
static int listen_to(struct child *c, int deadline_ms, struct buf *answer,
                     struct kiri_error *err)
{
    int64_t until = clock_mono(&clock_system) + deadline_ms;

    for (;;) {
        struct pollfd fds[] = { { .fd = c->pidfd, .events = POLLIN },
                                { .fd = c->out, .events = POLLIN } };
        int64_t left = until - clock_mono(&clock_system);

        if (left <= 0)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "it did not finish opening within %d.%d s",
                             deadline_ms / 1000, deadline_ms / 100 % 10);
        if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
            return kiri_fail(err, KIRI_INTERNAL, "a probe cannot be watched: %s",
                             strerror(errno));
        if (drain(c, answer))
            return kiri_fail(err, KIRI_BAD_DATA, "its probe answered more than %u KiB",
                             PROBE_MOST_ANSWER / 1024);
        if (fds[0].revents)
            return 0;
    }
}

/* The child and what it started, gone; its status. */
static int finish(struct child *c)
{
    int status = 0;

    kill(-c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(c->pidfd);
    if (c->out >= 0)
        close(c->out);
    return status;
}

static int judge(int status, const struct buf *answer, struct plugin_probe *out,
                 struct kiri_error *err)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));

        return kiri_fail(err, KIRI_BAD_DATA, "it crashed when it was opened (SIG%s)",
                         name ? name : "?");
    }
    if (answer->len == 0)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "it ended the process when it was opened (exit code %d)",
                         WEXITSTATUS(status));
    return probe_parse(answer->data, answer->len, out, err);
}

int probe_image(const char *exe, int image, int deadline_ms, struct plugin_probe *out,
                struct kiri_error *err)
{
    struct child c = { 0 };
    struct buf answer = { 0 };
    int rc, status;

    *out = (struct plugin_probe){ 0 };
    if (start(exe, image, &c, err))
        return -1;
    rc = listen_to(&c, deadline_ms, &answer, err);
    status = finish(&c);
    if (rc == 0)
        rc = judge(status, &answer, out, err);
    buf_free(&answer);
    return rc;
}

int plugin_probe(const char *exe, const char *path, struct plugin_probe *out,
                 struct kiri_error *err)
{
    int image, rc;

    *out = (struct plugin_probe){ 0 };
    if (strcmp(path, REMOTE_PATH) == 0)
        return remote_probe(out, err);
    image = image_open(path, err);
    if (image < 0)
        return kiri_fail_in(err, "%s", path);
    rc = probe_image(exe, image, PROBE_DEADLINE_MS, out, err);
    close(image);
    return rc ? kiri_fail_in(err, "%s", path) : 0;
}
