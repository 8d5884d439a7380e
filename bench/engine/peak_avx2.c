#include "bench/engine/peak_sets.h"

#include <immintrin.h>

typedef __m256 vec;
#define LANES     8
#define SUMS      12
#define PEAK_SET  peak_avx2
#define PEAK_NAME "avx2"
#define KEPT      "x"

static int here(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static inline vec load(const float *p)
{
    return _mm256_loadu_ps(p);
}

static inline void store(float *p, vec x)
{
    _mm256_storeu_ps(p, x);
}

static inline vec all(float x)
{
    return _mm256_set1_ps(x);
}

static inline vec multiply_add(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static inline vec reciprocal_root(vec x)
{
    return _mm256_rsqrt_ps(x);
}

#include "bench/engine/peak_template.h"
