/*
 * bench/peers/median.c - |x - median|: how many robust deviations is x from the median of
 * the last 8,640 values? The modified z-score of Iglewicz and Hoaglin ("How to detect and
 * handle outliers", 1993), whose deviation is 1.4826 times the median of |x - median|.
 */
#include "bench/peers/odd.h"

#include "flow/calibrate.h"

#include <math.h>
#include <stdlib.h>

#define TO_DEVIATION 1.4826
#define LEAST        0.01 /* of the range: a deviation of 0 makes every change a wonder */
#define MOST         1000.0
#define EXPECTED     0.798 /* mean of |z| of a Gaussian */

struct median {
    struct past value, distance;
};

static void *begin(uint32_t warmup)
{
    (void)warmup;
    return calloc(1, sizeof(struct median));
}

static void end(void *self)
{
    struct median *m = self;

    if (m) {
        past_fini(&m->value);
        past_fini(&m->distance);
    }
    free(m);
}

static double middle(const struct past *p)
{
    return p->n ? (double)p->sorted[p->n / 2] : 0;
}

static int push(void *self, double x, struct odd *out)
{
    struct median *m = self;
    double distance = m->value.n ? fabs(x - middle(&m->value)) : 0;

    *out = (struct odd){ 0 };
    if (m->value.n >= PAST_ENOUGH) {
        double range =
            (double)m->value.sorted[m->value.n - 1] - (double)m->value.sorted[0];
        double scale = fmax(TO_DEVIATION * middle(&m->distance), LEAST * range);
        if (distance > 0)
            out->alone = scale > 0 ? fmin(distance / scale, MOST) : MOST;
        out->excess = out->alone - EXPECTED;
    }
    return past_add(&m->value, (float)x) || past_add(&m->distance, (float)distance) ? -1
                                                                                    : 0;
}

const struct peer peer_median = { "median", begin, push, end };
