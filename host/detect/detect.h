/*
 * detect/detect.h - rows of a file through a stream, a row of CSV out for each row in,
 * never looking ahead: what `kiri detect` does.
 *
 * The first rows (at most the warm-up) are held back while the columns are looked at;
 * from then on each row is read, scored and written before the next. Memory does not grow
 * with the file. The same file, options and seed give the same bytes.
 */
#ifndef KIRI_DETECT_DETECT_H
#define KIRI_DETECT_DETECT_H

#include "base/buf.h"
#include "base/error.h"
#include "detect/flaws.h"
#include "detect/row.h"
#include "detect/source.h"
#include "flow/stream.h"
#include "replay/output.h"

#include <kiri/schema.h>

#include <stdint.h>

#define DETECT_WARMUP      750u
#define DETECT_SHARE       0.15 /* of a file's rows, when that is fewer */
#define DETECT_TEXT_BUDGET 0.003
#define DETECT_ROW_BUDGET  0.001

struct detect_progress {
    uint64_t rows;       /* written */
    uint64_t read, size; /* bytes of the file being read; size 0: not known */
    const char *doing;   /* "counting", "learning"; NULL: scoring */
    double part;         /* of a learning that takes long, 0..1 */
};

/* A row of the input that is through. */
struct detect_row {
    const struct plan *plan;
    const struct row *row;
    const struct verdict *v; /* NULL: it had nothing that could be scored */
    enum stream_state state; /* after it                                  */
};

struct detect_options {
    const char *input, *train; /* "-": standard input; train NULL: none              */
    enum source_format format;
    const char *time;    /* column; NULL: look for it; "-": none             */
    const char *without; /* column that is not looked at: labels; NULL: none */
    const char *schema;  /* a file in JSON; NULL: infer it */
    uint64_t warmup;     /* rows; 0: by share                                 */
    double share;        /* of the rows; 0: DETECT_SHARE, at most DETECT_WARMUP */
    double per_second;   /* budget by time; 0: none                           */
    double per_row;      /* budget by rows; 0: none. Neither: the default     */
    int64_t hold_ms;     /* as of struct stream_options; needs times          */
    uint64_t seed;
    /* Called now and then; nonzero gives up. */
    int (*progress)(void *ctx, const struct detect_progress *p);
    void (*each)(void *ctx, const struct detect_row *row); /* in order; may be NULL */
    void *ctx;
};

struct detect_report {
    uint64_t rows;     /* in and out                                          */
    uint64_t trained;  /* of --train                                          */
    uint64_t scored;   /* by a trained model                                  */
    uint64_t alarms;   /* onsets                                              */
    uint64_t lessons;  /* learnings                                           */
    uint64_t warmup;   /* rows before the first                               */
    uint64_t clamped;  /* rows with a value outside of a given schema's range */
    int64_t period_ms; /* 0: no times                                         */
    double per_row;    /* the budget as it was used                           */
    struct flaws flaws;
    struct buf remarks; /* sentences, one a line; detect_report_free           */
};
void detect_report_free(struct detect_report *r);

/* Writes to out, which the caller keeps or drops; NULL: nowhere. 0; 1: progress gave up;
 * -1 and a sentence. *report is filled in each case. */
int detect_run(const struct detect_options *o, struct output *out,
               struct detect_report *report, struct kiri_error *err);

#endif
