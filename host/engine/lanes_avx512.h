/*
 * engine/lanes_avx512.h - sixteen floats at once: AVX-512 (F, BW, DQ, VL).
 *
 * What engine/wide_*.h is written in; lanes_avx2.h and lanes_neon.h have the same names.
 */
#ifndef KIRI_ENGINE_LANES_H
#define KIRI_ENGINE_LANES_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 16

typedef __m512 vf;    /* one vector                     */
typedef __mmask16 vm; /* which lanes: of a comparison   */

static inline vf vf_all(float x)
{
    return _mm512_set1_ps(x);
}

static inline vf vf_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

static inline void vf_store(float *p, vf x)
{
    _mm512_storeu_ps(p, x);
}

/* The lanes before n. */
static inline vm vm_first(size_t n)
{
    return (vm)(n < LANES ? (1u << n) - 1u : 0xffffu);
}

/* The lanes from n on. */
static inline vm vm_from(size_t n)
{
    return (vm)(n < LANES ? 0xffffu << n : 0);
}

/* Lanes before n, the rest 0; nothing else is touched. */
static inline vf vf_load_some(const float *p, size_t n)
{
    return _mm512_maskz_loadu_ps(vm_first(n), p);
}

static inline void vf_store_some(float *p, vf x, size_t n)
{
    _mm512_mask_storeu_ps(p, vm_first(n), x);
}

/* a b + c, and c - a b, rounded once. */
static inline vf vf_fma(vf a, vf b, vf c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static inline vf vf_fnma(vf a, vf b, vf c)
{
    return _mm512_fnmadd_ps(a, b, c);
}

/* a > b ? a : b, and a < b ? a : b; b when one is not a number. */
static inline vf vf_max(vf a, vf b)
{
    return _mm512_max_ps(a, b);
}

static inline vf vf_min(vf a, vf b)
{
    return _mm512_min_ps(a, b);
}

static inline vf vf_sqrt(vf x)
{
    return _mm512_sqrt_ps(x);
}

static inline vf vf_abs(vf x)
{
    return _mm512_abs_ps(x);
}

static inline vm vf_ge(vf a, vf b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}

static inline vm vf_gt(vf a, vf b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

static inline vm vf_lt(vf a, vf b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

static inline vm vm_and(vm a, vm b)
{
    return (vm)(a & b);
}

static inline int vm_every(vm a)
{
    return a == 0xffffu;
}

/* a where the mask is set, else b; or else 0. */
static inline vf vf_pick(vm mask, vf a, vf b)
{
    return _mm512_mask_blend_ps(mask, b, a);
}

static inline vf vf_keep(vm mask, vf a)
{
    return _mm512_maskz_mov_ps(mask, a);
}

/* x 2^n for n in the low bits of z, 1.5 2^23 + n, while the result is normal. */
static inline vf vf_scale(vf x, vf z)
{
    return _mm512_castsi512_ps(_mm512_add_epi32(
        _mm512_castps_si512(x), _mm512_slli_epi32(_mm512_castps_si512(z), 23)));
}

/* The bits of `magic` minus those of x: a first guess of 1 / x. */
static inline vf vf_guess_inverse(vf x, uint32_t magic)
{
    return _mm512_castsi512_ps(
        _mm512_sub_epi32(_mm512_set1_epi32((int)magic), _mm512_castps_si512(x)));
}

/* k and m with x = 2^k m, m in [sqrt 1/2, sqrt 2), for normal x > 0. */
static inline vf vf_split(vf x, vf *m)
{
    const __m512i bits = _mm512_castps_si512(x);
    const __m512i k =
        _mm512_srai_epi32(_mm512_sub_epi32(bits, _mm512_set1_epi32(0x3f3504f3)), 23);
    *m = _mm512_castsi512_ps(_mm512_sub_epi32(bits, _mm512_slli_epi32(k, 23)));
    return _mm512_cvtepi32_ps(k);
}

/* A line is 16 floats in 16 / LANES vectors. Its sum, by halves: lane i and i + 8, then i
 * and i + 4, then (0 + 2) + (1 + 3): the order of every table. */
static inline float line_sum(const vf *x)
{
    const __m256 a =
        _mm256_add_ps(_mm512_castps512_ps256(x[0]), _mm512_extractf32x8_ps(x[0], 1));
    const __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 c = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

static inline float line_max(const vf *x)
{
    const __m256 a =
        _mm256_max_ps(_mm512_castps512_ps256(x[0]), _mm512_extractf32x8_ps(x[0], 1));
    const __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 c = _mm_max_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}

/* Four floats from each of the rows row[0], row[4], row[8], row[12], at `off`. */
static inline vf vf_quads(const float *const *row, size_t off)
{
    const __m512 a = _mm512_castps128_ps512(_mm_loadu_ps(row[0] + off));
    const __m512 b = _mm512_insertf32x4(a, _mm_loadu_ps(row[4] + off), 1);
    const __m512 c = _mm512_insertf32x4(b, _mm_loadu_ps(row[8] + off), 2);
    return _mm512_insertf32x4(c, _mm_loadu_ps(row[12] + off), 3);
}

/* Transposes 4 x 4 within each quad of lanes. */
static inline void vf_turn(vf *a, vf *b, vf *c, vf *d)
{
    const __m512 ab_lo = _mm512_unpacklo_ps(*a, *b), ab_hi = _mm512_unpackhi_ps(*a, *b);
    const __m512 cd_lo = _mm512_unpacklo_ps(*c, *d), cd_hi = _mm512_unpackhi_ps(*c, *d);
    *a = _mm512_shuffle_ps(ab_lo, cd_lo, 0x44);
    *b = _mm512_shuffle_ps(ab_lo, cd_lo, 0xee);
    *c = _mm512_shuffle_ps(ab_hi, cd_hi, 0x44);
    *d = _mm512_shuffle_ps(ab_hi, cd_hi, 0xee);
}

#endif
