/*
 * bench/detection.h - the parts of bench/detection: one for each corpus.
 */
#ifndef KIRI_BENCH_DETECTION_H
#define KIRI_BENCH_DETECTION_H

#include "bench/figures.h"

#include "base/error.h"
#include "detect/detect.h"

#define DETECTION_PATH 4096

struct detection {
    const char *data; /* the folder with the corpora */
    const char *out;  /* folder for what detect writes */
    int keep;         /* 1: it is left there */
    unsigned seeds, jobs;
};

/* Each measures its corpus and adds its figures. 0, or the exit code after a sentence to
 * stderr. */
int detection_nab(const struct detection *d, struct figures *f);
int detection_hdfs(const struct detection *d, struct figures *f);
int detection_original(const struct detection *d, struct figures *f);

/* The error to stderr; its code. */
int detection_say(const struct kiri_error *err);
/* The path of out/<seed>/<name>, whose folders are made, to path[DETECTION_PATH]. 0, or
 * -1 and a sentence. */
int detection_place(const struct detection *d, unsigned seed, const char *name,
                    char *path, struct kiri_error *err);
/* What `kiri detect` does, into the file `path`. The caller frees *report. 0, or -1 and a
 * sentence. */
int detection_detect(const struct detect_options *o, const char *path,
                     struct detect_report *report, struct kiri_error *err);
/* The file, unless it is to be kept. */
void detection_drop(const struct detection *d, const char *path);

/* Their mean and the worst (least) of them, by these names; bounds of 0 are no goals. */
struct detection_seeds {
    const char *mean, *worst, *unit;
    double least_mean, least_worst;
};
void detection_add(struct figures *f, const struct detection_seeds *as,
                   const double *seed, unsigned n);

#endif
