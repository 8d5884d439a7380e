#include "base/value.h"

#include "base/units.h"

#include <kiri/option.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MOST_WORDS 32u
#define WORD_CAP   33u /* bytes of a word and its NUL */
#define SHOWN      72u

/* What it should be when it is none. */
static const char *expected(uint32_t type)
{
    return type == KIRI_OPT_DURATION ? "a duration such as 250ms, 5s, 10m or 8h"
                                     : kiri_option_what(type);
}

/* A number, integer or duration as a number that can be compared. */
static int measure(uint32_t type, const char *s, double *x)
{
    int64_t whole;

    if (type == KIRI_OPT_NUMBER)
        return units_number(s, x);
    if (type == KIRI_OPT_INTEGER ? units_integer(s, &whole)
                                 : units_duration_ms(s, &whole))
        return -1;
    *x = (double)whole;
    return 0;
}

static int bounds(uint32_t type, const char *range, double *lo, double *hi)
{
    const char *dots = strstr(range, "..");
    char first[64];

    if (!dots || (size_t)(dots - range) >= sizeof first)
        return -1;
    memcpy(first, range, (size_t)(dots - range));
    first[dots - range] = '\0';
    if (measure(type, first, lo) || measure(type, dots + 2, hi) || *lo > *hi)
        return -1;
    return 0;
}

/* The words of "a|b|c" into word[]; how many, or 0 when it is no such list. */
static unsigned words(const char *range, char word[MOST_WORDS][WORD_CAP])
{
    unsigned n = 0;

    for (;;) {
        size_t len = strcspn(range, "|");

        if (len == 0 || len >= WORD_CAP || n == MOST_WORDS)
            return 0;
        memcpy(word[n], range, len);
        word[n][len] = '\0';
        for (unsigned i = 0; i < n; i++)
            if (strcmp(word[i], word[n]) == 0)
                return 0;
        n++;
        if (range[len] == '\0')
            return n;
        range += len + 1;
    }
}

int value_range_ok(uint32_t type, const char *range)
{
    char word[MOST_WORDS][WORD_CAP];
    double lo, hi;

    switch (type) {
    case KIRI_OPT_CHOICE: return range && words(range, word) >= 2;
    case KIRI_OPT_NUMBER:
    case KIRI_OPT_INTEGER:
    case KIRI_OPT_DURATION: return !range || bounds(type, range, &lo, &hi) == 0;
    default: return !range;
    }
}

static int check_choice(const char *range, const char *value, char *why, size_t cap)
{
    char word[MOST_WORDS][WORD_CAP], shown[SHOWN];
    const char *list[MOST_WORDS];
    unsigned n = words(range, word);

    for (unsigned i = 0; i < n; i++) {
        if (strcmp(word[i], value) == 0)
            return 0;
        list[i] = word[i];
    }
    const char *near = units_nearest(value, list, n);
    snprintf(why, cap, "%s is not one of %s%s%s%s",
             value_show(value, shown, sizeof shown), range,
             near ? ", did you mean `" : "", near ? near : "", near ? "`?" : "");
    return -1;
}

static int check_measure(uint32_t type, const char *range, const char *value, char *why,
                         size_t cap)
{
    char shown[SHOWN];
    double x, lo, hi;

    value_show(value, shown, sizeof shown);
    if (measure(type, value, &x)) {
        snprintf(why, cap, "%s is not %s%s%s", shown, expected(type), range ? " in " : "",
                 range ? range : "");
        return -1;
    }
    if (range && bounds(type, range, &lo, &hi) == 0 && (x < lo || x > hi)) {
        snprintf(why, cap, "%s is not in %s", shown, range);
        return -1;
    }
    return 0;
}

int value_check(uint32_t type, const char *range, const char *value, char *why,
                size_t cap)
{
    char shown[SHOWN];

    switch (type) {
    case KIRI_OPT_CHOICE:
        if (*value)
            return check_choice(range, value, why, cap);
        snprintf(why, cap, "it is empty; say one of %s", range);
        return -1;
    case KIRI_OPT_NUMBER:
    case KIRI_OPT_INTEGER:
    case KIRI_OPT_DURATION:
        if (*value)
            return check_measure(type, range, value, why, cap);
        break;
    case KIRI_OPT_BOOL:
        if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
            return 0;
        if (*value == '\0')
            break;
        snprintf(why, cap, "%s is not true or false",
                 value_show(value, shown, sizeof shown));
        return -1;
    default:
        if (*value || !kiri_option_is_place(type))
            return 0;
        break;
    }
    snprintf(why, cap, "it is empty; say %s", expected(type));
    return -1;
}

/* Bytes of the UTF-8 sequence that starts at s (well-formed as far as its tail bytes), or
 * 0. */
static size_t sequence(const unsigned char *s)
{
    size_t n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if (n == 2 && s[0] == 0xc2 && s[1] < 0xa0)
        return 0; /* C1 controls */
    return n;
}

const char *value_show(const char *text, char *out, size_t cap)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t at = 0;

    while (*s) {
        size_t n = *s >= 0x20 && *s < 0x7f ? 1 : sequence(s), room = n ? n : 4;

        if (at + room + (s[n ? n : 1] ? 4 : 1) > cap) {
            memcpy(out + at, "...", 4);
            return out;
        }
        if (n)
            memcpy(out + at, s, n);
        else
            snprintf(out + at, cap - at, "\\x%02x", *s);
        at += room;
        s += n ? n : 1;
    }
    out[at] = '\0';
    return out;
}
