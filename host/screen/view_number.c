#include "screen/view_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RAREST 1e-7 /* beyond it a figure would only pretend */

void number_count(double n, char *out, size_t cap)
{
    char digits[32];

    if (!isfinite(n) || fabs(n) >= 1e18) {
        snprintf(out, cap, "?");
        return;
    }
    int len = snprintf(digits, sizeof digits, "%.0f", n), first = n < 0;
    size_t at = 0;
    for (int i = 0; i < len && at + 2 < cap; i++) {
        if (i > first && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

void number_plain(double x, char *out, size_t cap)
{
    double size = fabs(x);

    if (!isfinite(x))
        snprintf(out, cap, "?");
    else if (size >= 1e9)
        snprintf(out, cap, "%.3g", x);
    else if (size >= 100)
        snprintf(out, cap, "%.0f", x);
    else if (size >= 10)
        snprintf(out, cap, "%.3g", x);
    else if (size >= 0.01 || size == 0)
        snprintf(out, cap, "%.3g", round(x * 100) / 100);
    else
        snprintf(out, cap, "%.2g", x);
}

void number_share(double p, char *out, size_t cap)
{
    if (!(p < 0.995)) {
        snprintf(out, cap, "1.0");
        return;
    }
    char text[16];
    snprintf(text, sizeof text, "%.2f", p > 0 ? p : 0);
    snprintf(out, cap, "%s", text + 1);
}

/* Bytes are read in thousands: divides x and gives the prefix. */
static const char *scale(double size, const char *unit, double *factor)
{
    static const char *const prefix[] = { "", "k", "M", "G", "T" };
    unsigned step = 0;

    *factor = 1;
    if (unit[0] != 'B' || (unit[1] && unit[1] != '/'))
        return "";
    while (step < 4 && size / *factor >= 999.5) {
        *factor *= 1000;
        step++;
    }
    return prefix[step];
}

void number_unit(double x, const char *unit, char *out, size_t cap)
{
    char number[32];
    double factor;
    const char *prefix = scale(fabs(x), unit, &factor);

    number_plain(x / factor, number, sizeof number);
    snprintf(out, cap, "%s%s%s%.24s", number, *unit ? " " : "", prefix, unit);
}

void number_range(double lo, double hi, const char *unit, char *out, size_t cap)
{
    char from[32], to[32];
    double factor;
    const char *prefix = scale(fabs(hi), unit, &factor);

    number_plain(lo / factor, from, sizeof from);
    number_plain(hi / factor, to, sizeof to);
    snprintf(out, cap, "%s%s%s%s%s%.24s", from, lo < 0 ? ".." : "-", to, *unit ? " " : "",
             prefix, unit);
}

void number_tail(double tail, char *out, size_t cap)
{
    char count[40];

    if (!(tail > 0) || tail > 0.66) {
        snprintf(out, cap, "nothing unusual");
        return;
    }
    if (tail < RAREST) {
        snprintf(out, cap, "less than 1 row in 10 million is this odd");
        return;
    }
    number_count(round(1 / tail), count, sizeof count);
    snprintf(out, cap, "1 row in %s is this odd", count);
}
