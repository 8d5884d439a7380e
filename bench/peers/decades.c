#include "bench/peers/decades.h"

#include <math.h>

#define CLIP       6.0  /* nats: beyond, odder is not told apart */
#define LEVEL_MOST 10.0 /* decades before the range rule's */

int decades_init(struct decades *d, uint32_t warmup)
{
    *d = (struct decades){ 0 };
    return rules_init(&d->rules, warmup);
}

void decades_fini(struct decades *d)
{
    rules_fini(&d->rules);
    gauge_fini(&d->gauge);
}

static double mean_of_six(struct decades *d, double part)
{
    double sum = 0;
    uint64_t n = d->rows < QUIET_ROWS ? d->rows + 1 : QUIET_ROWS;

    d->six[d->rows++ % QUIET_ROWS] = part;
    for (uint64_t i = 0; i < n; i++)
        sum += d->six[i];
    return sum / (double)n;
}

int decades_push(struct decades *d, double excess, double x, double *score)
{
    double six = mean_of_six(d, fmin(fmax(excess, 0), CLIP) / CLIP);
    double level = fmin(gauge_score(&d->gauge, six), LEVEL_MOST);
    double depth = rules_depth(&d->rules, x);

    *score = rules_hold(&d->rules, level + rules_range(depth));
    rules_see(&d->rules, x);
    return gauge_add(&d->gauge, (float)six);
}
