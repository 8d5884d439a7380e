#include "bench/peers/odd.h"

#include "bench/peers/decades.h"

#include <math.h>

static int watch(const struct peer *p, void *self, struct decades *d, const double *x,
                 uint32_t n, uint32_t warmup, double *alone, double *decades)
{
    for (uint32_t i = 0; i < n; i++) {
        struct odd odd = { 0 };
        double score = 0;

        if (isfinite(x[i]) &&
            (p->push(self, x[i], &odd) || decades_push(d, odd.excess, x[i], &score)))
            return -1;
        alone[i] = i < warmup ? 0 : odd.alone;
        decades[i] = i < warmup ? 0 : score;
    }
    return 0;
}

int peer_watch(const struct peer *p, const double *x, uint32_t n, uint32_t warmup,
               double *alone, double *decades)
{
    void *self = p->begin(warmup);
    struct decades d;
    int rc = -1;

    if (self && decades_init(&d, warmup) == 0) {
        rc = watch(p, self, &d, x, n, warmup, alone, decades);
        decades_fini(&d);
    }
    p->end(self);
    return rc;
}
