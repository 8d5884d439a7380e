#include "bench/engine/peak.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE      64u
#define L1_FLOATS ((size_t)16 * 1024 / sizeof(float))  /* half of the smallest L1 */
#define L2_FLOATS ((size_t)256 * 1024 / sizeof(float)) /* half of the smallest L2 */
#define BURST     1e-3                                 /* seconds, about */
#define BURSTS    8

struct peak {
    const struct peak_set *set;
    float *memory[4]; /* [PEAK_PARAMS] each */
};

double peak_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- bursts ---------------------------------------------------------------------- */

/* What is repeated, and how often in one burst. */
struct burst {
    void (*run)(const struct burst *b, size_t times);
    const struct peak_set *set;
    float *const *memory;
    size_t floats;
};

/* Seconds of doing it once, in the best burst. */
static double best(const struct burst *b)
{
    size_t times = 1;
    double took = 0, least = 0;

    for (;;) { /* warms up, too */
        double began = peak_now();
        b->run(b, times);
        took = peak_now() - began;
        if (took >= BURST)
            break;
        times *= took < BURST / 8 ? 8 : 2;
    }
    for (int i = 0; i < BURSTS; i++) {
        double began = peak_now();
        b->run(b, times);
        took = peak_now() - began;
        least = i == 0 || took < least ? took : least;
    }
    return least / (double)times;
}

static void run_fma(const struct burst *b, size_t times)
{
    b->set->fma(times);
}

static void run_read(const struct burst *b, size_t times)
{
    b->set->read(b->memory[0], b->floats, times);
}

static void run_write(const struct burst *b, size_t times)
{
    b->set->write(b->memory[0], b->floats, times);
}

static void run_adam(const struct burst *b, size_t times)
{
    for (size_t i = 0; i < times; i++)
        b->set->adam(b->memory[0], b->memory[1], b->memory[2], b->memory[3], b->floats);
}

/* ---- peaks ----------------------------------------------------------------------- */

double peak_gflops(const struct peak_set *s)
{
    const struct burst b = { .run = run_fma, .set = s };

    return (double)s->turn_flops / best(&b) / 1e9;
}

struct peak *peak_new(void)
{
    struct peak *p = calloc(1, sizeof *p);
    double most = 0;

    for (int i = 0; p && i < 4; i++) {
        p->memory[i] = aligned_alloc(LINE, PEAK_PARAMS * sizeof(float));
        if (!p->memory[i]) {
            peak_free(p);
            return NULL;
        }
        for (size_t k = 0; k < PEAK_PARAMS; k++) /* no denormals, no huge ones */
            p->memory[i][k] = (float)(k % 97 + 1) / 128;
    }
    for (int i = 0; p && peak_sets[i]; i++) {
        double now = peak_sets[i]->here() ? peak_gflops(peak_sets[i]) : 0;
        if (!p->set || now > most) {
            p->set = peak_sets[i];
            most = now;
        }
    }
    return p;
}

void peak_free(struct peak *p)
{
    for (int i = 0; p && i < 4; i++)
        free(p->memory[i]);
    free(p);
}

const char *peak_name(const struct peak *p)
{
    return p->set->name;
}

static double rate(struct peak *p, void (*run)(const struct burst *b, size_t times),
                   size_t floats)
{
    const struct burst b = {
        .run = run, .set = p->set, .memory = p->memory, .floats = floats
    };

    return (double)(floats * sizeof(float)) / best(&b) / 1e9;
}

void peak_measure(struct peak *p, struct peaks *out)
{
    *out = (struct peaks){
        .gflops = peak_gflops(p->set),
        .l1_read = rate(p, run_read, L1_FLOATS),
        .l1_write = rate(p, run_write, L1_FLOATS),
        .l2_read = rate(p, run_read, L2_FLOATS),
        .l2_write = rate(p, run_write, L2_FLOATS),
    };
}

double peak_adam(struct peak *p, size_t params)
{
    const size_t whole = (params + 127) / 128 * 128;
    const struct burst b = {
        .run = run_adam, .set = p->set, .memory = p->memory, .floats = whole
    };

    return best(&b) * (double)params / (double)whole;
}

double peak_measure_flops(struct peak *p)
{
    return 1e9 * peak_gflops(p->set);
}
