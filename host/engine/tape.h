/*
 * engine/tape.h - the activations of a run of rows, and the forward pass that fills them.
 *
 * Inference and training run the same pass. For training every layer keeps what backward
 * needs; for inference all layers share one set, and only keys and values are kept.
 */
#ifndef KIRI_ENGINE_TAPE_H
#define KIRI_ENGINE_TAPE_H

#include "engine/kernel.h"
#include "engine/layout.h"

/* Rows of one layer; widths are the padded ones of struct gpt_layout. */
struct gpt_acts {
    float *h1, *r1; /* [rows][d], [rows]: normed input of attention, its reciprocal */
    float *q;       /* [rows][d]                                                    */
    float *p;       /* inference: [keys][pad(rows)]; training: a span of n rows from row t
                       has [heads][n][pad(n)] at t * heads * pad(context)              */
    float *o;       /* [rows][d]: attention's output                                */
    float *h2, *r2; /* normed input of the MLP                                      */
    float *f;       /* [rows][f]: hidden, after ReLU                                */
    float *kv;      /* [context, or rows in training][2d]: keys, then values          */
};

struct gpt_tape {
    const struct gpt_kernel *k;
    struct gpt_shape shape;
    struct gpt_layout at;
    uint32_t rows;             /* most rows in one run                          */
    int kept;                  /* every layer has its own activations: training */
    float *x;                  /* [rows][d]: the residual stream                */
    float *x0, *r0;            /* [rows][d]: normed embedding, kept for backward */
    struct gpt_acts first;     /* of layer 0 */
    size_t acts_step, kv_step; /* floats from one layer's to the next layer's; acts_step
                                  0: they share all but kv                         */
    float *work;               /* of attention                                  */
};

/* Most rows that inference takes through the layers at once, and the head in training. */
#define GPT_CHUNK 64u

/* Floats that a tape needs, and its parts laid out in them. `rows` at a time. */
size_t gpt_tape_size(const struct gpt_shape *s, uint32_t rows, int kept);
void gpt_tape_init(struct gpt_tape *tape, const struct gpt_kernel *k,
                   const struct gpt_shape *s, uint32_t rows, int kept, float *floats);
struct gpt_acts gpt_tape_layer(const struct gpt_tape *tape, uint32_t layer);

/* Tokens that follow each other, at positions base..base+n-1. */
struct gpt_span {
    const uint16_t *id;
    const struct gpt_side *side; /* or NULL */
    uint32_t n, base;
};

/* The attention of a span whose rows begin at `row`, forward; backward begins from the
 * same. */
struct gpt_attend gpt_attention(const struct gpt_tape *tape, const struct gpt_acts *a,
                                const struct gpt_span *span, size_t row);

/* Forward of one span, or in training of several, each a window of its own with base 0,
 * in consecutive rows, up to the head: the result is tape->x. */
void gpt_run(const struct gpt *g, struct gpt_tape *tape, const struct gpt_span *span,
             uint32_t spans);
/* logits [n][v] of rows x [n][d]; the padding is as low as a logit may be. */
void gpt_head(const struct gpt *g, const struct gpt_kernel *k, const float *x, uint32_t n,
              float *logits);

#endif
