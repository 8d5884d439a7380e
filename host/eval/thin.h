/*
 * eval/thin.h - a long stream as few points as a plot needs: rows in buckets of equal
 * size, of each the smallest and the greatest value and the greatest score, so that no
 * spike is lost. Pure.
 */
#ifndef KIRI_EVAL_THIN_H
#define KIRI_EVAL_THIN_H

#include "base/json.h"
#include "eval/measure.h"
#include "eval/series.h"

/* Rows a bucket, so that there are at most `most` buckets. */
uint32_t thin_bucket(uint32_t rows, uint32_t most);

/*
 * Writes one stream as the report's script reads it, an object of
 *   n, k        rows, rows a bucket
 *   from        the first row that was judged
 *   t           null, or [ms of row 0, [[ms to the next bucket's first row, how
 * often]...], ms of the last row] name        [signals] x           [signals] of a value
 * each bucket, where k is 1; else lo, hi      [signals] of a value each bucket each; null
 * where all are missing s           greatest score in each bucket events      [[first
 * row, last row, row of the alarm that found it or -1]...] alarms      [[row, 1 if it was
 * right else 0, why or null]...] open        [[first row, last row]...] in which an alarm
 * was open Events and alarms are those of rows from `from` on, all of them, whatever k.
 */
void thin_write(const struct series *s, const struct measured *m, uint32_t most,
                struct jsonw *j);

#endif
