/*
 * bus/accept.c - a bound on those who come and say nothing.
 *
 * A connection costs what NNG allocates for it, about 2 KiB, and NNG waits ten seconds
 * for its greeting; no callback tells of it before (nng 1.5.2: src/transport/ipc/ipc.c),
 * and no option bounds how many wait. So the one place where NNG asks the kernel for a
 * visitor is ours: the dynamic linker gives libnng this accept() instead of libc's. While
 * more than SILENT_MOST of an address's visitors of the last seconds have not greeted,
 * its next ones are closed at once (ECONNABORTED, which NNG takes as what it says).
 * Those who are in notice nothing; a newcomer tries again.
 *
 * The symbol is the process's, so the counts are, too. Any thread.
 */
#include "bus/inside.h"

#include "base/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define SILENT_MOST 256
#define WINDOW      12 /* seconds: NNG's patience, and one that is not over yet */
#define ADDRESSES   64 /* two that share a place share a bound, no more */

/* Those who came, less those who greeted, in each second of the window. */
static struct {
    atomic_llong second;
    atomic_int silent;
} place[ADDRESSES][WINDOW];
static atomic_ullong closed;

/* FNV-1a of a path. */
static unsigned place_of_path(const char *path, size_t len)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < len && path[i]; i++)
        h = (h ^ (unsigned char)path[i]) * 16777619u;
    return h % ADDRESSES;
}

static unsigned place_of_port(uint16_t port)
{
    return port % ADDRESSES;
}

/* Where this connection came in. */
static unsigned place_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } at = { 0 };
    socklen_t len = sizeof at;

    if (getsockname(fd, &at.any, &len))
        return 0;
    switch (at.any.sa_family) {
    case AF_UNIX: return place_of_path(at.un.sun_path, sizeof at.un.sun_path);
    case AF_INET: return place_of_port(at.in.sin_port);
    case AF_INET6: return place_of_port(at.in6.sin6_port);
    default: return 0;
    }
}

static int64_t seconds(void)
{
    return clock_mono(&clock_system) / 1000;
}

/* This second's count, from 0 if what stands there is of a window ago. */
static atomic_int *count_now(unsigned p)
{
    long long second = seconds(), was = atomic_load(&place[p][second % WINDOW].second);

    if (was != second &&
        atomic_compare_exchange_strong(&place[p][second % WINDOW].second, &was, second))
        atomic_store(&place[p][second % WINDOW].silent, 0);
    return &place[p][second % WINDOW].silent;
}

static int crowded(unsigned p)
{
    long long second = seconds();
    int silent = 0;

    for (int i = 0; i < WINDOW; i++)
        if (second - atomic_load(&place[p][i].second) < WINDOW)
            silent += atomic_load(&place[p][i].silent);
    return silent > SILENT_MOST;
}

int accept_crowded(const char *path)
{
    return crowded(place_of_path(path, SIZE_MAX));
}

void accept_greeted(nng_pipe pipe)
{
    nng_sockaddr at;
    unsigned p = 0;

    if (nng_pipe_get_addr(pipe, NNG_OPT_LOCADDR, &at))
        return;
    if (at.s_family == NNG_AF_IPC)
        p = place_of_path(at.s_ipc.sa_path, sizeof at.s_ipc.sa_path);
    else if (at.s_family == NNG_AF_INET)
        p = place_of_port(at.s_in.sa_port);
    else if (at.s_family == NNG_AF_INET6)
        p = place_of_port(at.s_in6.sa_port);
    else
        return; /* inproc: nobody was accepted */
    atomic_fetch_sub(count_now(p), 1);
}

uint64_t accept_closed(void)
{
    return atomic_load(&closed);
}

int accept_visitor(int listener, struct sockaddr *from, socklen_t *len) __asm__("accept")
    __attribute__((visibility("default")));
int accept_visitor(int listener, struct sockaddr *from, socklen_t *len)
{
    int fd = (int)syscall(SYS_accept4, listener, from, len, SOCK_CLOEXEC);

    if (fd < 0)
        return fd;
    unsigned p = place_of(fd);
    if (crowded(p)) {
        close(fd);
        atomic_fetch_add(&closed, 1);
        errno = ECONNABORTED;
        return -1;
    }
    atomic_fetch_add(count_now(p), 1);
    return fd;
}
