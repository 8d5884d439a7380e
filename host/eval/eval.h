/*
 * eval/eval.h - labelled streams through the same detection as `kiri detect`, or through
 * nobody's where scores are there already, and measured: what `kiri eval` does.
 *
 * Streams are independent: each is a job of a pool of threads. What comes of them is the
 * same whatever their number. All rows are kept, some 30 bytes each, for the figures of
 * all together and for the plots.
 */
#ifndef KIRI_EVAL_EVAL_H
#define KIRI_EVAL_EVAL_H

#include "base/buf.h"
#include "base/error.h"
#include "detect/detect.h"
#include "eval/corpus.h"
#include "eval/measure.h"
#include "eval/series.h"

#define EVAL_THREADS 256u /* at most */

struct eval_progress {
    size_t done, streams;
    uint64_t rows; /* scored so far, of all */
};

struct eval_options {
    struct corpus_wish corpus;
    struct detect_options detect; /* input, format, progress and each are not looked at */
    int has_format;               /* else by the files' names */
    enum source_format format;
    const char *score; /* as of struct scores_wish */
    int has_threshold;
    double threshold;
    uint32_t buffer; /* rows, of VUS-PR */
    unsigned jobs;   /* threads; 0: as many as CPUs */
    /* Called now and then by the thread that called eval_run; nonzero gives up. */
    int (*progress)(void *ctx, const struct eval_progress *p);
    void *ctx;
};

/* One stream. */
struct trial {
    struct series series;
    struct judged judged; /* points into series */
    struct measured measured;
    struct detect_report report; /* rows 0: the scores were there */
};
struct eval {
    struct corpus corpus;
    struct trial *trial; /* [corpus.n] */
    struct overall all;
    struct buf remarks; /* sentences, one a line */
};

/* 0; 1: progress gave up; -1 and a sentence. eval_free in each case. */
int eval_run(const struct eval_options *o, struct eval *out, struct kiri_error *err);
void eval_free(struct eval *e);

#endif
