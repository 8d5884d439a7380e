#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_now(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_mono(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC);
}

const struct clock clock_system = { system_now, system_mono, NULL };

/* Seconds, rounded down also before 1970. */
static time_t seconds(int64_t ms)
{
    return (time_t)(ms / 1000 - (ms % 1000 < 0));
}

void clock_local(int64_t utc_ms, int *hour, int *weekday)
{
    time_t t = seconds(utc_ms);
    struct tm tm;

    if (!localtime_r(&t, &tm)) {
        *hour = 0;
        *weekday = 0;
        return;
    }
    *hour = tm.tm_hour;
    *weekday = (tm.tm_wday + 6) % 7;
}

void clock_iso(int64_t utc_ms, char out[25])
{
    time_t t = seconds(utc_ms);
    int ms = (int)(utc_ms % 1000);
    struct tm tm;

    if (ms < 0)
        ms += 1000;
    if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
        tm = (struct tm){ .tm_year = 70, .tm_mday = 1 };
    snprintf(out, 25, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)(tm.tm_mon + 1) % 100u,
             (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
             (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u,
             (unsigned)ms % 1000u);
}
