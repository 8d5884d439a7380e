/*
 * bench/trials.h - a bench that is a few trials over several seeds: its options, the
 * threads, its figures.
 */
#ifndef KIRI_BENCH_TRIALS_H
#define KIRI_BENCH_TRIALS_H

#include "bench/figures.h"

struct trials {
    unsigned seeds;
    void *trial; /* [seeds * each] of `size` bytes, zeroed before the first */
};

struct trials_plan {
    const char *name;
    size_t each, size; /* trials a seed, bytes a trial */
    /* Trial i < seeds * each of the struct trials `ctx`, on a thread of its own. 0, -1:
     * memory is short. */
    int (*one)(void *ctx, size_t i);
    void (*figures)(const struct trials *t, struct figures *f);
};

/* The whole program `name [--seeds N] [--jobs N] [--json | --markdown]`: its exit code.
 */
int trials_main(int argc, char **argv, const struct trials_plan *plan);

#endif
