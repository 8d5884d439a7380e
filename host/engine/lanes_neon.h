/*
 * engine/lanes_neon.h - four floats at once: AArch64's Advanced SIMD. See
 * lanes_avx512.h.
 */
#ifndef KIRI_ENGINE_LANES_H
#define KIRI_ENGINE_LANES_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 4

typedef float32x4_t vf;
typedef uint32x4_t vm;

static inline vf vf_all(float x)
{
    return vdupq_n_f32(x);
}

static inline vf vf_load(const float *p)
{
    return vld1q_f32(p);
}

static inline void vf_store(float *p, vf x)
{
    vst1q_f32(p, x);
}

static inline vm vm_first(size_t n)
{
    static const uint32_t lane[LANES] = { 0, 1, 2, 3 };
    return vcltq_u32(vld1q_u32(lane), vdupq_n_u32((uint32_t)n));
}

static inline vm vm_from(size_t n)
{
    return vmvnq_u32(vm_first(n));
}

static inline vf vf_load_some(const float *p, size_t n)
{
    float x[LANES] = { 0 };
    for (size_t i = 0; i < n && i < LANES; i++)
        x[i] = p[i];
    return vld1q_f32(x);
}

static inline void vf_store_some(float *p, vf x, size_t n)
{
    float y[LANES];
    vst1q_f32(y, x);
    for (size_t i = 0; i < n && i < LANES; i++)
        p[i] = y[i];
}

static inline vf vf_fma(vf a, vf b, vf c)
{
    return vfmaq_f32(c, a, b);
}

static inline vf vf_fnma(vf a, vf b, vf c)
{
    return vfmsq_f32(c, a, b);
}

static inline vf vf_pick(vm mask, vf a, vf b)
{
    return vbslq_f32(mask, a, b);
}

static inline vf vf_keep(vm mask, vf a)
{
    return vreinterpretq_f32_u32(vandq_u32(mask, vreinterpretq_u32_f32(a)));
}

static inline vm vf_ge(vf a, vf b)
{
    return vcgeq_f32(a, b);
}

static inline vm vf_gt(vf a, vf b)
{
    return vcgtq_f32(a, b);
}

static inline vm vf_lt(vf a, vf b)
{
    return vcltq_f32(a, b);
}

/* Not vmaxq_f32: what is not a number must come out as on the others. */
static inline vf vf_max(vf a, vf b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

static inline vf vf_min(vf a, vf b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
}

static inline vf vf_sqrt(vf x)
{
    return vsqrtq_f32(x);
}

static inline vf vf_abs(vf x)
{
    return vabsq_f32(x);
}

static inline vm vm_and(vm a, vm b)
{
    return vandq_u32(a, b);
}

static inline int vm_every(vm a)
{
    return vminvq_u32(a) == UINT32_MAX;
}

static inline vf vf_scale(vf x, vf z)
{
    return vreinterpretq_f32_u32(
        vaddq_u32(vreinterpretq_u32_f32(x), vshlq_n_u32(vreinterpretq_u32_f32(z), 23)));
}

static inline vf vf_guess_inverse(vf x, uint32_t magic)
{
    return vreinterpretq_f32_u32(vsubq_u32(vdupq_n_u32(magic), vreinterpretq_u32_f32(x)));
}

static inline vf vf_split(vf x, vf *m)
{
    const int32x4_t bits = vreinterpretq_s32_f32(x);
    const int32x4_t k = vshrq_n_s32(vsubq_s32(bits, vdupq_n_s32(0x3f3504f3)), 23);
    *m = vreinterpretq_f32_s32(vsubq_s32(bits, vshlq_n_s32(k, 23)));
    return vcvtq_f32_s32(k);
}

static inline float line_sum(const vf *x)
{
    const vf a = vaddq_f32(vaddq_f32(x[0], x[2]), vaddq_f32(x[1], x[3]));
    const float32x2_t b = vadd_f32(vget_low_f32(a), vget_high_f32(a));
    return vget_lane_f32(b, 0) + vget_lane_f32(b, 1);
}

static inline float line_max(const vf *x)
{
    return vmaxnmvq_f32(vf_max(vf_max(x[0], x[2]), vf_max(x[1], x[3])));
}

/* Four floats of row[0], at `off`. */
static inline vf vf_quads(const float *const *row, size_t off)
{
    return vld1q_f32(row[0] + off);
}

static inline void vf_turn(vf *a, vf *b, vf *c, vf *d)
{
    const float32x4x2_t ab = vtrnq_f32(*a, *b), cd = vtrnq_f32(*c, *d);
    *a = vcombine_f32(vget_low_f32(ab.val[0]), vget_low_f32(cd.val[0]));
    *b = vcombine_f32(vget_low_f32(ab.val[1]), vget_low_f32(cd.val[1]));
    *c = vcombine_f32(vget_high_f32(ab.val[0]), vget_high_f32(cd.val[0]));
    *d = vcombine_f32(vget_high_f32(ab.val[1]), vget_high_f32(cd.val[1]));
}

#endif
