/*
 * engine/backward.h - the gradient of training windows.
 */
#ifndef KIRI_ENGINE_BACKWARD_H
#define KIRI_ENGINE_BACKWARD_H

#include "engine/tape.h"

/* Every matrix transposed, [out][in], so that gradients of inputs are plain products.
 * Offsets in floats; widths are the padded ones. */
struct gpt_turned {
    size_t head; /* [vocab][d]                                          */
    size_t layer, layer_size;
    size_t qkv, out, fc1, fc2; /* within a layer: [3d][d] [width][d] [4 width][d]
                                  [width][f]                                          */
    size_t total;
};
void gpt_turned(const struct gpt_shape *s, struct gpt_turned *at);
void gpt_turn(const struct gpt *g, const struct gpt_kernel *k, float *turned);
/* 1: a step of so many rows is sooner done without the copy. */
int gpt_direct(const struct gpt *g, const struct gpt_kernel *k, size_t rows);

/* Most rows that go through the model at once in training, if a window is no longer, and
 * most windows: the wider the model, the more its weights count beside the activations.
 */
#define GPT_PACK 128u

/* Scratch for one pack of windows after another. */
struct gpt_desk {
    struct gpt_tape tape;
    float *logits; /* [GPT_CHUNK or rows][v]                  */
    float *dx;     /* [rows][d]: gradient of the residual stream */
    float *dh;     /* [rows][d]: of a normed input            */
    float *d_o;    /* [rows][d]: of attention's output        */
    float *dqkv;   /* [rows][3d]                              */
    float *df;     /* [rows][f]: of the hidden layer          */
};
/* For packs of at most `windows` windows. */
size_t gpt_desk_size(const struct gpt_shape *s, uint32_t windows);
void gpt_desk_init(struct gpt_desk *desk, const struct gpt_kernel *k,
                   const struct gpt_shape *s, uint32_t windows, float *floats);

/* Weight of position t in the loss: 0 also for a hard target outside the vocabulary. */
double gpt_position_weight(const struct gpt_example *e, uint32_t t, uint32_t vocab);

/* Windows e[0], e[step], e[2 step], ... below e[n]. */
struct gpt_windows {
    const struct gpt_example *e;
    uint32_t n, step;
};

/* Returns the loss of these windows, each position times weight / total; grad, in the
 * layout of the weights, becomes its gradient. NaN when a number of it is not below
 * GPT_HUGE_GRADIENT. turned: gpt_turn's, or NULL if gpt_direct said so. */
double gpt_backward(const struct gpt *g, const float *turned, struct gpt_desk *desk,
                    const struct gpt_windows *w, double total, float *grad);

#endif
