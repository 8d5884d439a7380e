/*
 * bench/engine/peak.h - what this core can do: its fp32 FMA peak, its memory rates, and
 * one pass of Adam, by the widest instructions that it has.
 *
 * Each instruction set is a translation unit with flags of its own (peak_*.c, from
 * peak_template.h), tried at run time. The best of several short bursts counts: what else
 * runs on the machine can only make a burst longer.
 */
#ifndef KIRI_BENCH_ENGINE_PEAK_H
#define KIRI_BENCH_ENGINE_PEAK_H

#include <stddef.h>

/* One instruction set. Floats are multiples of 128 and begin on a cache line. */
struct peak_set {
    const char *name;
    int (*here)(void); /* does this core have it? */
    size_t turn_flops; /* of a turn of fma */
    void (*fma)(size_t turns);
    void (*read)(const float *p, size_t floats, size_t passes);
    void (*write)(float *p, size_t floats, size_t passes);
    /* One step of Adam with a reciprocal root of twelve bits and no eps: the least that
     * an update can cost. */
    void (*adam)(float *w, float *m, float *v, const float *g, size_t floats);
};

/* Ends with NULL; the baseline, which every core has, is the first. */
extern const struct peak_set *const peak_sets[];

struct peaks {
    double gflops;
    double l1_read, l1_write, l2_read, l2_write; /* GB/s */
};

struct peak;
/* Tries every set; the one with the greatest fp32 peak is taken. NULL: memory. */
struct peak *peak_new(void);
void peak_free(struct peak *p);
const char *peak_name(const struct peak *p); /* of the set taken */
void peak_measure(struct peak *p, struct peaks *out);
/* FLOP/s of the set taken. */
double peak_measure_flops(struct peak *p);
/* GFLOP/s of one set. */
double peak_gflops(const struct peak_set *s);
/* Seconds of one pass of Adam over so many parameters, at most PEAK_PARAMS. */
double peak_adam(struct peak *p, size_t params);
#define PEAK_PARAMS ((size_t)1 << 21)

/* Monotonic time, seconds. */
double peak_now(void);

#endif
