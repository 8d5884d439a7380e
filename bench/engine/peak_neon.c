#include "bench/engine/peak_sets.h"

#include <arm_neon.h>

typedef float32x4_t vec;
#define LANES     4
#define SUMS      24
#define PEAK_SET  peak_neon
#define PEAK_NAME "neon"
#define KEPT      "w"

static int here(void)
{
    return 1;
}

static inline vec load(const float *p)
{
    return vld1q_f32(p);
}

static inline void store(float *p, vec x)
{
    vst1q_f32(p, x);
}

static inline vec all(float x)
{
    return vdupq_n_f32(x);
}

static inline vec multiply_add(vec a, vec b, vec c)
{
    return vfmaq_f32(c, a, b);
}

static inline vec reciprocal_root(vec x)
{
    return vrsqrteq_f32(x);
}

#include "bench/engine/peak_template.h"
