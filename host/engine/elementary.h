/*
 * engine/elementary.h - exp, log and the sine of a turn, ours: libm's differ from machine
 * to machine in the last bit. sqrt is libm's, because IEEE 754 fixes all its bits.
 */
#ifndef KIRI_ENGINE_ELEMENTARY_H
#define KIRI_ENGINE_ELEMENTARY_H

#include <stdint.h>

/* Below the least exp is 0: e^-40 = 4e-18 is nothing beside softmax's 1, and products of
 * what is left are not denormal. Above the most it stays there. */
#define GPT_EXP_LEAST (-40.0f)
#define GPT_EXP_MOST  88.0f

/* e^x within 2 ulp for x in [GPT_EXP_LEAST, GPT_EXP_MOST]; NaN of NaN and of -infinity,
 * which only an overflow can bring here. */
float gpt_exp(float x);
/* ln x for finite, normal x > 0, within 2 ulp of double. */
double gpt_log(double x);
/* sin(2 pi x) for x in [0, 1), within 1e-15. */
double gpt_sin_turn(double x);
/* b^n by squaring. */
double gpt_power(double b, uint64_t n);

#endif
