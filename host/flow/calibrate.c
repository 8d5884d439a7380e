#include "flow/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Index of the first sorted value >= x (n when all are smaller). Without branches: where
 * the next value belongs, nobody can guess. */
static uint32_t rank_of(const struct past *p, float x)
{
    const float *from = p->sorted;
    uint32_t n = p->n;

    if (!n)
        return 0;
    while (n > 1) {
        from += from[n / 2 - 1] < x ? n / 2 : 0;
        n -= n / 2;
    }
    return (uint32_t)(from - p->sorted) + (*from < x);
}

static int grow(struct past *p)
{
    uint32_t cap = p->cap ? p->cap * 2 : 64;
    float *ring, *sorted;

    if (cap > PAST_ROWS)
        cap = PAST_ROWS;
    ring = realloc(p->ring, cap * sizeof *ring);
    if (!ring)
        return -1;
    p->ring = ring;
    sorted = realloc(p->sorted, cap * sizeof *sorted);
    if (!sorted)
        return -1;
    p->sorted = sorted;
    p->cap = cap;
    return 0;
}

/* x takes the place of the value at k: only what is between the two moves. */
static void replace(struct past *p, uint32_t k, float x)
{
    const uint32_t to = rank_of(p, x);
    float *at = p->sorted;

    if (to > k) {
        memmove(at + k, at + k + 1, (to - k - 1) * sizeof *at);
        at[to - 1] = x;
    } else {
        memmove(at + to + 1, at + to, (k - to) * sizeof *at);
        at[to] = x;
    }
}

int past_add(struct past *p, float x)
{
    if (p->n == p->cap && p->n < PAST_ROWS && grow(p))
        return -1;
    if (p->n == PAST_ROWS) { /* the oldest leaves */
        replace(p, rank_of(p, p->ring[p->at]), x);
    } else {
        uint32_t k = rank_of(p, x);
        memmove(p->sorted + k + 1, p->sorted + k, (p->n - k) * sizeof *p->sorted);
        p->sorted[k] = x;
        p->n++;
    }
    p->ring[p->at] = x;
    p->at = (p->at + 1) % PAST_ROWS;
    return 0;
}

static void reverse(float *x, uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        float y = x[i];
        x[i] = x[n - 1 - i];
        x[n - 1 - i] = y;
    }
}

void past_remove(struct past *p, float x)
{
    uint32_t k = rank_of(p, x), i;

    if (k == p->n || p->sorted[k] > x)
        return;
    memmove(p->sorted + k, p->sorted + k + 1, (p->n - k - 1) * sizeof *p->sorted);
    if (p->n == PAST_ROWS) { /* the oldest first, as in a ring that is not full */
        reverse(p->ring, p->at);
        reverse(p->ring + p->at, p->n - p->at);
        reverse(p->ring, p->n);
    }
    for (i = p->n - 1; p->ring[i] < x || p->ring[i] > x; i--)
        ;
    memmove(p->ring + i, p->ring + i + 1, (p->n - i - 1) * sizeof *p->ring);
    p->at = --p->n;
}

void past_remove_most(struct past *p, float x)
{
    uint32_t k = rank_of(p, nextafterf(x, INFINITY));

    if (k > 0)
        past_remove(p, p->sorted[k - 1]);
}

void past_fini(struct past *p)
{
    free(p->ring);
    free(p->sorted);
    *p = (struct past){ 0 };
}

void past_moments(const struct past *p, double *mean, double *deviation)
{
    double sum = 0, squares = 0;

    for (uint32_t i = 0; i < p->n; i++)
        sum += (double)p->ring[i];
    *mean = p->n ? sum / p->n : 0;
    for (uint32_t i = 0; i < p->n; i++) {
        double d = (double)p->ring[i] - *mean;
        squares += d * d;
    }
    *deviation = p->n ? sqrt(squares / p->n) : 0;
}

void gauge_resum(struct gauge *g)
{
    double deviation;

    past_moments(&g->past, &g->mean, &deviation);
    g->m2 = deviation * deviation * g->past.n;
    g->since = 0;
}

