/*
 * engine/backward.h - the gradient of one training window.
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

/* What one worker needs for one window after another: its gradient and its scratch. */
struct gpt_lane {
    struct gpt_tape tape;
    float *grad;   /* layout of the weights                       */
    float *logits; /* [GPT_CHUNK or context][v]                   */
    float *dx;     /* [context][d]: gradient of the residual stream */
    float *dh;     /* [context][d]: of a normed input             */
    float *d_o;    /* [context][d]: of attention's output         */
    float *dqkv;   /* [context][3d]                               */
    float *df;     /* [context][f]: of the hidden layer           */
    double loss;   /* sum of share * cross entropy                */
};
size_t gpt_lane_size(const struct gpt_shape *s);
void gpt_lane_init(struct gpt_lane *lane, const struct gpt_kernel *k,
                   const struct gpt_shape *s, float *floats);

/* Weight of position t in the loss: 0 also for a hard target outside the vocabulary. */
double gpt_position_weight(const struct gpt_example *e, uint32_t t, uint32_t vocab);

/* Adds the loss of e, each position times weight / total, to lane->loss and its gradient
 * to lane->grad; `fresh`: lane->grad holds nothing yet. */
void gpt_backward(const struct gpt *g, const float *turned, struct gpt_lane *lane,
                  const struct gpt_example *e, double total, int fresh);

#endif
