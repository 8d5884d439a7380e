/*
 * bench/nab.h - the score of the Numenta Anomaly Benchmark (Lavin & Ahmad, "Evaluating
 * Real-time Anomaly Detection Algorithms", 2015; version 1.1 of its scorer).
 *
 * Anomalies are windows of rows. The earliest row in a window at or above the threshold
 * earns by its place, 1 at the window's beginning; a window without one costs; each row
 * outside costs, little just after a window. The first 15 % of a file (750 rows at most)
 * do not count. One threshold for all files. 0 is what a detector gets that says nothing,
 * 100 one that finds each window at its first row and nothing else.
 */
#ifndef KIRI_BENCH_NAB_H
#define KIRI_BENCH_NAB_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct nab_window {
    uint32_t first, last; /* rows, both inside */
};

struct nab_file {
    char *name;      /* "realKnownCause/nyc_taxi.csv" */
    uint32_t rows;   /* without the header            */
    uint32_t judged; /* the first row that counts     */
    uint32_t n_windows;
    struct nab_window *window; /* [n_windows], in order */
};

struct nab {
    struct nab_file *file; /* [n], by name */
    size_t n;
};

/* Which rows the labels mean: reads dir/labels/combined_windows.json and the times in
 * dir/data/. 0, or -1 and a sentence; nab_free either way. */
int nab_open(struct nab *nab, const char *dir, struct kiri_error *err);
void nab_free(struct nab *nab);
/* What counts of a file of `rows` rows begins here. */
uint32_t nab_probation(uint32_t rows);

/* What a found window earns, what a row outside and a window not found cost. */
struct nab_profile {
    double found, outside, missed;
};
extern const struct nab_profile nab_standard, nab_low_fp, nab_low_fn;

/* The sigmoid by which places are judged: 1 far before 0, 0 there, -1 far behind. */
double nab_sigmoid(double place);

/* The score with the best threshold, which goes to *at (may be NULL), or with this one.
 * score[i][r] is the detector's of row r of nab->file[i]. NaN: memory is short. */
double nab_swept(const struct nab *nab, double *const *score,
                 const struct nab_profile *profile, double *at);
double nab_fixed(const struct nab *nab, double *const *score,
                 const struct nab_profile *profile, double threshold);

#endif
