/*
 * bench/engine/peak_template.h - the kernels of one instruction set, for peak_*.c, which
 * has defined: vec, LANES, SUMS (12 or 24 chains, as many as there are registers for),
 * PEAK_SET, PEAK_NAME, KEPT (the asm constraint of a vector register), and the functions
 * here, load, store, all, multiply_add,
 * reciprocal_root.
 */
#include "bench/engine/peak.h"

/* The value is needed, says this to the compiler; costs nothing. */
#define KEEP(v) __asm__ volatile("" : : KEPT(v))

#define EACH12(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#if SUMS == 24
#define EACH(X)                                                                          \
    EACH12(X) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#else
#define EACH(X) EACH12(X)
#endif
#define BEGIN(i) vec s##i = all((float)i);
#define STEP(i)  s##i = multiply_add(s##i, a, b);
#define END(i)   KEEP(s##i);

/* Chains that do not wait for each other, all in registers. */
static void fma_turns(size_t turns)
{
    vec a = all(0.9999f), b = all(1e-4f);
    __asm__ volatile("" : "+" KEPT(a), "+" KEPT(b)); /* not known at compile time */
    EACH(BEGIN)
    while (turns--) {
        EACH(STEP)
    }
    EACH(END)
}

static void read_floats(const float *p, size_t floats, size_t passes)
{
    while (passes--)
        for (size_t i = 0; i < floats; i += 8 * LANES) {
            KEEP(load(p + i));
            KEEP(load(p + i + LANES));
            KEEP(load(p + i + 2 * LANES));
            KEEP(load(p + i + 3 * LANES));
            KEEP(load(p + i + 4 * LANES));
            KEEP(load(p + i + 5 * LANES));
            KEEP(load(p + i + 6 * LANES));
            KEEP(load(p + i + 7 * LANES));
        }
}

static void write_floats(float *p, size_t floats, size_t passes)
{
    vec x = all(.5f);
    __asm__ volatile("" : "+" KEPT(x));
    while (passes--) {
        for (size_t i = 0; i < floats; i += 4 * LANES) {
            store(p + i, x);
            store(p + i + LANES, x);
            store(p + i + 2 * LANES, x);
            store(p + i + 3 * LANES, x);
        }
        __asm__ volatile("" : : : "memory");
    }
}

static void adam(float *w, float *m, float *v, const float *g, size_t floats)
{
    const vec b1 = all(.85f), c1 = all(.15f), b2 = all(.99f), c2 = all(.01f);
    const vec rate = all(-1e-12f); /* weights that hardly move, whatever is repeated */
    for (size_t i = 0; i < floats; i += LANES) {
        const vec d = load(g + i);
        const vec first = multiply_add(b1, load(m + i), c1 * d);
        const vec second = multiply_add(b2, load(v + i), c2 * d * d);
        store(m + i, first);
        store(v + i, second);
        store(w + i, multiply_add(rate * first, reciprocal_root(second), load(w + i)));
    }
}

const struct peak_set PEAK_SET = {
    .name = PEAK_NAME,
    .here = here,
    .turn_flops = (size_t)2 * SUMS * LANES,
    .fma = fma_turns,
    .read = read_floats,
    .write = write_floats,
    .adam = adam,
};
