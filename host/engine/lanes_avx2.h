/*
 * engine/lanes_avx2.h - eight floats at once: AVX2 with FMA. See lanes_avx512.h.
 */
#ifndef KIRI_ENGINE_LANES_H
#define KIRI_ENGINE_LANES_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 8

typedef __m256 vf;
typedef __m256 vm;

static inline vf vf_all(float x)
{
    return _mm256_set1_ps(x);
}

static inline vf vf_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

static inline void vf_store(float *p, vf x)
{
    _mm256_storeu_ps(p, x);
}

static inline __m256i lanes_before(size_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n < LANES ? n : LANES)), lane);
}

static inline vm vm_first(size_t n)
{
    return _mm256_castsi256_ps(lanes_before(n));
}

static inline vm vm_from(size_t n)
{
    return _mm256_castsi256_ps(_mm256_xor_si256(lanes_before(n), _mm256_set1_epi32(-1)));
}

static inline vf vf_load_some(const float *p, size_t n)
{
    return _mm256_maskload_ps(p, lanes_before(n));
}

static inline void vf_store_some(float *p, vf x, size_t n)
{
    _mm256_maskstore_ps(p, lanes_before(n), x);
}

static inline vf vf_fma(vf a, vf b, vf c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static inline vf vf_fnma(vf a, vf b, vf c)
{
    return _mm256_fnmadd_ps(a, b, c);
}

static inline vf vf_max(vf a, vf b)
{
    return _mm256_max_ps(a, b);
}

static inline vf vf_min(vf a, vf b)
{
    return _mm256_min_ps(a, b);
}

static inline vf vf_sqrt(vf x)
{
    return _mm256_sqrt_ps(x);
}

static inline vf vf_abs(vf x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}

static inline vm vf_ge(vf a, vf b)
{
    return _mm256_cmp_ps(a, b, _CMP_GE_OQ);
}

static inline vm vf_gt(vf a, vf b)
{
    return _mm256_cmp_ps(a, b, _CMP_GT_OQ);
}

static inline vm vf_lt(vf a, vf b)
{
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

static inline vm vm_and(vm a, vm b)
{
    return _mm256_and_ps(a, b);
}

static inline int vm_every(vm a)
{
    return _mm256_movemask_ps(a) == 0xff;
}

static inline vf vf_pick(vm mask, vf a, vf b)
{
    return _mm256_blendv_ps(b, a, mask);
}

static inline vf vf_keep(vm mask, vf a)
{
    return _mm256_and_ps(mask, a);
}

static inline vf vf_scale(vf x, vf z)
{
    return _mm256_castsi256_ps(_mm256_add_epi32(
        _mm256_castps_si256(x), _mm256_slli_epi32(_mm256_castps_si256(z), 23)));
}

static inline vf vf_guess_inverse(vf x, uint32_t magic)
{
    return _mm256_castsi256_ps(
        _mm256_sub_epi32(_mm256_set1_epi32((int)magic), _mm256_castps_si256(x)));
}

static inline vf vf_split(vf x, vf *m)
{
    const __m256i bits = _mm256_castps_si256(x);
    const __m256i k =
        _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f3504f3)), 23);
    *m = _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(k, 23)));
    return _mm256_cvtepi32_ps(k);
}

static inline float line_sum(const vf *x)
{
    const __m256 a = _mm256_add_ps(x[0], x[1]);
    const __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 c = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

static inline float line_max(const vf *x)
{
    const __m256 a = _mm256_max_ps(x[0], x[1]);
    const __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 c = _mm_max_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}

/* Four floats from each of the rows row[0] and row[4], at `off`. */
static inline vf vf_quads(const float *const *row, size_t off)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row[0] + off)),
                                _mm_loadu_ps(row[4] + off), 1);
}

static inline void vf_turn(vf *a, vf *b, vf *c, vf *d)
{
    const __m256 ab_lo = _mm256_unpacklo_ps(*a, *b), ab_hi = _mm256_unpackhi_ps(*a, *b);
    const __m256 cd_lo = _mm256_unpacklo_ps(*c, *d), cd_hi = _mm256_unpackhi_ps(*c, *d);
    *a = _mm256_shuffle_ps(ab_lo, cd_lo, 0x44);
    *b = _mm256_shuffle_ps(ab_lo, cd_lo, 0xee);
    *c = _mm256_shuffle_ps(ab_hi, cd_hi, 0x44);
    *d = _mm256_shuffle_ps(ab_hi, cd_hi, 0xee);
}

#endif
