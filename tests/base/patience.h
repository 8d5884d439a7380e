/*
 * tests/base/patience.h - waiting and reading that signals may interrupt a thousand times
 * a second (RELIABILITY.md E3): the test goes on, as what it tests must.
 */
#ifndef KIRI_TESTS_BASE_PATIENCE_H
#define KIRI_TESTS_BASE_PATIENCE_H

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* As poll() of one descriptor. */
static inline int wait_for(struct pollfd *p, int ms)
{
    int64_t until = clock_mono(&clock_system) + ms;
    int n;

    while ((n = poll(p, 1, ms)) < 0 && errno == EINTR) {
        int64_t left = until - clock_mono(&clock_system);
        ms = left > 0 ? (int)left : 0;
    }
    return n;
}

/* As read(). */
static inline ssize_t read_some(int fd, void *to, size_t n)
{
    ssize_t got;

    while ((got = read(fd, to, n)) < 0 && errno == EINTR)
        continue;
    return got;
}

#endif
