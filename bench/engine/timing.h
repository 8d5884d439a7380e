/*
 * bench/engine/timing.h - how long a unit of work takes, and what of many measurements is
 * told.
 */
#ifndef KIRI_BENCH_ENGINE_TIMING_H
#define KIRI_BENCH_ENGINE_TIMING_H

#include "bench/engine/work.h"

/* Microseconds of a unit from a fresh model on: the best of bursts of 2 ms or more, in
 * which every window comes equally often; about `seconds` in all, three bursts at least.
 * Adds to *requests how often memory was asked for meanwhile. -1: memory. */
double timing_us(struct work *w, const struct gpt_parallel *par, double seconds,
                 unsigned long *requests);

struct spread {
    double median, least, most;
};
/* n >= 1 values. x is sorted. */
struct spread timing_spread(double *x, size_t n);

#endif
