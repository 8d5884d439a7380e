/*
 * tests/engine/sample.h - made-up training windows for any shape, the same for one seed.
 */
#ifndef KIRI_TESTS_ENGINE_SAMPLE_H
#define KIRI_TESTS_ENGINE_SAMPLE_H

#include "engine/gpt.h"

#define SAMPLE_MOST 160 /* positions of one window */

/* The shape that fits nothing: not the vector, not the block, not the chunk. */
extern const struct gpt_shape sample_odd;
extern const struct gpt_adam sample_adam;

/* A window and what its example points to. */
struct sample {
    struct gpt_example e;
    uint16_t id[SAMPLE_MOST + 1];
    struct gpt_side side[SAMPLE_MOST];
    struct gpt_target target[SAMPLE_MOST];
    float p[SAMPLE_MOST][3];
    float mask[SAMPLE_MOST];
};

/* n tokens and the one after each, nothing else. */
void sample_plain(struct sample *w, const struct gpt_shape *s, uint32_t n, uint64_t seed);
/* Everything that an example can have: sides, soft targets, a mask with zeros, a weight.
 */
void sample_full(struct sample *w, const struct gpt_shape *s, uint32_t n, uint64_t seed);

/* All weights, one matrix after another as published; to be freed by the caller. */
float *sample_weights(const struct gpt *g);
/* 77, which CTest takes for skipped, when KIRI_ISA names a table that this machine does
 * not run; else 0. */
int sample_skips(void);
/* FNV-1a over the bits of all weights. */
uint64_t sample_hash(const struct gpt *g);
/* Side rows that matter: writes small random numbers over the zeros. */
void sample_stir_sides(struct gpt *g, uint64_t seed);

#endif
