#include "bench/generate.h"

#include <assert.h>
#include <math.h>

#define MIX 0x9e3779b97f4a7c15u /* sets the seeds of kinds apart */

enum kind {
    GAUSSIAN,
    HEAVY,
    COUNTS,
    BIMODAL,
    DAILY,
    SLOW,
    BURSTS,
    UNIFORM,
    SKEWED,
    OFFICE
};

static const struct {
    const char *name, *about;
} kinds[GENERATE_STREAMS] = {
    [GAUSSIAN] = { "gaussian", "Gaussian noise around a level" },
    [HEAVY] = { "heavy", "Student's t with 2 degrees of freedom: no variance at all" },
    [COUNTS] = { "counts", "Poisson counts, 3 on average: whole numbers only" },
    [BIMODAL] = { "bimodal", "two levels, either with probability one half" },
    [DAILY] = { "daily", "a sine with the period of a day, and noise" },
    [SLOW] = { "slow", "AR(1) with .95: each value remembers those before" },
    [BURSTS] = { "bursts", "one level, and another in one row of fifty" },
    [UNIFORM] = { "uniform", "everything between two ends equally often" },
    [SKEWED] = { "skewed", "log-normal: most values small, some great" },
    [OFFICE] = { "office", "two levels by the hour, lower on two days of seven" },
};

const char *generate_name(uint32_t kind)
{
    assert(kind < GENERATE_STREAMS);
    return kinds[kind].name;
}

const char *generate_about(uint32_t kind)
{
    assert(kind < GENERATE_STREAMS);
    return kinds[kind].about;
}

void generate_begin(struct generated *g, uint32_t kind, uint64_t seed)
{
    assert(kind < GENERATE_STREAMS);
    *g = (struct generated){ .kind = kind };
    gpt_rng_seed(&g->rng, seed * MIX + kind);
    g->state = gpt_rng_gauss(&g->rng) / sqrt(1 - .95 * .95); /* of SLOW: as ever after */
}

/* Gaussian over the root of half a chi-square of two degrees. */
static double student2(struct gpt_rng *r)
{
    double g = gpt_rng_gauss(r), a = gpt_rng_gauss(r), b = gpt_rng_gauss(r);

    return g / sqrt((a * a + b * b) / 2);
}

/* Uniforms multiplied until their product is below e^-mean (Knuth, TAOCP 2, 3.4.1). */
static double poisson(struct gpt_rng *r, double mean)
{
    double least = exp(-mean), product = 1;
    int n = -1;

    do {
        product *= gpt_rng_uniform(r);
        n++;
    } while (product > least);
    return n;
}

double generate_next(struct generated *g)
{
    struct gpt_rng *r = &g->rng;
    uint64_t row = g->row++, day = row / GENERATE_DAY;
    double hour = (double)(row % GENERATE_DAY) / 60;

    switch ((enum kind)g->kind) {
    case GAUSSIAN: return 50 + 10 * gpt_rng_gauss(r);
    case HEAVY: return 50 + 5 * student2(r);
    case COUNTS: return poisson(r, 3);
    case BIMODAL: {
        double level = gpt_rng_uniform(r) < .5 ? 20 : 80;
        return level + 2 * gpt_rng_gauss(r);
    }
    case DAILY: return 50 + 30 * sin(M_PI * hour / 12) + 4 * gpt_rng_gauss(r);
    case SLOW: return g->state = .95 * g->state + gpt_rng_gauss(r);
    case BURSTS:
        return gpt_rng_uniform(r) < .02 ? 90 + 5 * gpt_rng_gauss(r)
                                        : 10 + gpt_rng_gauss(r);
    case UNIFORM: return 100 * gpt_rng_uniform(r);
    case SKEWED: return exp(2 + .8 * gpt_rng_gauss(r));
    case OFFICE: {
        double level = hour > 9 && hour < 18 ? 60 : 20;
        return level - (day % 7 > 4 ? 10 : 0) + 5 * gpt_rng_gauss(r);
    }
    }
    return 0;
}

#define MEMORY 0.98

void plant_begin(struct plant *p, uint64_t seed)
{
    gpt_rng_seed(&p->rng, seed);
    p->factor = gpt_rng_gauss(&p->rng);
}

void plant_next(struct plant *p, uint32_t loose, double out[PLANT_METRICS])
{
    p->factor = MEMORY * p->factor + sqrt(1 - MEMORY * MEMORY) * gpt_rng_gauss(&p->rng);
    for (uint32_t i = 0; i < PLANT_METRICS; i++) {
        double noise = gpt_rng_gauss(&p->rng);
        out[i] = i == loose ? noise : sqrt(.9) * p->factor + sqrt(.1) * noise;
    }
}
