/*
 * notify.h - what systemd is told (sd_notify(3)), without its library: one datagram to
 * $NOTIFY_SOCKET. Nothing happens when there is none.
 */
#ifndef KIRI_NOTIFY_H
#define KIRI_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
    int fd; /* -1: nobody wants to know */
    struct sockaddr_un to;
    socklen_t to_len;
    int64_t watchdog_ms; /* how often WATCHDOG=1 must come at the latest; 0: never */
};

/* Reads NOTIFY_SOCKET (a path, or @name), WATCHDOG_USEC and WATCHDOG_PID. */
void notify_open(struct notify *n);
/* "READY=1\nSTATUS=..." Never waits; what systemd misses, it misses. */
void notify_send(const struct notify *n, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void notify_close(struct notify *n);

#endif
