/*
 * bench/peers/gaussian.c - the windowed Gaussian: how far in the tail of a normal
 * distribution is x, by mean and deviation of the 1,000 values before?
 *
 * The detector of that name in the Numenta Anomaly Benchmark
 * (nab/detectors/gaussian/windowedGaussian_detector.py; Ahmad et al., "Unsupervised
 * real-time anomaly detection for streaming data", 2017), whose window "has been tuned to
 * give best performance on NAB". It says the tail's probability itself, which ends at
 * 1e-16; decades tell more apart.
 */
#include "bench/peers/odd.h"

#include "flow/calibrate.h"

#include <math.h>
#include <stdlib.h>

#define WINDOW 1000u
#define LEAST  1e-6 /* deviation of a window without any, as published */

struct gaussian {
    double x[WINDOW]; /* row r's at r % WINDOW */
    uint64_t rows;
};

static void *begin(uint32_t warmup)
{
    (void)warmup;
    return calloc(1, sizeof(struct gaussian));
}

static void moments(const struct gaussian *g, double *mean, double *deviation)
{
    uint64_t n = g->rows < WINDOW ? g->rows : WINDOW;
    double sum = 0, squares = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += g->x[i];
    *mean = sum / (double)n;
    for (uint64_t i = 0; i < n; i++)
        squares += (g->x[i] - *mean) * (g->x[i] - *mean);
    *deviation = sqrt(squares / (double)n);
}

static int push(void *self, double x, struct odd *out)
{
    struct gaussian *g = self;
    double mean, deviation;

    *out = (struct odd){ 0 };
    if (g->rows) {
        moments(g, &mean, &deviation);
        double z = fabs(x - mean) / fmax(deviation, LEAST);
        out->alone = fmin(decades_of_z(z), SCORE_FAR);
        /* -ln of both tails, which is 1 nat on average. */
        out->excess = out->alone * M_LN10 - M_LN2 - 1;
    }
    g->x[g->rows++ % WINDOW] = x;
    return 0;
}

const struct peer peer_gaussian = { "gaussian", begin, push, free };
