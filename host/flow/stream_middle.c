#include "flow/stream_middle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TO_DEVIATION 1.4826 /* of a Gaussian, from the median distance */
#define LEAST        0.01   /* of the range */

int middle_init(struct middle *m, uint32_t span)
{
    *m = (struct middle){ .span = span };
    m->ring = calloc(span, sizeof *m->ring);
    m->sorted = calloc(span, sizeof *m->sorted);
    return m->ring && m->sorted ? 0 : -1;
}

void middle_fini(struct middle *m)
{
    free(m->ring);
    free(m->sorted);
    *m = (struct middle){ 0 };
}

void middle_forget(struct middle *m)
{
    m->n = 0;
    m->at = 0;
}

/* The first sorted number >= x; n: all are smaller. */
static uint32_t rank_of(const struct middle *m, double x)
{
    uint32_t from = 0, to = m->n;

    while (from < to) {
        uint32_t half = (from + to) / 2;
        if (m->sorted[half] < x)
            from = half + 1;
        else
            to = half;
    }
    return from;
}

void middle_add(struct middle *m, double x)
{
    double *place = &m->ring[m->at++ % m->span];

    if (m->n == m->span) { /* the oldest leaves */
        uint32_t k = rank_of(m, *place);
        m->n--;
        memmove(m->sorted + k, m->sorted + k + 1, (m->n - k) * sizeof *m->sorted);
    }
    uint32_t k = rank_of(m, x);
    memmove(m->sorted + k + 1, m->sorted + k, (m->n - k) * sizeof *m->sorted);
    m->sorted[k] = x;
    m->n++;
    *place = x;
}

/* The distance of the i-th number below the middle one, and above it. */
static double below(const struct middle *m, uint32_t i)
{
    return m->sorted[m->n / 2] - m->sorted[m->n / 2 - 1 - i];
}

static double above(const struct middle *m, uint32_t i)
{
    return m->sorted[m->n / 2 + 1 + i] - m->sorted[m->n / 2];
}

/* The median of all distances from the middle number: as many are nearer as are below
 * it, and those nearest are a stretch around it, which is found by bisection. */
static double median_distance(const struct middle *m)
{
    uint32_t near = m->n / 2, most_above = m->n - near - 1;
    uint32_t from = near - (near < most_above ? near : most_above), to = near;

    while (from < to) { /* how many of the `near` nearest are below */
        uint32_t half = (from + to) / 2;
        if (below(m, half) < above(m, near - half - 1))
            from = half + 1;
        else
            to = half;
    }
    return fmax(from ? below(m, from - 1) : 0,
                near > from ? above(m, near - from - 1) : 0);
}

double middle_distance(const struct middle *m, double x)
{
    if (m->n < MIDDLE_ENOUGH || isnan(x))
        return 0;
    double distance = fabs(x - m->sorted[m->n / 2]);
    double range = m->sorted[m->n - 1] - m->sorted[0];
    double deviation = fmax(TO_DEVIATION * median_distance(m), LEAST * range);
    if (distance <= 0)
        return 0;
    return deviation > 0 ? fmin(distance / deviation, MIDDLE_FARTHEST) : MIDDLE_FARTHEST;
}
