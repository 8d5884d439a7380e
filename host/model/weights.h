/*
 * model/weights.h - a struct gpt (and a trainer's moments) as tensors of a safetensors
 * file.
 *
 * Tensors wte, wpe, lm_head, side, layer<i>.attn_wq ... as engine/gpt.h names them, F32
 * [rows][cols]; moments under "adam.m." and "adam.v." before the same names; metadata
 * vocab, width, heads, layers, context, sides, adam.steps.
 */
#ifndef KIRI_MODEL_WEIGHTS_H
#define KIRI_MODEL_WEIGHTS_H

#include "engine/gpt.h"
#include "model/safetensors.h"

/* What was put must live until the writer has built: the block owns the copies. */
struct weights_block;
/* Adds g, and t's moments unless t is NULL. NULL when memory is short. Free after
 * building. */
struct weights_block *weights_put(struct safetensors_writer *w, const struct gpt *g,
                                  const struct gpt_trainer *t);
/* One more GPT of the same shape: its tensors begin with prefix, at most 16 bytes. */
struct weights_block *weights_put_as(struct safetensors_writer *w, const char *prefix,
                                     const struct gpt *g);
void weights_block_free(struct weights_block *b); /* NULL is fine */

/* The model in the file: shape checked, every tensor present with its exact size, all
 * values finite. NULL and a sentence. */
struct gpt *weights_get(const struct safetensors *s, struct kiri_error *err);
struct gpt *weights_get_as(const struct safetensors *s, const char *prefix,
                           struct kiri_error *err);
/* Its moments into t (made for the same shape). 0; 1 when the file has none; -1 broken.
 */
int weights_get_moments(const struct safetensors *s, struct gpt_trainer *t,
                        struct kiri_error *err);

#endif
