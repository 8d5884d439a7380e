/*
 * base/clock.h - the two clocks of a program, behind one struct so that a test can hold
 * time.
 */
#ifndef KIRI_BASE_CLOCK_H
#define KIRI_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*now_ms)(void *ctx);  /* UTC since 1970; may jump */
    int64_t (*mono_ms)(void *ctx); /* never goes back; intervals */
    void *ctx;
};

extern const struct clock clock_system;

static inline int64_t clock_now(const struct clock *c)
{
    return c->now_ms(c->ctx);
}
static inline int64_t clock_mono(const struct clock *c)
{
    return c->mono_ms(c->ctx);
}

/* Local hour 0..23 and weekday 0..6 (Monday 0) of a UTC time: time zones live here only.
 */
void clock_local(int64_t utc_ms, int *hour, int *weekday);
/* "2026-11-21T00:55:49.123Z", always 24 bytes + NUL. */
void clock_iso(int64_t utc_ms, char out[25]);

#endif