int gauge_add(struct gauge *g, float x)
{
    uint32_t n = g->past.n;
    float oldest = n == PAST_ROWS ? g->past.ring[g->past.at] : 0;

    if (past_add(&g->past, x))
        return -1;
    if (++g->since >= PAST_ROWS) {
        gauge_resum(g);
        return 0;
    }
    if (n == PAST_ROWS) {
        double before = g->mean, d = (double)x - (double)oldest;
        g->mean += d / PAST_ROWS;
        g->m2 += d * ((double)x - g->mean + (double)oldest - before);
    } else {
        double d = (double)x - g->mean;
        g->mean += d / (n + 1);
        g->m2 += d * ((double)x - g->mean);
    }
    if (g->m2 < 0)
        g->m2 = 0;
    return 0;
}

void gauge_fini(struct gauge *g)
{
    past_fini(&g->past);
    *g = (struct gauge){ 0 };
}

double decades_of_z(double z)
{
    if (z < 20)
        return -log10(0.5 * erfc(z * M_SQRT1_2));
    double z2 = z * z;
    double series = 1 - 1 / z2 + 3 / (z2 * z2) - 15 / (z2 * z2 * z2);
    return (z2 / 2 + log(z) + 0.5 * log(2 * M_PI) - log(series)) / M_LN10;
}

double gauge_score(const struct gauge *g, double x)
{
    if (g->past.n < PAST_ENOUGH)
        return 0;
    double deviation = sqrt(g->m2 / g->past.n);
    double score = decades_of_z((x - g->mean) / (deviation + 0.01));
    return score < SCORE_FAR ? score : SCORE_FAR;
}

/* The fit beyond the counted part of the tail: the excesses of the `top` largest over the
 * value just below them. */
struct far_tail {
    uint32_t top;
    double threshold, mean;
};

static uint32_t top_of(uint32_t n)
{
    return n / 50 > 10 ? n / 50 : 10;
}

static struct far_tail fit(const struct past *p)
{
    uint32_t n = p->n, top = top_of(n);
    struct far_tail f = { .top = top, .threshold = (double)p->sorted[n - top - 1] };

    for (uint32_t i = n - top; i < n; i++)
        f.mean += ((double)p->sorted[i] - f.threshold) / top;
    if (!(f.mean > PAST_FINE))
        f.mean = PAST_FINE;
    return f;
}

double past_seen(const struct past *p, double x)
{
    return (p->n - rank_of(p, (float)x)) / (p->n + 1.0);
}

double past_tail(const struct past *p, double x)
{
    if (p->n < PAST_ENOUGH)
        return 1;
    uint32_t n = p->n, above = n - rank_of(p, (float)x);
    if (above >= top_of(n))
        return (above + 1.0) / (n + 1.0);

    struct far_tail f = fit(p);
    double far = (x - f.threshold) / (f.mean * f.top);
    double tail = (f.top + 1.0) / (n + 1.0) * exp(-(double)f.top * log1p(far));
    double seen = past_seen(p, x); /* a fit that is too light is found out here */
    tail = tail > seen ? tail : seen;
    if (tail > 1)
        tail = 1;
    return tail > 1e-12 ? tail : 1e-12;
}

double past_level(const struct past *p, double tail)
{
    if (p->n < PAST_ENOUGH)
        return INFINITY;
    struct far_tail f = fit(p);
    double share = (f.top + 1.0) / (p->n + 1.0) / tail;
    if (share < 1)
        share = 1;
    double fitted = f.threshold + f.mean * f.top * expm1(log(share) / f.top);
    double may_be_above = tail * (p->n + 1.0);
    if (may_be_above >= p->n)
        return fitted;
    float seen = p->sorted[p->n - 1 - (uint32_t)may_be_above];
    return fmax(fitted, (double)nextafterf(seen, INFINITY));
}

int alarm_step(struct alarm *a, double tail, double rate)
{
    if (tail > rate) {
        if (a->quiet < QUIET_ROWS)
            a->quiet++;
        if (!a->open || a->quiet < QUIET_ROWS)
            return 0;
        a->open = 0;
        return -1;
    }
    int rested = a->quiet == QUIET_ROWS;
    a->quiet = 0;
    if (a->open || !rested)
        return 0;
    a->open = 1;
    return 1;
}
