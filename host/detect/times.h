/*
 * detect/times.h - times and numbers as they stand in files. Pure. Spaces around are
 * fine; text[len] must be NUL.
 */
#ifndef KIRI_DETECT_TIMES_H
#define KIRI_DETECT_TIMES_H

#include <stddef.h>
#include <stdint.h>

/* A time to ms UTC: "2014-04-01 00:00:00", "2014-04-01T00:00:00.5Z", "2014/04/01 0:05",
 * "2014-04-01", an offset such as +02:00 or none (UTC); or a number since 1970: seconds
 * (with a fraction), and from 1e11, 1e14, 1e17 on milli-, micro- or nanoseconds. 0, or
 * -1: it is no time of the years 1970 to 9999. */
int times_parse(const char *text, size_t len, int64_t *ms);

/* A decimal number to *x: 0. Infinity, or what is as large: 1. Nothing, or a word for it
 * (NaN, NA, null, none, "-", "?"): 2. Else -1. Beyond +-1e150 it is +-1e150. */
int times_number(const char *text, size_t len, double *x);

#endif
