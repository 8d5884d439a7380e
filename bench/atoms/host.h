/*
 * bench/atoms/host.h - a host of many atoms that a bench runs: `kiri run` of this build
 * in a folder of its own, and what it needs.
 */
#ifndef KIRI_BENCH_ATOMS_HOST_H
#define KIRI_BENCH_ATOMS_HOST_H

#include "bench/child.h"

#include <stdint.h>

struct host_plan {
    unsigned atoms;   /* of one metric each, a row a second */
    unsigned backlog; /* rows that each has at once         */
    int learns;
};

struct host {
    struct child child;
    char dir[64]; /* all that it writes */
    char bus[160], control[160];
};

/* What a status says, over all atoms. */
struct host_status {
    unsigned atoms;   /* that are there         */
    unsigned trained; /* of those: have a model */
    uint64_t rows, waiting, skipped, dropped;
    uint64_t turns_skipped;
};

/* 0, or -1 after a sentence on stderr. */
int host_start(struct host *h, const struct host_plan *plan);
/* SIGTERM; its folder is gone afterwards. */
void host_stop(struct host *h);
/* 1: it runs; 0: it has ended, why is on stderr. */
int host_runs(struct host *h);
/* 0, or -1: it does not answer (yet). */
int host_ask(struct host *h, struct host_status *out);
/* Resident memory, MB, and CPU time used so far, seconds. -1: it has ended. */
double host_rss_mb(const struct host *h);
double host_cpu_s(const struct host *h);

#endif
