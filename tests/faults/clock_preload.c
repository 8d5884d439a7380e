/*
 * clock_preload - LD_PRELOAD: a wall clock that jumps (RELIABILITY.md E1).
 *
 * KIRI_CLOCK_FILE names a file whose first line is the seconds by which CLOCK_REALTIME is
 * wrong, padded to LINE bytes; whoever writes another number there moves the clock of
 * every process that runs with this library. Intervals (CLOCK_MONOTONIC) stay what they
 * are.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LINE   32
#define EXPORT __attribute__((visibility("default")))

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static const volatile char *shift; /* NULL: none */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find(void)
{
    const char *file = getenv("KIRI_CLOCK_FILE");
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    void *found = dlsym(RTLD_NEXT, "clock_gettime");

    memcpy(&real_clock_gettime, &found, sizeof found);
    if (fd < 0)
        return;
    void *map = mmap(NULL, LINE, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        shift = map;
}

static long long seconds(void)
{
    char line[LINE];

    if (!shift)
        return 0;
    for (int i = 0; i < LINE - 1; i++)
        line[i] = shift[i];
    line[LINE - 1] = '\0';
    return strtoll(line, NULL, 10);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *at)
{
    pthread_once(&once, find);
    int rc = real_clock_gettime(clock, at);
    if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        at->tv_sec += seconds();
    return rc;
}

EXPORT int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

EXPORT time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
