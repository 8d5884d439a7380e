#include "bus/inside.h"

#include <kiri/wire.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_MOST 107 /* bytes of a unix socket's path */

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
    return 0;
}

int bus_listen(nng_socket socket, const char *url, struct kiri_error *err)
{
    int is_ipc = strncmp(url, "ipc://", 6) == 0;
    nng_listener listener;

    if (is_ipc && check_path(url + 6, err))
        return -1;
    int rv = nng_listener_create(&listener, socket, url);
    if (rv == 0)
        rv = nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, KIRI_WIRE_MAX);
    if (rv == 0 && is_ipc)
        rv = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0600);
    if (rv == 0)
        rv = nng_listener_start(listener, 0);
    if (rv == NNG_EADDRINUSE)
        return kiri_fail(err, KIRI_HELD, "%s is in use: another host listens there", url);
    if (rv)
        return kiri_fail(err, KIRI_BAD_CONFIG, "cannot listen on %s: %s", url,
                         nng_strerror(rv));
    return 0;
}
