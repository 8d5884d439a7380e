#include "flow/stream_rules.h"

#include <math.h>
#include <stdlib.h>

#define MARGIN   0.05
#define LEFTOVER 0.01
#define SIX      6

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
        peak_init(&r->held, hold ? hold : 1) || peak_init(&r->six, SIX)) {
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
    peak_fini(&r->six);
}

void rules_forget(struct rules *r)
{
    r->greatest.first = r->greatest.n = 0;
    r->least.first = r->least.n = 0;
}

double rules_range(const struct rules *r, double x)
{
    if (isnan(x) || peak_empty(&r->greatest))
        return 0;
    double hi = peak_value(&r->greatest), lo = -peak_value(&r->least);
    double margin = MARGIN * (hi - lo);
    return x > hi + margin || x < lo - margin ? RULES_SCORE : 0;
}

void rules_see(struct rules *r, double x)
{
    if (isnan(x))
        return;
    peak_add(&r->greatest, x);
    peak_add(&r->least, -x);
}

static double counts(struct peak *p, double score)
{
    int is_peak = peak_empty(p) || score > peak_value(p);

    peak_add(p, score);
    return is_peak ? score : LEFTOVER * score;
}

double rules_hold(struct rules *r, double score)
{
    return counts(&r->held, score);
}

double rules_six(struct rules *r, double score)
{
    return counts(&r->six, score);
}
