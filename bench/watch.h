/*
 * bench/watch.h - one number a minute, scored as `kiri detect` scores it at its defaults.
 */
#ifndef KIRI_BENCH_WATCH_H
#define KIRI_BENCH_WATCH_H

#include "flow/stream.h"

#include <stdint.h>

struct watch;

/* per_row: the budget, as P that a row opens an alarm. NULL: memory is short. */
struct watch *watch_new(uint64_t seed, double per_row);
void watch_free(struct watch *w); /* NULL is fine */
/* The next minute's value. Its verdict, until the next; NULL: memory is short. */
const struct verdict *watch_push(struct watch *w, double x);

#endif
