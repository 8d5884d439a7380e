#include "eval/vus.h"

#include <math.h>
#include <stdlib.h>

/* A row whose label some buffer length may raise. */
struct near {
    uint32_t row;
    uint32_t reach; /* rows with at least its score */
    uint32_t odd;   /* it is in an event, not on a flank */
};

struct volume {
    const struct ranking *ranking;
    const struct spans *events;
    struct near *near; /* [n_near], the greatest score first */
    uint32_t n_near;
    double *label;  /* [rows] of the current length; outside of what is near always 0 */
    uint32_t *part; /* [rows] the faded event that the row is in */
    uint8_t *seen;  /* [events] a row of this faded event is at or above */
    uint32_t parts; /* faded events */
};

static uint32_t before(uint32_t row, uint32_t half)
{
    return row > half ? row - half : 0;
}

static uint32_t behind(uint32_t row, uint32_t half, uint32_t rows)
{
    return row + (uint64_t)half < rows ? row + half : rows - 1;
}

/* Marks what a buffer of this length reaches, in label, and lists it in order. */
static void find_near(struct volume *v, uint32_t buffer)
{
    const struct ranking *r = v->ranking;

    for (uint32_t k = 0; k < v->events->n; k++) {
        const struct span *e = &v->events->at[k];
        uint32_t last = behind(e->last, buffer / 2, r->n);
        for (uint32_t row = before(e->first, buffer / 2); row <= last; row++)
            v->label[row] = 1;
    }
    for (uint32_t i = 0, to; i < r->n; i = to) {
        to = ranking_reach(r, i);
        for (uint32_t k = i; k < to; k++)
            if (v->label[r->at[k].row] > 0)
                v->near[v->n_near++] = (struct near){ r->at[k].row, to, r->at[k].odd };
    }
}

/* One event's rows and both its flanks. */
static void fade_one(struct volume *v, const struct span *e, uint32_t buffer)
{
    uint32_t first = before(e->first, buffer / 2);
    uint32_t last = behind(e->last, buffer / 2, v->ranking->n);

    for (uint32_t row = first; row <= last; row++) {
        uint32_t d = row < e->first ? e->first - row : row > e->last ? row - e->last : 0;
        v->label[row] += d ? sqrt(1 - (double)d / buffer) : 1;
        v->part[row] = v->parts - 1;
    }
}

/* Labels and faded events for this length. Events whose flanks overlap are one. */
static void fade(struct volume *v, uint32_t buffer)
{
    uint32_t half = buffer / 2;

    for (uint32_t i = 0; i < v->n_near; i++)
        v->label[v->near[i].row] = 0;
    v->parts = 0;
    for (uint32_t k = 0; k < v->events->n; k++) {
        const struct span *e = &v->events->at[k];
        if (k == 0 || e[-1].last + (uint64_t)2 * half < e->first)
            v->seen[v->parts++] = 0;
        fade_one(v, e, buffer);
    }
}

/* The area for the labels as they are. */
static double area(struct volume *v)
{
    double odd = v->ranking->odd, found = 0, flanks = 0, recall = 0, sum = 0;
    uint32_t parts = 0;

    for (uint32_t i = 0; i < v->n_near; i++) {
        uint32_t row = v->near[i].row;
        double label = fmin(v->label[row], 1);
        if (label > 0 && !v->seen[v->part[row]]) {
            v->seen[v->part[row]] = 1;
            parts++;
        }
        found += label;
        flanks += v->near[i].odd ? 0 : label;
        if (i + 1 < v->n_near && v->near[i + 1].reach == v->near[i].reach)
            continue;
        double now = fmin(found / (odd + flanks / 2), 1) * parts / v->parts;
        sum += (now - recall) * found / v->near[i].reach;
        recall = now;
    }
    return sum;
}

int vus_pr(const struct ranking *r, const struct spans *events, uint32_t buffer,
           double *out)
{
    struct volume v = { .ranking = r, .events = events };
    double sum = 0;
    int rc = -1;

    *out = (double)NAN;
    if (!events->n)
        return 0;
    v.near = calloc(r->n, sizeof *v.near);
    v.label = calloc(r->n, sizeof *v.label);
    v.part = calloc(r->n, sizeof *v.part);
    v.seen = calloc(events->n, sizeof *v.seen);
    if (v.near && v.label && v.part && v.seen) {
        find_near(&v, buffer);
        for (uint32_t l = 0; l <= buffer; l++) {
            fade(&v, l);
            sum += area(&v);
        }
        *out = sum / ((double)buffer + 1);
        rc = 0;
    }
    free(v.near);
    free(v.label);
    free(v.part);
    free(v.seen);
    return rc;
}
