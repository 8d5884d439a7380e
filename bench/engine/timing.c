#include "bench/engine/timing.h"

#include "bench/engine/count.h"
#include "bench/engine/peak.h"

#include <stdlib.h>

#define BURST  2e-3
#define BURSTS 3

double timing_us(struct work *w, const struct gpt_parallel *par, double seconds,
                 unsigned long *requests)
{
    double least = 0;

    if (work_reset(w))
        return -1;
    for (uint32_t i = 0; i < w->steps; i++) /* into the caches */
        work_do(w, par);
    const unsigned long before = count_requests();
    const double began = peak_now();
    for (int bursts = 0; bursts < BURSTS || peak_now() - began < seconds; bursts++) {
        const double from = peak_now();
        double took = 0;
        uint64_t units = 0;
        while (units == 0 || took < BURST) {
            for (uint32_t i = 0; i < w->steps; i++)
                work_do(w, par);
            units += w->steps;
            took = peak_now() - from;
        }
        took /= (double)units;
        least = bursts == 0 || took < least ? took : least;
    }
    *requests += count_requests() - before;
    return 1e6 * least;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

struct spread timing_spread(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_size);
    return (struct spread){ (x[(n - 1) / 2] + x[n / 2]) / 2, x[0], x[n - 1] };
}
