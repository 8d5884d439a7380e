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
    float *p;       /* [heads or 1][keys][pad(rows)]                                */
    float *o;       /* [rows][d]: attention's output                                */
    float *h2, *r2; /* normed input of the MLP                                      */
    float *f;       /* [rows][f]: hidden, after ReLU                                */
    float *kv;      /* [keys][2d]: keys, then values                                */
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

/* Floats that a tape needs, and its parts laid out in them. Inference: rows at a time;
 * training (kept): rows = context. */
size_t gpt_tape_size(const struct gpt_shape *s, uint32_t rows, int kept);
void gpt_tape_init(struct gpt_tape *tape, const struct gpt_kernel *k,
                   const struct gpt_shape *s, uint32_t rows, int kept, float *floats);
struct gpt_acts gpt_tape_layer(const struct gpt_tape *tape, uint32_t layer);

/* The attention of n rows at base.. over a layer's activations, forward; backward begins
 * from the same. */
struct gpt_attend gpt_attention(const struct gpt_tape *tape, const struct gpt_acts *a,
                                uint32_t n, uint32_t base);

/* Forward of n rows at positions base..base+n-1 up to the head: the result is tape->x. */
void gpt_run(const struct gpt *g, struct gpt_tape *tape, const uint16_t *id,
             const struct gpt_side *side, uint32_t n, uint32_t base);
/* logits [n][v] of rows x [n][d]; the padding is as low as a logit may be. */
void gpt_head(const struct gpt *g, const struct gpt_kernel *k, const float *x, uint32_t n,
              float *logits);

#endif
