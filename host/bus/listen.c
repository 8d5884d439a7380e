#include "bus/inside.h"

#include "base/clock.h"

#include <kiri/wire.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_MOST 107 /* bytes of a unix socket's path */
#define GREETING_MS 1000

/* Whoever may rename in the directory may put another socket in our place. */
static int check_directory(const char *path, struct kiri_error *err)
{
    const char *slash = strrchr(path, '/');
    char dir[SOCKET_MOST + 1] = ".";
    struct stat st;

    if (slash)
        snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (stat(dir, &st))
        return kiri_fail(err, KIRI_BAD_CONFIG, "cannot put the socket %s there: %s: %s",
                         path, dir, strerror(errno));
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "the socket's directory %s belongs to user %u, not to us: use "
                         "another path",
                         dir, (unsigned)st.st_uid);
    if (st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX))
        return kiri_fail(
            err, KIRI_BAD_CONFIG,
            "everybody may write to the socket's directory %s: chmod o-w it, or "
            "use another path",
            dir);
    return 0;
}

/* Does somebody listen there? NNG asks that, too, but leaves in the middle of the
 * greeting, which makes a listener of its own version 1.5.2 deaf for ever (nng#1518): we
 * wait for the answer. */
static int is_live(const char *path)
{
    struct pollfd p = { .fd = visit(path, SPEAKS_SUB), .events = POLLIN };

    if (p.fd < 0)
        return errno == EAGAIN; /* its queue is full: somebody is there, but busy */
    for (int64_t end = clock_mono(&clock_system) + GREETING_MS;;) {
        int64_t left = end - clock_mono(&clock_system);
        if (left <= 0 || poll(&p, 1, (int)left) >= 0 || errno != EINTR)
            break;
    }
    close(p.fd);
    return 1;
}

/* May we put our socket there? A stale one of ours is taken over by NNG; anything else
 * stays. */
static int check_path(const char *path, struct kiri_error *err)
{
    struct stat st;

    if (strlen(path) > SOCKET_MOST)
        return kiri_fail(
            err, KIRI_BAD_CONFIG,
            "the socket %s has a path of %zu bytes, more than the %d that a unix "
            "socket may have: use a shorter one",
            path, strlen(path), SOCKET_MOST);
    if (check_directory(path, err))
        return -1;
    if (lstat(path, &st))
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "%s exists and is not a socket: remove it or use another path",
                         path);
    if (st.st_uid != geteuid())
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "the socket %s belongs to user %u, not to us: use another path",
                         path, (unsigned)st.st_uid);
    if (is_live(path))
        return kiri_fail(err, KIRI_HELD, "ipc://%s is in use: another host listens there",
                         path);
    return 0;
}

/* path NULL: not a unix socket. */
static int start(nng_listener listener, const char *path, struct door *d)
{
    struct stat st;
    int rv = nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, KIRI_WIRE_MAX);

    if (rv == 0 && path)
        rv = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0600);
    if (rv == 0 && path && d) {
        snprintf(d->path, sizeof d->path, "%s", path);
        atomic_store(&d->listener, nng_listener_id(listener));
    }
    if (rv == 0)
        rv = nng_listener_start(listener, 0);
    if (rv == 0 && path && d && lstat(path, &st) == 0)
        d->inode = st.st_ino;
    return rv;
}

int bus_listen(struct gate *g, const char *url, struct door *d, struct kiri_error *err)
{
    int is_ipc = strncmp(url, "ipc://", 6) == 0;
    nng_listener listener;

    if (is_ipc && check_path(url + 6, err))
        return -1;
    int rv = nng_listener_create(&listener, g->socket, url);
    if (rv == 0) {
        rv = start(listener, is_ipc ? url + 6 : NULL, d);
        if (rv)
            nng_listener_close(listener);
    }
    if (rv == NNG_EADDRINUSE)
        return kiri_fail(err, KIRI_HELD, "%s is in use: another host listens there", url);
    if (rv)
        return kiri_fail(err, KIRI_BAD_CONFIG, "cannot listen on %s: %s", url,
                         nng_strerror(rv));
    return 0;
}
