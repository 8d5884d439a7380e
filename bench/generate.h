/*
 * bench/generate.h - streams whose nature is known, since they are drawn: the same seed
 * gives the same values on every machine (the engine's generator; libm's sin and exp).
 *
 * Streams of one number, a row a minute, that do not change in the long run: whatever is
 * alarmed in them is a false alarm. Plants of six metrics that share one slow factor.
 */
#ifndef KIRI_BENCH_GENERATE_H
#define KIRI_BENCH_GENERATE_H

#include "engine/gpt.h"

#include <stdint.h>

#define GENERATE_STREAMS 10u
#define GENERATE_DAY     1440u /* rows a day */

struct generated {
    uint32_t kind; /* < GENERATE_STREAMS */
    struct gpt_rng rng;
    uint64_t row;
    double state;
};
const char *generate_name(uint32_t kind);  /* "gaussian"                    */
const char *generate_about(uint32_t kind); /* "what it is, for a document"  */
void generate_begin(struct generated *g, uint32_t kind, uint64_t seed);
double generate_next(struct generated *g); /* the next minute's value */

#define PLANT_METRICS 6u

/* Each metric is sqrt(.9) of a common factor, AR(1) with .98 and variance 1, and sqrt(.1)
 * of noise of its own: N(0, 1) by itself, .9 correlated with the others. */
struct plant {
    struct gpt_rng rng;
    double factor;
};
void plant_begin(struct plant *p, uint64_t seed);
/* The next row. The metric `loose` is drawn from N(0, 1) by itself; PLANT_METRICS: none
 * is. */
void plant_next(struct plant *p, uint32_t loose, double out[PLANT_METRICS]);

#endif
