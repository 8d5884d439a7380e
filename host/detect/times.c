#include "detect/times.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LARGEST 1e150

struct span {
    const char *at;
    size_t len;
};

static struct span trim(const char *text, size_t len)
{
    while (len && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    return (struct span){ text, len };
}

static int is_one_of(struct span s, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == s.len && strncasecmp(s.at, *words, s.len) == 0)
            return 1;
    return 0;
}

/* A plain decimal with an exponent, nothing else. */
static int is_decimal(struct span s)
{
    size_t i = s.len && (*s.at == '-' || *s.at == '+'), digits = 0;

    for (; i < s.len && isdigit((unsigned char)s.at[i]); i++)
        digits++;
    if (i < s.len && s.at[i] == '.')
        for (i++; i < s.len && isdigit((unsigned char)s.at[i]); i++)
            digits++;
    if (!digits)
        return 0;
    if (i < s.len && (s.at[i] == 'e' || s.at[i] == 'E')) {
        i++;
        i += i < s.len && (s.at[i] == '-' || s.at[i] == '+');
        size_t from = i;
        while (i < s.len && isdigit((unsigned char)s.at[i]))
            i++;
        if (i == from)
            return 0;
    }
    return i == s.len;
}

int times_number(const char *text, size_t len, double *x)
{
    static const char *const infinite[] = { "inf",       "-inf",      "+inf", "infinity",
                                            "-infinity", "+infinity", NULL };
    static const char *const nothing[] = { "nan",  "-nan", "na", "n/a", "null",
                                           "none", "-",    "?",  NULL };
    struct span s = trim(text, len);

    if (!s.len || is_one_of(s, nothing))
        return 2;
    if (is_one_of(s, infinite)) {
        *x = *s.at == '-' ? (double)-INFINITY : (double)INFINITY;
        return 1;
    }
    if (!is_decimal(s))
        return -1;
    *x = strtod(s.at, NULL);
    if (isinf(*x)) /* too large for a number of this machine */
        return 1;
    if (fabs(*x) > LARGEST)
        *x = copysign(LARGEST, *x);
    return 0;
}

/* ---- times ----------------------------------------------------------------------- */

/* Days since 1970 of a civil date (Howard Hinnant, days_from_civil, 2013). */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

/* One or two digits (four: exactly) at *s into *out, which must be lo..hi. */
static int digits(struct span *s, size_t most, int64_t lo, int64_t hi, int64_t *out)
{
    size_t n = 0;

    *out = 0;
    for (; n < most && n < s->len && isdigit((unsigned char)s->at[n]); n++)
        *out = *out * 10 + (s->at[n] - '0');
    s->at += n;
    s->len -= n;
    return n == 0 || (most == 4 && n < 4) || *out < lo || *out > hi ? -1 : 0;
}

static int accept(struct span *s, const char *any)
{
    if (!s->len || !*s->at || !strchr(any, *s->at))
        return 0;
    s->at++;
    s->len--;
    return 1;
}

/* "Z", "+02:00", "-0530", or nothing: minutes east. */
static int offset(struct span *s, int64_t *minutes)
{
    int64_t hours, rest = 0;

    *minutes = 0;
    accept(s, " ");
    if (!s->len || (accept(s, "Zz") && !s->len))
        return 0;
    int west = *s->at == '-';
    if (!accept(s, "+-") || digits(s, 2, 0, 18, &hours))
        return -1;
    accept(s, ":");
    if (s->len && digits(s, 2, 0, 59, &rest))
        return -1;
    *minutes = (west ? -1 : 1) * (hours * 60 + rest);
    return s->len ? -1 : 0;
}

/* ":05" and ".123" behind the minutes. */
static int seconds(struct span *s, int64_t *ms)
{
    int64_t whole, scale = 100;

    *ms = 0;
    if (!accept(s, ":"))
        return 0;
    if (digits(s, 2, 0, 60, &whole))
        return -1;
    *ms = whole * 1000;
    if (!accept(s, ".,"))
        return 0;
    for (; s->len && isdigit((unsigned char)*s->at); s->at++, s->len--, scale /= 10)
        *ms += (*s->at - '0') * scale;
    return 0;
}

static int calendar(struct span s, int64_t *out)
{
    int64_t year, month, day, hour = 0, minute = 0, ms = 0, east = 0;

    if (digits(&s, 4, 1970, 9999, &year) || !accept(&s, "-/") ||
        digits(&s, 2, 1, 12, &month) || !accept(&s, "-/") || digits(&s, 2, 1, 31, &day))
        return -1;
    if (s.len && (!accept(&s, " Tt") || digits(&s, 2, 0, 24, &hour) || !accept(&s, ":") ||
                  digits(&s, 2, 0, 59, &minute) || seconds(&s, &ms) || offset(&s, &east)))
        return -1;
    *out =
        (days_from_civil(year, month, day) * 1440 + hour * 60 + minute - east) * 60000 +
        ms;
    return 0;
}

int times_parse(const char *text, size_t len, int64_t *ms)
{
    struct span s = trim(text, len);
    double x;

    if (calendar(s, ms) == 0)
        return 0;
    if (!is_decimal(s))
        return -1;
    x = strtod(s.at, NULL);
    if (!(x >= 0))
        return -1;
    if (x < 1e11)
        x *= 1e3;
    else if (x >= 1e17)
        x /= 1e6;
    else if (x >= 1e14)
        x /= 1e3;
    if (x >= 253402300800e3)
        return -1;
    *ms = (int64_t)x;
    return 0;
}
