/*
 * base/units.h - how people write quantities: "250ms" "5s" "10m" "8h" "7d" "2w", "64MiB"
 * "2GB", "25%", "1/day". Each returns 0, or -1 and leaves the result alone; nothing may
 * follow.
 */
#ifndef KIRI_BASE_UNITS_H
#define KIRI_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

int units_number(const char *s, double *out); /* finite decimal                   */
int units_integer(const char *s, int64_t *out);
int units_duration_ms(const char *s, int64_t *out); /* ms s m min h d w y; >= 0 */
int units_bytes(const char *s, int64_t *out); /* B kB MB GB TB, KiB MiB GiB TiB    */
int units_share(const char *s, double *out);  /* "25%" or ".25" -> 0..1            */
/* "1/day" "6/h" "2/week" ".5/day" "1/min" -> events per second, > 0; "1/24h" too */
int units_rate(const char *s, double *per_second);
void units_duration_print(int64_t ms, char *out,
                          size_t cap); /* "1m 30s", "250 ms", "3d 4h" */

/* The nearest of words[n] by edit distance (transposition counts 1), or NULL when none is
 * near enough (at most 2, and less than half of the word): for "did you mean". */
const char *units_nearest(const char *word, const char *const *words, size_t n);

#endif
