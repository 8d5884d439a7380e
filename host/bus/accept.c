/*
 * bus/accept.c - what NNG 1.5.2 gets wrong about those who come by a unix socket.
 *
 * A connection costs what NNG allocates for it, about 2 KiB, and NNG waits ten seconds
 * for the eight bytes of a greeting (src/transport/ipc/ipc.c): no callback tells of it
 * before, no option bounds how many wait. And one who leaves before NNG's own greeting is
 * written makes it stop listening, because it reads EPIPE as its own end (nng#1518). So
 * the places where NNG asks the kernel are ours: the dynamic linker gives libnng these
 * four functions instead of libc's.
 *
 * While SILENT_MOST visitors of one address have not greeted, the next ones are closed at
 * once (ECONNABORTED, which NNG takes as what it says). Those who are in notice nothing;
 * a newcomer tries again. And a peer who is gone is a peer who is gone (ECONNRESET).
 *
 * The symbols are the process's, so the counts are, too. Any thread.
 */
#include "bus/inside.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define SILENT_MOST 256
#define GREETING    8     /* bytes */
#define ADDRESSES   64    /* two that share a place share a bound, no more */
#define FILES       65536 /* descriptors that are watched; those beyond are not bounded */

/* Of a visitor who has not greeted: bytes that are missing, and where he came in. */
static struct {
    atomic_uchar missing, place;
} visitor[FILES];
static atomic_int silent[ADDRESSES];
static atomic_ullong closed;

/* FNV-1a of the path. */
static unsigned char place_of(const char *path, size_t len)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < len && path[i]; i++)
        h = (h ^ (unsigned char)path[i]) * 16777619u;
    return (unsigned char)(h % ADDRESSES);
}

int accept_crowded(const char *path)
{
    return atomic_load(&silent[place_of(path, SIZE_MAX)]) >= SILENT_MOST;
}

uint64_t accept_closed(void)
{
    return atomic_load(&closed);
}

/* He has greeted, or left. */
static void is_known(int fd)
{
    if (fd >= 0 && fd < FILES && atomic_exchange(&visitor[fd].missing, 0))
        atomic_fetch_sub(&silent[atomic_load(&visitor[fd].place)], 1);
}

/* n more bytes of his. Only the one thread that reads from him comes here. */
static void has_said(int fd, ssize_t n)
{
    unsigned char missing = fd >= 0 && fd < FILES ? atomic_load(&visitor[fd].missing) : 0;

    if (!missing || n <= 0)
        return;
    if (n < missing)
        atomic_store(&visitor[fd].missing, (unsigned char)(missing - n));
    else
        is_known(fd);
}

/* What was there before us: a sanitizer's, which must see what becomes of descriptors,
 * else the kernel's. */
int seen_accept(int, struct sockaddr *, socklen_t *, int) __asm__("__interceptor_accept4")
    __attribute__((weak));
int seen_close(int) __asm__("__interceptor_close") __attribute__((weak));
ssize_t seen_recvmsg(int, struct msghdr *, int) __asm__("__interceptor_recvmsg")
    __attribute__((weak));
ssize_t seen_sendmsg(int, const struct msghdr *, int) __asm__("__interceptor_sendmsg")
    __attribute__((weak));

static int real_close(int fd)
{
    return seen_close ? seen_close(fd) : (int)syscall(SYS_close, fd);
}

int accept_visitor(int listener, struct sockaddr *from, socklen_t *len) __asm__("accept")
    __attribute__((visibility("default")));
int accept_visitor(int listener, struct sockaddr *from, socklen_t *len)
{
    struct sockaddr_un at = { 0 };
    socklen_t room = sizeof at;
    int fd = seen_accept ? seen_accept(listener, from, len, SOCK_CLOEXEC)
                         : (int)syscall(SYS_accept4, listener, from, len, SOCK_CLOEXEC);

    if (fd < 0 || fd >= FILES || getsockname(fd, (struct sockaddr *)&at, &room) ||
        at.sun_family != AF_UNIX)
        return fd;
    unsigned char place = place_of(at.sun_path, sizeof at.sun_path);
    if (atomic_load(&silent[place]) >= SILENT_MOST) {
        real_close(fd);
        atomic_fetch_add(&closed, 1);
        errno = ECONNABORTED;
        return -1;
    }
    atomic_fetch_add(&silent[place], 1);
    atomic_store(&visitor[fd].place, place);
    atomic_store(&visitor[fd].missing, GREETING);
    return fd;
}

int close_file(int fd) __asm__("close") __attribute__((visibility("default")));
int close_file(int fd)
{
    is_known(fd);
    return real_close(fd);
}

ssize_t receive_message(int fd, struct msghdr *message, int flags) __asm__("recvmsg")
    __attribute__((visibility("default")));
ssize_t receive_message(int fd, struct msghdr *message, int flags)
{
    ssize_t n = seen_recvmsg ? seen_recvmsg(fd, message, flags)
                             : syscall(SYS_recvmsg, fd, message, flags);

    has_said(fd, n);
    return n;
}

ssize_t send_message(int fd, const struct msghdr *message, int flags) __asm__("sendmsg")
    __attribute__((visibility("default")));
ssize_t send_message(int fd, const struct msghdr *message, int flags)
{
    ssize_t n = seen_sendmsg ? seen_sendmsg(fd, message, flags)
                             : syscall(SYS_sendmsg, fd, message, flags);

    if (n < 0 && (errno == EPIPE || errno == ENOTCONN))
        errno = ECONNRESET;
    return n;
}
