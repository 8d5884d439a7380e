/*
 * base/value.h - one value as people write it in a file, held against an option's type
 * (enum kiri_option_type) and range: "5s" is a duration in "1s..1d". What is wrong is
 * said in half a sentence for a person.
 *
 * Ranges: NUMBER, INTEGER, DURATION "lo..hi" (both inside), CHOICE "word|word" (2..32
 * words of 1..32 bytes); the others have none. NULL: no limit (CHOICE always needs one).
 */
#ifndef KIRI_BASE_VALUE_H
#define KIRI_BASE_VALUE_H

#include <stddef.h>
#include <stdint.h>

/* Does the range say something for its type? */
int value_range_ok(uint32_t type, const char *range);

/* 0, or -1 and the half sentence: "200 is not in 1..64", "soon is not a duration such as
 * 250ms, 5s, 10m or 8h". Expects a range that is ok. */
int value_check(uint32_t type, const char *range, const char *value, char *why,
                size_t cap);

/* Text from outside, fit for a terminal: control characters and bytes that are not
 * printable become \xNN; cut with "..." when it does not fit. Returns out (cap at least
 * 8). */
const char *value_show(const char *text, char *out, size_t cap);

#endif
