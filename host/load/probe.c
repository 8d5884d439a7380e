/*
 * probe.c - the parent's side of a probe: start, read, wait, and no longer than allowed.
 */
#include "load/probe.h"

#include "base/child.h"
#include "base/clock.h"
#include "load/image.h"
#include "load/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The image's descriptor in the child. */
#define CHILD_IMAGE_PATH "/proc/self/fd/3"

#define END_MS 1000 /* in which a killed probe is gone, unless the kernel holds it */

struct probing {
    struct child child;
    int out; /* what it writes; -1 after its end */
};

/* 0 in, the answer out, silence on stderr, the image on 3, nothing else. */
static int start(const char *exe, int image, struct probing *c, struct kiri_error *err)
{
    char command[] = "probe", path[] = CHILD_IMAGE_PATH, *name = strdup(exe);
    char *argv[] = { name, command, path, NULL };
    int ends[2], e;

    if (!name || pipe2(ends, O_CLOEXEC)) {
        e = name ? errno : ENOMEM;
        free(name);
        return kiri_fail(err, KIRI_INTERNAL, "no pipe to a probe: %s", strerror(e));
    }
    const int files[] = { -1, ends[1], -1, image };
    e = fcntl(ends[0], F_SETFL, O_NONBLOCK) ? errno : 0;
    if (e == 0)
        e = child_start(exe, argv, files, sizeof files / sizeof *files, &c->child);
    free(name);
    close(ends[1]);
    c->out = ends[0];
    if (e == 0)
        return 0;
    close(ends[0]);
    return kiri_fail(err, KIRI_INTERNAL, "no probe can be started (%s): %s", exe,
                     strerror(e));
}

/* Takes what is there now. -1 when it is more than a probe may say. */
static int drain(struct probing *c, struct buf *answer)
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
static int listen_to(struct probing *c, int deadline_ms, struct buf *answer,
                     struct kiri_error *err)
{
    int64_t until = clock_mono(&clock_system) + deadline_ms;

    for (;;) {
        struct pollfd fds[] = { { .fd = c->child.pidfd, .events = POLLIN },
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
static int finish(struct probing *c, int *status, struct kiri_error *err)
{
    if (c->out >= 0)
        close(c->out);
    if (child_end(&c->child, END_MS, status) == 0)
        return 0;
    close(c->child.pidfd);
    return kiri_fail(err, KIRI_BAD_DATA,
                     "it hangs in the kernel when it is opened, and cannot be ended");
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
    struct probing c = { 0 };
    struct buf answer = { 0 };
    int rc, status;

    *out = (struct plugin_probe){ 0 };
    if (start(exe, image, &c, err))
        return -1;
    rc = listen_to(&c, deadline_ms, &answer, err);
    if (finish(&c, &status, rc ? NULL : err))
        rc = -1;
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
