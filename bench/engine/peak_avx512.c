#include "bench/engine/peak_sets.h"

#include <immintrin.h>

typedef __m512 vec;
#define LANES     16
#define SUMS      24
#define PEAK_SET  peak_avx512
#define PEAK_NAME "avx512"
#define KEPT      "v"

static int here(void)
{
    return __builtin_cpu_supports("avx512f");
}

static inline vec load(const float *p)
{
    return _mm512_loadu_ps(p);
}

static inline void store(float *p, vec x)
{
    _mm512_storeu_ps(p, x);
}

static inline vec all(float x)
{
    return _mm512_set1_ps(x);
}

static inline vec multiply_add(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static inline vec reciprocal_root(vec x)
{
    return _mm512_rsqrt14_ps(x);
}

#include "bench/engine/peak_template.h"
