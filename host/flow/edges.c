#include "flow/edges.h"

#include <math.h>

#define FAR 1e300 /* a wider range is no number */

/* Parts of the range outside, from which on a word is said. */
static const double beyond[EDGES_BEYOND] = { 0.02, 0.10, 0.50 };

/* A stream that never changes has no range: what then counts as a change at all. */
static double range_of(const struct edges *e)
{
    double size = fmax(fabs(e->lo), fabs(e->hi)), least = size * 1e-9;

    return fmax(e->hi - e->lo, least > 0 ? least : 1e-300);
}

static double bounded(double x)
{
    return fmin(fmax(x, -FAR), FAR);
}

void edges_fit(struct edges *e, const double *sorted, size_t n)
{
    size_t i = 0; /* values <= x, as x rises */
    double range;

    e->lo = bounded(sorted[0]);
    e->hi = bounded(sorted[n - 1]);
    range = range_of(e);
    for (uint32_t k = 1; k < EDGES_INNER; k++) {
        double u = (double)k / EDGES_INNER, x;
        /* Up to the value at which rank and place together reach u. */
        while (i < n &&
               ((double)(i + 1) / (double)n + (bounded(sorted[i]) - e->lo) / range) / 2 <
                   u)
            i++;
        if (i == n) {
            e->inner[k - 1] = e->hi;
            continue;
        }
        /* Between the value before and this one only the place grows. */
        x = e->lo + (2 * u - (double)i / (double)n) * range;
        e->inner[k - 1] = fmin(x, bounded(sorted[i]));
    }
}

int edges_sound(const struct edges *e)
{
    double last = e->lo;

    for (uint32_t k = 0; k < EDGES_INNER - 1; k++) {
        if (!isfinite(e->inner[k]) || e->inner[k] < last)
            return 0;
        last = e->inner[k];
    }
    return isfinite(e->lo) && isfinite(e->hi) && e->hi >= last;
}

/* How many parts of the range x is out of it by: 0..EDGES_BEYOND. */
static uint32_t steps_out(const struct edges *e, double out)
{
    double range = range_of(e);
    uint32_t steps = 0;

    while (steps < EDGES_BEYOND && out > beyond[steps] * range)
        steps++;
    return steps;
}

_Static_assert(EDGES_INNER == 32, "edges_word halves five times");

uint32_t edges_word(const struct edges *e, double x)
{
    double out = x > e->hi ? x - e->hi : e->lo - x;
    uint32_t steps = out > 0 ? steps_out(e, out) : 0, below = 0;

    if (steps)
        return x > e->hi ? EDGES_BEYOND + EDGES_INNER - 1 + steps : EDGES_BEYOND - steps;
    for (uint32_t half = EDGES_INNER / 2; half; half /= 2) /* edges that are <= x */
        below += e->inner[below + half - 1] <= x ? half : 0;
    return EDGES_BEYOND + below;
}

void edges_range(const struct edges *e, uint32_t k, double *from, double *to)
{
    double range = range_of(e);

    if (k < EDGES_BEYOND) {
        *from = k ? e->lo - beyond[EDGES_BEYOND - k] * range : -INFINITY;
        *to = e->lo - beyond[EDGES_BEYOND - 1 - k] * range;
    } else if (k < EDGES_BEYOND + EDGES_INNER) {
        uint32_t inner = k - EDGES_BEYOND;
        *from = inner ? e->inner[inner - 1] : e->lo;
        *to = inner < EDGES_INNER - 1 ? e->inner[inner] : e->hi;
    } else {
        uint32_t steps = k - EDGES_BEYOND - EDGES_INNER;
        *from = e->hi + beyond[steps] * range;
        *to = steps + 1 < EDGES_BEYOND ? e->hi + beyond[steps + 1] * range : INFINITY;
    }
}

double edges_spread(const struct edges *e, double x)
{
    double range = range_of(e), at = bounded(x), from, to;
    double out = at > e->hi ? at - e->hi : e->lo - at;
    double least = beyond[EDGES_BEYOND - 1] * range;

    if (out > least)
        return 2 * log(out) - log(least);
    uint32_t k = edges_word(e, x);
    edges_range(e, k, &from, &to);
    if (k == EDGES_BEYOND) /* a little beyond is still this word */
        from -= beyond[0] * range;
    if (k == EDGES_BEYOND + EDGES_INNER - 1)
        to += beyond[0] * range;
    return fmax(log(to - from), -1000);
}
