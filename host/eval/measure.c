#include "eval/measure.h"

#include "eval/vus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define A_DAY_MS 86400e3

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double median(double *x, size_t n)
{
    if (!n)
        return (double)NAN;
    qsort(x, n, sizeof *x, by_size);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static double ratio(double part, double of)
{
    return of > 0 ? part / of : (double)NAN;
}

/* Who never speaks has no precision, and an F1 of 0. */
static void score_alarms(struct measures *m)
{
    m->precision = ratio(m->right, m->alarms);
    m->recall = ratio(m->found, m->events);
    m->f1 = m->events ? f1_of(m->alarms ? m->precision : 0, m->recall) : (double)NAN;
}

static void score_rows(struct measures *m, double both, double open)
{
    m->rows_precision = ratio(both, open);
    m->rows_recall = ratio(both, m->odd);
    m->rows_f1 =
        m->odd ? f1_of(open > 0 ? m->rows_precision : 0, m->rows_recall) : (double)NAN;
}

/* ---- one stream ------------------------------------------------------------------ */

static int medians(const struct delays *d, double *rows, double *ms)
{
    double *x = calloc(d->n + (size_t)1, sizeof *x);

    if (!x)
        return -1;
    for (uint32_t i = 0; i < d->n; i++)
        x[i] = d->at[i].rows;
    *rows = median(x, d->n);
    for (uint32_t i = 0; i < d->n; i++)
        x[i] = (double)d->at[i].ms;
    *ms = median(x, d->n);
    free(x);
    return 0;
}

static int find_delays(const struct judged *j, struct measured *out)
{
    out->delays.at = calloc(out->events.n + (size_t)1, sizeof *out->delays.at);
    if (!out->delays.at)
        return -1;
    for (uint32_t k = 0; k < out->events.n; k++) {
        uint32_t first = out->events.at[k].first, met = out->met[k];
        if (met == EVENT_MISSED)
            continue;
        struct delay *d = &out->delays.at[out->delays.n++];
        d->rows = met - first;
        if (j->ts)
            d->ms = j->ts[met] > j->ts[first] ? j->ts[met] - j->ts[first] : 0;
    }
    if (medians(&out->delays, &out->m.delay_rows, &out->m.delay_ms))
        return -1;
    if (!j->ts)
        out->m.delay_ms = (double)NAN;
    return 0;
}

/* Alarms against events; j's rows from j->from on. */
static int meet(const struct judged *j, struct measured *out)
{
    struct measures *m = &out->m;
    uint8_t *onset = malloc(m->judged + (size_t)1);
    struct meeting met = { 0 };
    double both = 0, open = 0;

    int rc = onset ? 0 : -1;
    if (rc == 0) {
        onsets_of(j->alarm + j->from, m->judged, onset);
        rc = events_meet(&out->events, onset, m->judged, &met);
    }
    free(onset);
    out->met = met.row;
    if (rc)
        return rc;
    for (uint32_t i = j->from; i < j->n; i++) {
        open += j->open[i];
        both += j->open[i] && j->odd[i];
    }
    m->has_alarms = 1;
    m->alarms = met.alarms;
    m->right = met.right;
    m->found = met.found;
    score_alarms(m);
    score_rows(m, both, open);
    return 0;
}

/* The best that the alarms' own threshold could do. */
static int best_alarms(const struct judged *j, const struct ranking *by_score,
                       struct measured *out)
{
    struct measures *m = &out->m;
    double *level = malloc((m->judged + (size_t)1) * sizeof *level);
    struct ranking r = { 0 };
    int rc = -1;

    if (level && !j->rare)
        rc = events_best_f1(by_score, &out->events, &m->events_best);
    for (uint32_t i = 0; level && j->rare && i < m->judged; i++)
        level[i] = -j->rare[j->from + i];
    if (level && j->rare && ranking_make(&r, level, j->odd + j->from, m->judged) == 0)
        rc = events_best_f1(&r, &out->events, &m->events_best);
    m->by_tail = j->rare != NULL;
    if (j->rare)
        m->events_best.threshold = -m->events_best.threshold;
    ranking_free(&r);
    free(level);
    return rc;
}

static int rank(const struct judged *j, uint32_t buffer, struct measured *out)
{
    struct measures *m = &out->m;
    struct ranking r;
    int rc = ranking_make(&r, j->score + j->from, j->odd + j->from, m->judged);

    if (rc == 0) {
        m->auroc = rank_auroc(&r);
        m->ap = rank_average_precision(&r);
        m->rows_best = rank_best_f1(&r);
        rc =
            vus_pr(&r, &out->events, buffer, &m->vus) || best_alarms(j, &r, out) ? -1 : 0;
    }
    ranking_free(&r);
    return rc;
}

/* From rows of what is judged to rows of the stream. */
static void place(struct measured *out, uint32_t from)
{
    for (uint32_t k = 0; k < out->events.n; k++) {
        out->events.at[k].first += from;
        out->events.at[k].last += from;
        if (out->met && out->met[k] != EVENT_MISSED)
            out->met[k] += from;
    }
}

int measure(const struct judged *j, uint32_t buffer, struct measured *out)
{
    struct measures *m = &out->m;
    double normal;

    *out = (struct measured){ .m = { .rows = j->n,
                                     .judged = j->n - j->from,
                                     .precision = (double)NAN,
                                     .recall = (double)NAN,
                                     .f1 = (double)NAN,
                                     .rows_precision = (double)NAN,
                                     .rows_recall = (double)NAN,
                                     .rows_f1 = (double)NAN,
                                     .delay_rows = (double)NAN,
                                     .delay_ms = (double)NAN } };
    for (uint32_t i = j->from; i < j->n; i++)
        m->odd += j->odd[i];
    normal = (double)m->judged - m->odd;
    m->days = j->period_ms > 0 ? normal * (double)j->period_ms / A_DAY_MS : (double)NAN;
    m->promised = j->per_row > 0 ? j->per_row * normal : (double)NAN;
    if (spans_of(j->odd + j->from, m->judged, &out->events))
        return -1;
    m->events = out->events.n;
    if (rank(j, buffer, out) || (j->alarm && meet(j, out)))
        return -1;
    place(out, j->from);
    return j->alarm ? find_delays(j, out) : 0;
}

void measured_free(struct measured *m)
{
    spans_free(&m->events);
    free(m->met);
    free(m->delays.at);
    *m = (struct measured){ 0 };
}

/* ---- many ------------------------------------------------------------------------ */

static void add_to(struct mean *mean, double x)
{
    if (isnan(x))
        return;
    mean->value += x;
    mean->of++;
}

static void finish(struct mean *mean)
{
    mean->value = mean->of ? mean->value / mean->of : (double)NAN;
}

static void add_up(struct overall *o, const struct measures *m)
{
    struct measures *all = &o->all;

    add_to(&o->auroc, m->auroc);
    add_to(&o->ap, m->ap);
    add_to(&o->vus, m->vus);
    add_to(&o->rows_best, m->rows_best.f1);
    add_to(&o->events_best, m->events_best.f1);
    add_to(&o->f1, m->f1);
    all->rows += m->rows;
    all->judged += m->judged;
    all->odd += m->odd;
    all->events += m->events;
    all->has_alarms |= m->has_alarms;
    all->alarms += m->alarms;
    all->right += m->right;
    all->found += m->found;
    all->days += m->days; /* NaN as soon as one has no times */
    all->promised += m->promised;
}

/* The rows of all streams that are judged, as one. */
static int pool(const struct judged *const *j, size_t n, struct overall *o)
{
    size_t rows = o->all.judged + (size_t)1, at = 0;
    double *score = malloc(rows * sizeof *score), both = 0, open = 0;
    uint8_t *odd = malloc(rows);
    struct ranking r = { 0 };
    int rc = score && odd ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < n; i++) {
        uint32_t judged = j[i]->n - j[i]->from;
        memcpy(score + at, j[i]->score + j[i]->from, judged * sizeof *score);
        memcpy(odd + at, j[i]->odd + j[i]->from, judged);
        at += judged;
        for (uint32_t row = j[i]->from; j[i]->open && row < j[i]->n; row++) {
            open += j[i]->open[row];
            both += j[i]->open[row] && j[i]->odd[row];
        }
    }
    if (rc == 0)
        rc = ranking_make(&r, score, odd, o->all.judged);
    if (rc == 0) {
        o->all.auroc = rank_auroc(&r);
        o->all.ap = rank_average_precision(&r);
        o->all.rows_best = rank_best_f1(&r);
    }
    score_rows(&o->all, both, open);
    ranking_free(&r);
    free(score);
    free(odd);
    return rc;
}

