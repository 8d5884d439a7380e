/*
 * bench/engine/observe.h - from values to a score, through the stream that the host and
 * `kiri detect` drive: tokens, window, nats, calibration, verdict.
 */
#ifndef KIRI_BENCH_ENGINE_OBSERVE_H
#define KIRI_BENCH_ENGINE_OBSERVE_H

#include <kiri/schema.h>

struct observe;
/* Learns a generated history of this language; NULL: memory. */
struct observe *observe_new(const struct kiri_schema *schema);
void observe_free(struct observe *o); /* NULL is fine */
/* Microseconds of one row, the mean of a burst of 200 more, the best of so many bursts;
 * learning turns are passed over. -1: memory. */
double observe_us(struct observe *o, unsigned bursts);

#endif
