#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};

/* A plain decimal at the start of s: digits with an optional point; *rest is what
 * follows. */
static int leading(const char *s, double *x, const char **rest)
{
    char *end;

    if (!isdigit((unsigned char)s[0]) && !(s[0] == '.' && isdigit((unsigned char)s[1])))
        return -1;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
        return -1;
    errno = 0;
    *x = strtod(s, &end);
    *rest = end;
    return errno || !isfinite(*x) ? -1 : 0;
}

static int factor_of(const char *name, const struct unit *units, double *factor)
{
    for (; units->name; units++)
        if (strcmp(units->name, name) == 0) {
            *factor = units->factor;
            return 0;
        }
    return -1;
}

/* number, optional space, unit -> number x factor */
static int quantity(const char *s, const struct unit *units, double most, double *out)
{
    const char *rest;
    double x, factor;

    if (leading(s, &x, &rest))
        return -1;
    if (*rest == ' ')
        rest++;
    if (factor_of(rest, units, &factor) || x * factor > most)
        return -1;
    *out = x * factor;
    return 0;
}

static const struct unit times[] = {
    { "ms", 1 },          { "s", 1e3 },
    { "m", 60e3 },        { "min", 60e3 },
    { "h", 3600e3 },      { "d", 864e5 },
    { "w", 6048e5 },      { "second", 1e3 },
    { "hour", 36e5 },     { "day", 864e5 },
    { "week", 6048e5 },   { "minute", 60e3 },
    { "y", 365 * 864e5 }, { "year", 365 * 864e5 },
    { NULL, 0 },
};

int units_number(const char *s, double *out)
{
    const char *digits = *s == '-' || *s == '+' ? s + 1 : s, *rest;
    double x;

    if (leading(digits, &x, &rest) || *rest)
        return -1;
    *out = *s == '-' ? -x : x;
    return 0;
}

int units_integer(const char *s, int64_t *out)
{
    const char *digits = *s == '-' || *s == '+' ? s + 1 : s;
    char *end;

    if (!isdigit((unsigned char)*digits))
        return -1;
    errno = 0;
    long long x = strtoll(s, &end, 10);
    if (errno || *end)
        return -1;
    *out = x;
    return 0;
}

int units_duration_ms(const char *s, int64_t *out)
{
    double ms;

    if (quantity(s, times, 1e15, &ms))
        return -1;
    *out = (int64_t)(ms + 0.5);
    return 0;
}

int units_bytes(const char *s, int64_t *out)
{
    static const struct unit sizes[] = {
        { "", 1 },
        { "B", 1 },
        { "kB", 1e3 },
        { "KB", 1e3 },
        { "MB", 1e6 },
        { "GB", 1e9 },
        { "TB", 1e12 },
        { "KiB", 1024 },
        { "MiB", 1048576.0 },
        { "GiB", 1073741824.0 },
        { "TiB", 1099511627776.0 },
        { NULL, 0 },
    };
    double bytes;

    if (quantity(s, sizes, 1e18, &bytes))
        return -1;
    *out = (int64_t)(bytes + 0.5);
    return 0;
}

int units_share(const char *s, double *out)
{
    static const struct unit shares[] = { { "%", 0.01 }, { "", 1 }, { NULL, 0 } };

    return quantity(s, shares, 1, out);
}

int units_rate(const char *s, double *per_second)
{
    const char *rest;
    double x, per = 1, factor;

    if (leading(s, &x, &rest) || *rest++ != '/' || x <= 0)
        return -1;
    if (isdigit((unsigned char)*rest) && leading(rest, &per, &rest))
        return -1;
    if (factor_of(rest, times, &factor) || per <= 0)
        return -1;
    *per_second = x / (per * factor / 1e3);
    return isfinite(*per_second) ? 0 : -1;
}

void units_duration_print(int64_t ms, char *out, size_t cap)
{
    int64_t s = ms / 1000;

    if (ms < 1000)
        snprintf(out, cap, "%d ms", (int)ms);
    else if (s < 60 && ms % 1000)
        snprintf(out, cap, "%d.%d s", (int)s, (int)(ms % 1000 / 100));
    else if (s < 60)
        snprintf(out, cap, "%d s", (int)s);
    else if (s < 3600)
        snprintf(out, cap, s % 60 ? "%dm %ds" : "%dm", (int)(s / 60), (int)(s % 60));
    else if (s < 86400)
        snprintf(out, cap, s / 60 % 60 ? "%dh %dm" : "%dh", (int)(s / 3600),
                 (int)(s / 60 % 60));
    else
        snprintf(out, cap, s / 3600 % 24 ? "%lldd %dh" : "%lldd", (long long)(s / 86400),
                 (int)(s / 3600 % 24));
}

/* Edit distance with neighbour swaps (optimal string alignment), words up to 40 bytes. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    unsigned d[3][42];

    for (size_t j = 0; j <= m; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = d[i % 3], *last = d[(i + 2) % 3], *before = d[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return d[n % 3][m];
}

const char *units_nearest(const char *word, const char *const *words, size_t n)
{
    size_t len = strlen(word);
    const char *best = NULL;
    unsigned nearest = 3;

    if (len > 40)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t m = strlen(words[i]);
        if (m > 40)
            continue;
        unsigned d = distance(word, len, words[i], m);
        if (d < nearest && 2 * (size_t)d < (len > m ? len : m)) {
            nearest = d;
            best = words[i];
        }
    }
    return best;
}
