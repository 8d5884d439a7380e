/*
 * bench/original.h - the original's checks. A folder has one for each drawn life, in it
 * pulse.csv and drift.csv (columns by the fields' symbols). The classic languages learn
 * the life; then one observation after BOS: how many times as surprising as a normal one
 * is a strange one, and how many of the life's rows are less surprising than two whose
 * CPU and memory are strange only together?
 *
 * Beside KIRI an order-2 Markov chain (engine/counts.h) that reads the same words, each
 * observation a sentence of its own.
 */
#ifndef KIRI_BENCH_ORIGINAL_H
#define KIRI_BENCH_ORIGINAL_H

#include "bench/figures.h"

#include <stddef.h>

#define ORIGINAL_LIVES 64u /* folders of names up to 15 bytes */

struct original_outcome;

struct original {
    const char *dir; /* outlives it */
    char life[ORIGINAL_LIVES][16];
    size_t lives, seeds;
    struct original_outcome *out; /* [ways][lives][seeds], of peers one seed */
};

/* 0, or -1: dir has no folder. */
int original_open(struct original *o, const char *dir, unsigned seeds);
void original_close(struct original *o);
/* Learns and checks everything on `jobs` threads. 0, or the exit code after a sentence
 * to stderr. */
int original_measure(struct original *o, unsigned jobs);
/* each_life: with the figures of every life. */
void original_figures(const struct original *o, int each_life, struct figures *f);

#endif
