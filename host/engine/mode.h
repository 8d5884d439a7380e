/*
 * engine/mode.h - the floating point mode in which the engine computes.
 *
 * Round to nearest, nothing traps, whatever the caller's mode is; and in the fast tables
 * what is too small for a normal number is zero, because denormal numbers cost a hundred
 * times the time. The caller's mode is restored before the engine returns, on every
 * thread that it worked on.
 */
#ifndef KIRI_ENGINE_MODE_H
#define KIRI_ENGINE_MODE_H

#include <stdint.h>

#if defined __x86_64__
#include <immintrin.h>

#define GPT_MODE_EXACT 0x1f80u /* MXCSR: all exceptions masked, round to nearest */
#define GPT_MODE_FLUSH 0x9fc0u /* and FTZ, DAZ                                  */

static inline uint64_t gpt_mode_read(void)
{
    return _mm_getcsr();
}

static inline void gpt_mode_write(uint64_t mode)
{
    _mm_setcsr((unsigned)mode);
}

#elif defined __aarch64__

#define GPT_MODE_EXACT 0u         /* FPCR */
#define GPT_MODE_FLUSH (1u << 24) /* FZ   */

static inline uint64_t gpt_mode_read(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}

static inline void gpt_mode_write(uint64_t mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
}

#else

#define GPT_MODE_EXACT 0u
#define GPT_MODE_FLUSH 0u

static inline uint64_t gpt_mode_read(void)
{
    return 0;
}

static inline void gpt_mode_write(uint64_t mode)
{
    (void)mode;
}

#endif

/* Enters the engine's mode; what it returns is for gpt_mode_leave. */
static inline uint64_t gpt_mode_enter(int flush)
{
    const uint64_t was = gpt_mode_read();
    gpt_mode_write(flush ? GPT_MODE_FLUSH : GPT_MODE_EXACT);
    return was;
}

static inline void gpt_mode_leave(uint64_t was)
{
    gpt_mode_write(was);
}

#endif
