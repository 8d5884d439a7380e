/*
 * eval/series.h - one labelled stream in memory: what a plot shows of it, its labels, and
 * what a detector said, row by row. Read as `kiri detect` reads files: the same columns
 * are numbers, the same one has the times.
 */
#ifndef KIRI_EVAL_SERIES_H
#define KIRI_EVAL_SERIES_H

#include "detect/source.h"
#include "eval/labels.h"

#include <stdatomic.h>
#include <stdint.h>

#define SERIES_SIGNALS 6u         /* columns that are kept */
#define SERIES_ROWS    100000000u /* more are refused */

struct signal {
    char *name;
    float *x; /* [n] NaN: missing */
};
struct reason { /* of an alarm */
    uint32_t row;
    char *text;
};
struct series {
    uint32_t n, cap;
    struct signal signal[SERIES_SIGNALS];
    uint32_t n_signals;
    uint32_t more;     /* columns of numbers beyond these */
    int64_t *ts;       /* [n] ms UTC; NULL: no times */
    int64_t period_ms; /* median step at the beginning; 0: not known */
    uint8_t *odd;      /* [n] labels */
    char *label;       /* the column that they are from; NULL: windows */

    uint32_t scored;       /* rows that the detector has spoken of */
    double *score;         /* [n] */
    double *tail;          /* [n]; has_tails 0: nobody has said them */
    uint8_t *alarm, *open; /* [n]; has_alarms 0: all 0 */
    int has_alarms, has_tails;
    uint32_t from;         /* the first row behind the warm-up */
    struct reason *reason; /* [n_reasons] in order */
    uint32_t n_reasons;
};

struct series_wish {
    const char *path;
    const char *shown; /* its name in sentences */
    enum source_format format;
    const char *time;        /* as of struct detect_options */
    const char *label;       /* column; NULL: one of label_columns */
    struct windows *windows; /* instead of a column; NULL: none */
    const atomic_int *stop;  /* nonzero: give up; NULL: never */
};

/* Times, numbers and labels. 0; 1: it was told to stop; -1 and a sentence. series_free
 * either way. */
int series_read(struct series *s, const struct series_wish *wish, struct kiri_error *err);
void series_free(struct series *s);

/* A column that the rows read so far have, whatever the case of its name; -1: none. */
int64_t series_column(struct source *src, const char *name);
/* The column of labels in a file. -1 and a sentence, with what may have been meant. */
int64_t series_label(struct source *src, const char *label, struct kiri_error *err);

struct scores_wish {
    const char *path;
    enum source_format format;
    const char *score; /* column; NULL: score or anomaly_score */
    int has_threshold; /* an alarm is score >= threshold, whatever the file says */
    double threshold;
    int64_t
        warmup; /* rows that do not count; < 0: where the column state says learning */
};
/* What a detector has said of s, row by row: score and, if they are there, alarm and
 * state as `kiri detect` writes them. 0, or -1 and a sentence. */
int series_scores(struct series *s, const struct scores_wish *wish,
                  struct kiri_error *err);

/* Room for the detector's words. 0, or -1: memory is short. */
int series_expect(struct series *s);
/* The next row's. why: of an alarm, or NULL. 0, or -1: memory is short, or the stream has
 * no such row. */
struct said {
    double score, tail;
    int alarm, open, learning;
    const char *why;
};
int series_say(struct series *s, const struct said *said);

#endif
