/*
 * engine/wide_exp.h - e^x, ln x and 1 / x of a vector.
 *
 * Fused multiply-adds, additions and integer operations only: the same bits on any
 * machine that has a fused multiply-add.
 */
#ifndef KIRI_ENGINE_WIDE_EXP_H
#define KIRI_ENGINE_WIDE_EXP_H

#include "engine/elementary.h"

/*
 * e^x within 2 ulp for x in [GPT_EXP_LEAST, 88], 0 below, NaN of NaN and of -infinity. x
 * = n ln 2 + r, |r| <= ln 2 / 2: n by adding and taking away 1.5 * 2^23, ln 2 in two
 * parts, e^r by Moshier's polynomial (Cephes, expf.c), 2^n by adding to the exponent.
 */
static inline vf vf_exp(vf x)
{
    const vf magic = vf_all(12582912.0f);
    const vm kept = vf_ge(x, vf_all(GPT_EXP_LEAST));
    const vf little = x - x; /* 0, or NaN: NOLINT(misc-redundant-expression) */
    x = vf_max(x, vf_all(GPT_EXP_LEAST));
    const vf z = vf_fma(x, vf_all(1.44269504088896341f), magic);
    const vf n = z - magic;
    const vf half = vf_fnma(n, vf_all(0.693359375f), x);
    const vf r = vf_fnma(n, vf_all(-2.12194440e-4f), half);
    vf p = vf_fma(vf_all(1.9875691500e-4f), r, vf_all(1.3981999507e-3f));
    p = vf_fma(p, r, vf_all(8.3334519073e-3f));
    p = vf_fma(p, r, vf_all(4.1665795894e-2f));
    p = vf_fma(p, r, vf_all(1.6666665459e-1f));
    p = vf_fma(p, r, vf_all(5.0000001201e-1f));
    p = vf_fma(p, r, vf_all(1));
    p = vf_fma(p, r, vf_all(1));
    return vf_pick(kept, vf_scale(p, z), little); /* only n's low bits survive */
}

/* 1 / x within 2 ulp for x in [1e-37, 1e37]: e = 1 - x y, |e| < .06 for a first guess y,
 * then 1 / x = y (1 + e) (1 + e^2) (1 + e^4). */
static inline vf vf_inverse(vf x)
{
    vf y = vf_guess_inverse(x, 0x7ef311c7u);
    const vf e = vf_fnma(x, y, vf_all(1));
    const vf e2 = e * e;
    y = vf_fma(y, e, y);
    y = vf_fma(y, e2, y);
    return vf_fma(y, e2 * e2, y);
}

/* ln x within 2 ulp of float for normal x > 0: x = 2^k m, m in [sqrt 1/2, sqrt 2), then
 * Moshier's polynomial (Cephes, logf.c). */
static inline vf vf_log(vf x)
{
    vf m;
    const vf k = vf_split(x, &m);
    const vf f = m - vf_all(1);
    const vf z = f * f;
    vf p = vf_fma(vf_all(7.0376836292e-2f), f, vf_all(-1.1514610310e-1f));
    p = vf_fma(p, f, vf_all(1.1676998740e-1f));
    p = vf_fma(p, f, vf_all(-1.2420140846e-1f));
    p = vf_fma(p, f, vf_all(1.4249322787e-1f));
    p = vf_fma(p, f, vf_all(-1.6668057665e-1f));
    p = vf_fma(p, f, vf_all(2.0000714765e-1f));
    p = vf_fma(p, f, vf_all(-2.4999993993e-1f));
    p = vf_fma(p, f, vf_all(3.3333331174e-1f));
    vf y = vf_fma(k, vf_all(-2.12194440e-4f), (f * z) * p);
    y = vf_fnma(vf_all(0.5f), z, y);
    return vf_fma(k, vf_all(0.693359375f), f + y);
}

#endif
