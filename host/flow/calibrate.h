/*
 * flow/calibrate.h - from nats to numbers that mean the same for every stream.
 *
 *   surprise (nats) -> statistic -> score (decades) -> tail (probability) -> alarm
 * (onset)
 *
 * Small pure pieces with visible state; no clock, no I/O, no threads. DESIGN.md 4 has the
 * vocabulary, docs/detection.md the explanation.
 */
#ifndef KIRI_FLOW_CALIBRATE_H
#define KIRI_FLOW_CALIBRATE_H

#include <stdint.h>

#define PAST_ROWS   8640u /* how many rows a past remembers */
#define PAST_ENOUGH 32u   /* fewer than this say nothing yet */
#define PAST_FINE   0.02  /* nats: learning moves a constant stream by as much itself */
#define QUIET_ROWS  6u    /* quiet rows that close an alarm, and that must precede one */
#define SCORE_MOST  10.0  /* decades of a Gaussian tail that a published score shows */
#define SCORE_FAR   300.0 /* decades that are told apart at all */

/* The recent past of one number: the last PAST_ROWS values, in order of arrival and
 * sorted. */
struct past {
    float *ring, *sorted; /* [cap] each, grown as needed; the owner frees by past_fini */
    uint32_t n, at, cap;  /* values held; ring index of the next; allocated  */
};
int past_add(struct past *p, float x); /* 0, or -1 when memory is short: p as before */
/* The newest value that equals x leaves; none does: nothing happens. */
void past_remove(struct past *p, float x);
/* The greatest value that is not greater than x leaves; none is: nothing happens. */
void past_remove_most(struct past *p, float x);
void past_fini(struct past *p);
/* Mean and standard deviation of what is held, summed in double in a fixed order. */
void past_moments(const struct past *p, double *mean, double *deviation);

/* Mean and deviation kept up to date in O(1) a row: Welford's update (1962) with removal,
 * summed anew each PAST_ROWS so that rounding cannot build up. */
struct gauge {
    struct past past; /* only its ring is used for the sums                             */
    double mean, m2;
    uint32_t since; /* rows since the sums were made anew                             */
};
int gauge_add(struct gauge *g, float x);
/* The sums anew, after values have left its past. */
void gauge_resum(struct gauge *g);
void gauge_fini(struct gauge *g);
/* How far out x is, in decades: -log10 of the Gaussian upper tail of (x - mean) /
 * (deviation + .01), 0..SCORE_FAR; 0 while fewer than PAST_ENOUGH rows are held. The .01
 * keeps a constant stream from calling every rounding an event. */
double gauge_score(const struct gauge *g, double x);

/* -log10 Q(z), Q the standard normal upper tail; exact to 1e-9 relative also far out,
 * where erfc underflows (asymptotic series, Abramowitz & Stegun 7.1.23). */
double decades_of_z(double z);

/* P(a value of this past >= x), in (0, 1]: (k + 1) / (n + 1) by counting; beyond the
 * largest 1/50 (or the largest 10 values when that is more) an exponential is fitted to
 * the excesses (peaks over threshold with shape 0: Pickands 1975, Balkema & de Haan
 * 1974). Its mean m is known from those k excesses only, so what is said is the
 * predictive tail, (1 + t / (k m))^-k, which few excesses keep heavy (the Pareto of an
 * exponential whose rate has Jeffreys' prior: Zellner 1971). m is PAST_FINE at least,
 * and no value is said to be rarer than those that were at least as great.
 * Never below 1e-12; 1 while fewer than PAST_ENOUGH are held. */
double past_tail(const struct past *p, double x);
/* The part of this past that is >= x, in [0, 1). */
double past_seen(const struct past *p, double x);
/* The value beyond the counted part of the tail whose past_tail is `tail`; INFINITY while
 * fewer than PAST_ENOUGH are held. */
double past_level(const struct past *p, double tail);

/* The onset logic: an alarm opens at the first row whose tail is at most `rate` after at
 * least QUIET_ROWS quiet rows, and closes after QUIET_ROWS quiet rows. */
struct alarm {
    uint32_t quiet; /* quiet rows in a row, saturating at QUIET_ROWS */
    uint32_t open;  /* 1 while open                                                     */
};
#define ALARM_START                                                                      \
    {                                                                                    \
        QUIET_ROWS, 0                                                                    \
    }
/* Returns 1 at an onset, -1 at a close, else 0. */
int alarm_step(struct alarm *a, double tail, double rate);

#endif
