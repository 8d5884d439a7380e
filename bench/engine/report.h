/*
 * bench/engine/report.h - what the rounds have measured, as figures and as a table.
 */
#ifndef KIRI_BENCH_ENGINE_REPORT_H
#define KIRI_BENCH_ENGINE_REPORT_H

#include "bench/engine/plans.h"
#include "bench/engine/rounds.h"
#include "bench/figures.h"

#include <stdio.h>

enum { OBSERVE_CLASSIC, OBSERVE_PULSE, OBSERVED };

/* One workload, by round. */
struct report_line {
    double us[ROUNDS_MOST];       /* of a unit                              */
    double floor[ROUNDS_MOST];    /* the same, by that moment's peak        */
    double multiple[ROUNDS_MOST]; /* the one by the other                   */
    double peer[ROUNDS_MOST];     /* how many times as long the peer takes  */
};

struct report {
    unsigned rounds;
    const char *isa;  /* the kernels that computed */
    const char *set;  /* whose peak it is       */
    const char *peer; /* what it is; NULL: none */
    struct report_line line[PLANS];
    double gflops[ROUNDS_MOST];
    double l1_read[ROUNDS_MOST], l1_write[ROUNDS_MOST]; /* GB/s */
    double l2_read[ROUNDS_MOST], l2_write[ROUNDS_MOST];
    double pulse500[ROUNDS_MOST];          /* ms */
    double observe[OBSERVED][ROUNDS_MOST]; /* us of an observation */
    unsigned long requests;                /* for memory, while something was measured */
    double alone_mb;
};

/* Sorts what it is given. 0, or 74. */
int report_print(struct report *r, enum figures_form form, FILE *out);

#endif
