/*
 * detect/row.h - from a row of cells to values and a time, with a note of what was wrong.
 */
#ifndef KIRI_DETECT_ROW_H
#define KIRI_DETECT_ROW_H

#include "detect/plan.h"

struct row {
    union kiri_value v[KIRI_MAX_FIELDS]; /* texts point into the record's cells */
    int64_t ts;        /* ms UTC, as it is; unreadable: the row before's */
    struct cell stamp; /* the time's cell; text NULL: none      */
    uint32_t flaws;
    const char *column[FLAWS]; /* of the first value that has it */
    int empty; /* 1: a value that is always there is missing: nothing can be scored */
};

struct row_clock {
    int64_t latest, previous; /* ms UTC */
    int begun;
};

void row_take(const struct plan *p, const struct binding *b, const struct record *record,
              struct row_clock *clock, struct row *out);

#endif
