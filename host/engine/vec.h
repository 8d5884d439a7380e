/*
 * engine/vec.h - four floats at once, in the vector extension that gcc and clang share.
 *
 * Every operation is IEEE 754 element by element (never contracted), so the bits are
 * those of a plain loop, on any machine, at any optimisation level.
 */
#ifndef KIRI_ENGINE_VEC_H
#define KIRI_ENGINE_VEC_H

#include "engine/elementary.h"

#include <stdint.h>
#include <string.h>

typedef float v4 __attribute__((vector_size(16)));
typedef uint32_t u4 __attribute__((vector_size(16)));

static inline v4 v4_load(const float *p)
{
    v4 x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline void v4_store(float *p, v4 x)
{
    memcpy(p, &x, sizeof x);
}

static inline v4 v4_all(float x)
{
    return (v4){ x, x, x, x };
}

/* a where the mask is all ones, b where it is zero. */
static inline v4 v4_pick(u4 mask, v4 a, v4 b)
{
    return (v4)(((u4)a & mask) | ((u4)b & ~mask));
}

static inline v4 v4_max(v4 a, v4 b)
{
    return v4_pick((u4)(a > b), a, b);
}

/* ((0 + 2) + (1 + 3)): the one order in which four lanes are summed. */
static inline float v4_sum(v4 x)
{
    return (x[0] + x[2]) + (x[1] + x[3]);
}

/*
 * e^x, 0 below GPT_EXP_LEAST, NaN of NaN and of -infinity. x = n ln 2 + r, |r| <= ln 2 /
 * 2: n by adding and taking away 1.5 * 2^23, ln 2 in two parts, e^r by Moshier's
 * polynomial (Cephes, expf.c), 2^n by adding to the exponent.
 */
static inline v4 v4_exp(v4 x)
{
    const v4 magic = v4_all(12582912.0f);
    const u4 kept = (u4)(x >= v4_all(GPT_EXP_LEAST));
    const v4 little = x - x; /* 0, or NaN: NOLINT(misc-redundant-expression) */
    x = v4_pick(kept, x, v4_all(GPT_EXP_LEAST));
    x = v4_pick((u4)(x > v4_all(GPT_EXP_MOST)), v4_all(GPT_EXP_MOST), x);
    const v4 z = x * v4_all(1.44269504088896341f) + magic;
    const v4 n = z - magic;
    const v4 r = (x - n * v4_all(0.693359375f)) - n * v4_all(-2.12194440e-4f);
    v4 p = v4_all(1.9875691500e-4f);
    p = p * r + v4_all(1.3981999507e-3f);
    p = p * r + v4_all(8.3334519073e-3f);
    p = p * r + v4_all(4.1665795894e-2f);
    p = p * r + v4_all(1.6666665459e-1f);
    p = p * r + v4_all(5.0000001201e-1f);
    p = (p * (r * r) + r) + v4_all(1.0f);
    const v4 y = (v4)((u4)p + ((u4)z << 23)); /* only n's low bits survive the shift */
    return v4_pick(kept, y, little);
}

#endif
