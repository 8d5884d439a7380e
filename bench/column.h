/*
 * bench/column.h - the numbers of one column of a CSV file.
 */
#ifndef KIRI_BENCH_COLUMN_H
#define KIRI_BENCH_COLUMN_H

#include "base/error.h"

#include <stdint.h>

/* The file has to have `rows` rows, with a number or nothing (NaN) in this column. 0, or
 * -1 and a sentence. */
int column_read(const char *path, const char *column, double *out, uint32_t rows,
                struct kiri_error *err);

#endif
