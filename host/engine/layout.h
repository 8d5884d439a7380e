/*
 * engine/layout.h - where each weight lives inside an arena (not for callers).
 *
 * Matrices are stored [in][out], one row after another, every row padded with zeros to a
 * multiple of GPT_PAD floats, so that a kernel runs along the outputs in whole vectors
 * and never needs a tail. Gradients and Adam's moments have the layout of the weights.
 */
#ifndef KIRI_ENGINE_LAYOUT_H
#define KIRI_ENGINE_LAYOUT_H

#include "engine/gpt.h"

_Static_assert(sizeof(size_t) >= 8, "sizes of the largest shapes need 64 bits");

#define GPT_PAD 16u /* floats: one cache line, the widest vector there is */

/* n rounded up to whole lines. */
static inline size_t gpt_pad(size_t n)
{
    return (n + GPT_PAD - 1) / GPT_PAD * GPT_PAD;
}

/* Padded widths and offsets, all in floats. */
struct gpt_layout {
    size_t d, v, f; /* padded width, vocabulary, hidden width (4d)          */
    size_t wte, wpe, side, head; /* [V][d] [T][d] [S][d] and, transposed, [width][v] */
    size_t layer, layer_size;  /* the first layer, and from one to the next            */
    size_t qkv, out, fc1, fc2; /* within a layer: [width][3d] [width][d] [width][f]
                                  [4 width][d]                                         */
    size_t total;
};

void gpt_layout(const struct gpt_shape *s, struct gpt_layout *at);

struct gpt {
    struct gpt_shape shape;
    struct gpt_layout at;
    float *w; /* [at.total] */
};

/* One allocation: `head` bytes for a struct, then `floats` zeroed floats that begin on a
 * cache line, *first. NULL when memory is short. To be freed by free(). */
void *gpt_arena(size_t head, size_t floats, float **first);

/* Matrix i as published, [rows][cols], in an arena of this layout. */
void gpt_pull(const struct gpt_shape *s, const float *arena, uint32_t i, float *out);
void gpt_push(const struct gpt_shape *s, float *arena, uint32_t i, const float *in);

#endif
