/*
 * bench/engine/count.h - how often this program has asked for memory: malloc, calloc,
 * realloc and their kin, as the linker wraps them.
 */
#ifndef KIRI_BENCH_ENGINE_COUNT_H
#define KIRI_BENCH_ENGINE_COUNT_H

/* Requests so far, of all threads. */
unsigned long count_requests(void);

#endif
