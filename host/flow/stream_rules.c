#include "flow/stream_rules.h"

#include <math.h>
#include <stdlib.h>

#define LEFTOVER 0.01
#define LEAST    6 /* rows that an incident has */

int peak_init(struct peak *p, uint32_t span)
{
    *p = (struct peak){ .span = span };
    p->queue = calloc(span, sizeof *p->queue);
    return p->queue ? 0 : -1;
}

void peak_fini(struct peak *p)
{
    free(p->queue);
    *p = (struct peak){ 0 };
}

void peak_add(struct peak *p, double x)
{
    if (p->n && p->at - p->queue[p->first].row >= p->span) { /* the oldest leaves */
        p->first = (p->first + 1) % p->span;
        p->n--;
    }
    while (p->n && p->queue[(p->first + p->n - 1) % p->span].x <= x)
        p->n--;
    p->queue[(p->first + p->n++) % p->span] = (struct peak_entry){ p->at++, x };
}

int peak_empty(const struct peak *p)
{
    return !p->n;
}

double peak_value(const struct peak *p)
{
    return p->queue[p->first].x;
}

double peak_newest(const struct peak *p, uint32_t rows)
{
    for (uint32_t i = 0; i < p->n; i++) {
        const struct peak_entry *e = &p->queue[(p->first + i) % p->span];
        if (p->at - e->row <= rows)
            return e->x;
    }
    return -INFINITY;
}

int peak_restore(struct peak *p, const double *pairs, uint32_t n)
{
    if (n > p->span)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        double age = pairs[2 * i], x = pairs[2 * i + 1];
        if (!isfinite(x) || !(age >= 1 && age <= p->span) ||
            (i && (age >= pairs[2 * i - 2] || x >= pairs[2 * i - 1])))
            return -1;
    }
    p->first = 0;
    p->n = n;
    p->at = p->span;
    for (uint32_t i = 0; i < n; i++)
        p->queue[i] =
            (struct peak_entry){ p->at - (uint64_t)pairs[2 * i], pairs[2 * i + 1] };
    return 0;
}

int rules_init(struct rules *r, uint32_t warmup)
{
    uint32_t hold = warmup / 5 < RULES_HOLD ? warmup / 5 : RULES_HOLD;

    *r = (struct rules){ 0 };
    if (peak_init(&r->greatest, RULES_RANGE) || peak_init(&r->least, RULES_RANGE) ||
        peak_init(&r->held, hold ? hold : 1) ||
        peak_init(&r->once[LEVEL_SURPRISE], RULES_ONCE) ||
        peak_init(&r->once[LEVEL_FAR], RULES_ONCE) ||
        middle_init(&r->middle, RULES_RANGE)) {
        rules_fini(r);
        return -1;
    }
    return 0;
}

void rules_fini(struct rules *r)
{
    peak_fini(&r->greatest);
    peak_fini(&r->least);
    peak_fini(&r->held);
    for (int i = 0; i < RULES_LEVELS; i++)
        peak_fini(&r->once[i]);
    middle_fini(&r->middle);
}

uint32_t rules_rows(const struct rules *r)
{
    return r->greatest.at < RULES_RANGE ? (uint32_t)r->greatest.at : RULES_RANGE;
}

double rules_depth(const struct rules *r, double x)
{
    if (isnan(x))
        return x;
    if (peak_empty(&r->greatest))
        return 0;
    double hi = peak_value(&r->greatest), lo = -peak_value(&r->least);
    double beyond = fmax(x - hi, lo - x);
    if (beyond <= 0)
        return 0;
    return hi > lo ? fmin(beyond / (hi - lo), BREACH_DEEPEST) : BREACH_DEEPEST;
}

void rules_forget(struct rules *r)
{
    r->greatest.first = r->greatest.n = 0;
    r->least.first = r->least.n = 0;
    r->greatest.at = r->least.at = 0;
    middle_forget(&r->middle);
}

double rules_far(const struct rules *r, double x)
{
    return middle_distance(&r->middle, x);
}

double rules_range(double depth)
{
    return depth > BREACH_MARGIN ? RULES_SCORE : 0;
}

void rules_breach(struct rules *r, double depth)
{
    breach_add(&r->breaches, rules_rows(r), depth);
}

void rules_see(struct rules *r, double x)
{
    if (isnan(x))
        return;
    peak_add(&r->greatest, x);
    peak_add(&r->least, -x);
    if (isfinite(x))
        middle_add(&r->middle, x);
}

static double counts(struct peak *p, uint32_t rows, double score)
{
    int is_peak = score > peak_newest(p, rows);

    peak_add(p, score);
    return is_peak ? score : LEFTOVER * score;
}

double rules_hold(struct rules *r, double score)
{
    return counts(&r->held, r->held.span, score);
}

double rules_once(struct rules *r, enum rules_level which, double level, double rate)
{
    double rows = fmax(LEAST, fmin(RULES_ONCE, 1 / rate));

    return counts(&r->once[which], (uint32_t)rows, level);
}
