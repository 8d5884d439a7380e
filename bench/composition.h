/*
 * bench/composition.h - one drawn workstation through KIRI's streams: three weeks of two
 * atoms, of one that reads what both read, and of the molecules of them.
 */
#ifndef KIRI_BENCH_COMPOSITION_H
#define KIRI_BENCH_COMPOSITION_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define COMPOSITION_BUDGET .001 /* a row */

/* By what the rows of the third week are ranked. */
enum composed_by {
    COMPOSED_PULSE, /* atoms alone, by the tails of their rows */
    COMPOSED_RHYTHM,
    COMPOSED_JOINT,
    COMPOSED_MAX,      /* the odder of pulse and rhythm */
    COMPOSED_SUM,      /* their surprises' sum: nats as they are */
    COMPOSED_MOLECULE, /* of pulse and rhythm */
    COMPOSED_THREE,    /* of all three */
    COMPOSED_WAYS
};

struct composed {
    size_t n;                     /* rows of the third week */
    unsigned char *label;         /* [n]: 0 normal, 1 pulse's, 2 rhythm's, 3 of both */
    double *score[COMPOSED_WAYS]; /* [n] each */
    double level[COMPOSED_WAYS];  /* that the second week's rows reach at the budget */
};

/* DIR has train.csv, calibrate.csv, test.csv with columns ts C M D S L N I A label. 0, or
 * -1 and a sentence; free *out either way. */
int composition_run(const char *dir, uint64_t seed, struct composed *out,
                    struct kiri_error *err);
void composed_free(struct composed *c);

#endif