static int pool_delays(const struct measured *const *m, size_t n, struct measures *all)
{
    struct delays d = { .at = calloc(all->events + (size_t)1, sizeof *d.at) };
    int rc = -1;

    if (d.at) {
        for (size_t i = 0; i < n; i++) {
            if (m[i]->delays.n)
                memcpy(d.at + d.n, m[i]->delays.at, m[i]->delays.n * sizeof *d.at);
            d.n += m[i]->delays.n;
        }
        rc = medians(&d, &all->delay_rows, &all->delay_ms);
    }
    free(d.at);
    if (isnan(all->days)) /* a stream without times has none to add */
        all->delay_ms = (double)NAN;
    return rc;
}

int measure_all(const struct judged *const *j, const struct measured *const *m, size_t n,
                struct overall *out)
{
    struct best none = { (double)NAN, (double)NAN, (double)NAN, (double)NAN };

    *out = (struct overall){ .streams = (uint32_t)n };
    for (size_t i = 0; i < n; i++)
        add_up(out, &m[i]->m);
    finish(&out->auroc);
    finish(&out->ap);
    finish(&out->vus);
    finish(&out->rows_best);
    finish(&out->events_best);
    finish(&out->f1);
    out->all.vus = (double)NAN;
    out->all.events_best = none;
    if (out->all.has_alarms)
        score_alarms(&out->all);
    else
        out->all.precision = out->all.recall = out->all.f1 = (double)NAN;
    if (pool(j, n, out) || pool_delays(m, n, &out->all))
        return -1;
    if (!out->all.has_alarms)
        out->all.rows_precision = out->all.rows_recall = out->all.rows_f1 = (double)NAN;
    return 0;
}
