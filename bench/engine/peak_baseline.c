/*
 * What every core has: four lanes, a product and a sum apiece.
 */
#include "bench/engine/peak_sets.h"

#include <math.h>
#include <string.h>

typedef float vec __attribute__((vector_size(16)));
#define LANES     4
#define SUMS      12
#define PEAK_SET  peak_baseline
#define PEAK_NAME "baseline"
#if defined(__x86_64__)
#define KEPT "x"
#elif defined(__aarch64__)
#define KEPT "w"
#else
#define KEPT "m"
#endif

static int here(void)
{
    return 1;
}

static inline vec load(const float *p)
{
    vec x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline void store(float *p, vec x)
{
    memcpy(p, &x, sizeof x);
}

static inline vec all(float x)
{
    return (vec){ x, x, x, x };
}

static inline vec multiply_add(vec a, vec b, vec c)
{
    return a * b + c;
}

static inline vec reciprocal_root(vec x)
{
    return (vec){ 1 / sqrtf(x[0]), 1 / sqrtf(x[1]), 1 / sqrtf(x[2]), 1 / sqrtf(x[3]) };
}

#include "bench/engine/peak_template.h"
