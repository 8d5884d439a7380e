/*
 * bench/f1.h - how well a threshold on scores tells odd rows from normal ones: F1, the
 * harmonic mean of precision and recall.
 */
#ifndef KIRI_BENCH_F1_H
#define KIRI_BENCH_F1_H

#include <stddef.h>

struct f1_row {
    double score; /* no NaN */
    int odd;
};

/* F1 when rows with score >= threshold are called odd; 0 when none is and was. */
double f1_at(const struct f1_row *r, size_t n, double threshold);
/* The threshold with the best F1, of equal ones the highest; INFINITY without odd rows.
 * Sorts, the greatest score first. */
double f1_best(struct f1_row *r, size_t n);

#endif
