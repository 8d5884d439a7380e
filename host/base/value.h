/*
 * base/value.h - one value as people write it in a file, held against a kind and a range:
 * "5s" is a duration in "1s..1d". What is wrong is said in half a sentence for a person.
 *
 * Ranges: NUMBER, INTEGER, DURATION "lo..hi" (both inside), CHOICE "word|word" (2..32
 * words of 1..32 bytes); the others have none. NULL: no limit (CHOICE always needs one).
 */
#ifndef KIRI_BASE_VALUE_H
#define KIRI_BASE_VALUE_H

#include <stddef.h>

enum value_kind {
    VALUE_TEXT, /* anything */
    VALUE_NUMBER,
    VALUE_INTEGER,
    VALUE_BOOL,     /* true, false                          */
    VALUE_CHOICE,   /* one of the range's words             */
    VALUE_DURATION, /* "250ms"                              */
    VALUE_PLACE     /* path, URL or address: not empty      */
};

/* Does the range say something for its kind? */
int value_range_ok(enum value_kind kind, const char *range);

/* 0, or -1 and the half sentence: "200 is not in 1..64", "soon is not a duration such as
 * 250ms, 5s, 10m or 8h". Expects a range that is ok. */
int value_check(enum value_kind kind, const char *range, const char *value, char *why,
                size_t cap);

/* Text from outside, fit for a terminal: control characters and bytes that are not
 * printable become \xNN; cut with "..." when it does not fit. Returns out (cap at least
 * 8). */
const char *value_show(const char *text, char *out, size_t cap);

#endif
