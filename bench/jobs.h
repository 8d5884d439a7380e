/*
 * bench/jobs.h - independent pieces of work on several threads.
 */
#ifndef KIRI_BENCH_JOBS_H
#define KIRI_BENCH_JOBS_H

#include <stddef.h>

/* CPUs that this process may use; 1 at least. */
unsigned jobs_cpus(void);
/* one(ctx, i) for each i < n, in this order but side by side on `threads`. On a terminal
 * stderr tells how many are done, after `name`. 0, or what the first that failed
 * returned; then those not begun are left out. */
int jobs_run(const char *name, unsigned threads, size_t n,
             int (*one)(void *ctx, size_t i), void *ctx);
/* CPU time that the calling thread has used, seconds. */
double jobs_seconds(void);

#endif
