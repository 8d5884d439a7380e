/*
 * flow/model_file.h - what the files of an atom's model (keep.c) and of a text model
 * (lines_file.c) have in common: whole numbers as metadata, pasts as tensors, weights.
 */
#ifndef KIRI_FLOW_MODEL_FILE_H
#define KIRI_FLOW_MODEL_FILE_H

#include "base/error.h"
#include "flow/calibrate.h"
#include "model/safetensors.h"
#include "model/weights.h"

#define MODEL_FORMAT "1" /* metadata "format" */

void model_put_number(struct safetensors_writer *w, const char *key, uint64_t x);
/* The values in the ring's order; p must live until the file is built. */
void model_put_past(struct safetensors_writer *w, const char *name, const struct past *p);

/* Puts the weights, with t (may be NULL) Adam's moments too, and builds the file. words:
 * what was spelled for it. Malloc'ed; NULL when memory is, or was for words, short. */
void *model_build(struct safetensors_writer *w, const struct gpt *g,
                  const struct gpt_trainer *t, const struct buf *words, size_t *len);

/* The bytes as a file, whole or not at all; one that was there is kept as path.prev. 0;
 * -1 and a sentence. */
int model_save(const char *path, const void *bytes, size_t len, struct kiri_error *err);

/* 0; -1 and a sentence when the number is missing or is none. */
int model_get_number(const struct safetensors *st, const char *key, uint64_t *out,
                     struct kiri_error *err);
/* Into an empty past, whose owner frees it also after a failure. at: its ring's next
 * index, kept beside the tensor. 0; -1 and a sentence when the tensor is missing, longer
 * than PAST_ROWS, does not fit `at`, or holds a value that is not finite. */
int model_get_past(const struct safetensors *st, const char *name, uint32_t at,
                   struct past *p, struct kiri_error *err);

#endif
