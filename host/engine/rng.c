/*
 * engine/rng.c - xoshiro256** (Blackman & Vigna 2018), seeded by splitmix64 (Steele
 * 2014).
 */
#include "engine/elementary.h"
#include "engine/gpt.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void gpt_rng_seed(struct gpt_rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&seed);
}

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t gpt_rng_next(struct gpt_rng *r)
{
    uint64_t *s = r->s;
    const uint64_t out = rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return out;
}

double gpt_rng_uniform(struct gpt_rng *r)
{
    return (double)(gpt_rng_next(r) >> 11) * 0x1p-53;
}

/* Multiply and shift; the few products that would favour some results are drawn again
 * (Lemire 2019). */
uint32_t gpt_rng_below(struct gpt_rng *r, uint32_t n)
{
    const uint32_t unfair = (0u - n) % n;
    uint64_t product;
    do {
        product = (gpt_rng_next(r) >> 32) * n;
    } while ((uint32_t)product < unfair);
    return (uint32_t)(product >> 32);
}

/* Box & Muller 1958; the second of the pair is not kept, so a generator is its four
 * words. */
double gpt_rng_gauss(struct gpt_rng *r)
{
    const double radius = sqrt(-2 * gpt_log(1 - gpt_rng_uniform(r)));
    return radius * gpt_sin_turn(gpt_rng_uniform(r));
}
