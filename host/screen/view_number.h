/*
 * screen/view_number.h - numbers as people read them, in at most a few columns.
 */
#ifndef KIRI_SCREEN_VIEW_NUMBER_H
#define KIRI_SCREEN_VIEW_NUMBER_H

#include <stddef.h>

void number_count(double n, char *out, size_t cap); /* 1,234,567; "?" for NaN      */
void number_plain(double x, char *out, size_t cap); /* about 3 digits: 0.72 53.1 1234 */
void number_share(double p, char *out, size_t cap); /* ".66" "1.0"                 */
/* 53.1 %; of bytes 1.23 MB/s */
void number_unit(double x, const char *unit, char *out, size_t cap);
/* 50-55 %; 1.2-2.4 MB/s; -5..5 where a minus would be read wrong */
void number_range(double lo, double hi, const char *unit, char *out, size_t cap);
/* 1 row in 1,200 is this odd */
void number_tail(double tail, char *out, size_t cap);

#endif
