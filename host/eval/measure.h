/*
 * eval/measure.h - all figures of one labelled stream, and of many together. Pure.
 */
#ifndef KIRI_EVAL_MEASURE_H
#define KIRI_EVAL_MEASURE_H

#include "eval/events.h"
#include "eval/rank.h"

#include <stddef.h>
#include <stdint.h>

/* What a detector said of a stream, and what is true. Rows before `from` were its
 * warm-up: nothing of them counts. */
struct judged {
    uint32_t n, from;
    const double *score; /* [n] */
    const double *rare;  /* [n] what alarms go by, small is odd: tails; NULL: the score */
    const uint8_t *odd;  /* [n] the labels */
    const uint8_t *alarm; /* [n] 1 in the row that opens one; NULL: there are none */
    const uint8_t *open;  /* [n] 1 in the rows of an alarm; with alarm             */
    const int64_t *ts;    /* [n] ms; NULL: no times                                */
    int64_t period_ms;    /* between rows; 0: not known                            */
    double per_row;       /* the budget: alarms promised a normal row; 0: none     */
};

struct measures {
    uint32_t rows, judged, odd; /* odd: of those judged */
    uint32_t events;
    double auroc, ap, vus;              /* NaN where there is nothing to tell apart */
    struct best rows_best, events_best; /* oracles; on the score */
    int by_tail;    /* 1: the threshold of events_best is on rare, at or below it */
    int has_alarms; /* 0: what follows is 0 or NaN */
    uint32_t alarms, right, found;
    double precision, recall, f1;                /* of alarms and events */
    double rows_precision, rows_recall, rows_f1; /* of rows in which an alarm was open */
    double delay_rows, delay_ms;                 /* medians over the found events */
    double days;     /* that the normal rows last; NaN without times */
    double promised; /* false alarms, for these normal rows; NaN without a budget */
};

/* Of each event: rows and ms from its first row to the alarm. */
struct delay {
    uint32_t rows;
    int64_t ms;
};
struct delays {
    struct delay *at; /* [n], of found events only */
    uint32_t n;
};

/* events and met are of all rows from j->from on, as rows of the stream; the caller frees
 * all three. 0, or -1: memory is short. */
struct measured {
    struct measures m;
    struct spans events;
    uint32_t *met; /* [events.n] the row in which an alarm found it, or EVENT_MISSED */
    struct delays delays;
};
int measure(const struct judged *j, uint32_t buffer, struct measured *out);
void measured_free(struct measured *m);

/* Many streams. mean: of those where the figure is a number; all: as if the rows, or the
 * events, of all streams were one stream's. */
struct mean {
    double value; /* NaN when of none */
    uint32_t of;  /* streams */
};
struct overall {
    uint32_t streams;
    struct mean auroc, ap, vus, rows_best, events_best, f1;
    struct measures all; /* vus, events_best: NaN */
};
/* The streams' scores and labels, for what is ranked together. 0, or -1. */
int measure_all(const struct judged *const *j, const struct measured *const *m, size_t n,
                struct overall *out);

double median(double *x, size_t n); /* sorts; NaN of none */

#endif
