/*
 * base/parallel.h - pieces of one piece of work on several threads at once.
 */
#ifndef KIRI_BASE_PARALLEL_H
#define KIRI_BASE_PARALLEL_H

#include <stdint.h>

/* CPUs that this process may use; 1 at least. */
unsigned parallel_cpus(void);

/* Runs task(arg, 0..n-1), begun in this order, on as many threads as there are CPUs, the
 * caller's one of them, and returns when all are done. Where threads cannot be started
 * fewer do the same. most: const unsigned *, threads at most; NULL: no limit. It is what
 * the engine's struct gpt_parallel asks for. */
void parallel_run(void *most, uint32_t n, void (*task)(void *arg, uint32_t i), void *arg);

#endif
