/*
 * base/number.h - a number as printf's %.<digits>g writes it, byte for byte, in the "C"
 * locale: a tenth of the time, and numbers are most of what is written of a row.
 */
#ifndef KIRI_BASE_NUMBER_H
#define KIRI_BASE_NUMBER_H

#include <stddef.h>

#define NUMBER_CAP 32 /* bytes that any number takes with its NUL */

/* Writes x with 1..17 digits that count; returns the length. */
size_t number_write(char out[NUMBER_CAP], double x, int digits);
/* Writes x, finite, with as few digits as give it back, but 6 at least. */
size_t number_write_exact(char out[NUMBER_CAP], double x);

#endif
