/*
 * model/interchange.h - the published model.json: {"hyperparams": {n_embd, n_head,
 * n_layer, block_size, head_dim}, "vocab": [one-symbol strings], "vocab_size": V,
 * "weights": {name:
 * [[...]]}}; BOS = vocab_size - 1 has no entry in vocab.
 */
#ifndef KIRI_MODEL_INTERCHANGE_H
#define KIRI_MODEL_INTERCHANGE_H

#include "base/buf.h"
#include "base/error.h"
#include "engine/gpt.h"

/* A vocabulary of symbols: UTF-8 strings, id = index; BOS is the id after the last. */
struct vocab {
    char **word;
    uint32_t n;
};
void vocab_free(struct vocab *v); /* {0} is fine */
/* The id of the symbol that text[0..len) begins with (longest match), *used its bytes;
 * v->n + 1 (outside the vocabulary) and one UTF-8 character when there is none. len >= 1.
 */
uint32_t vocab_next(const struct vocab *v, const char *text, size_t len, size_t *used);

/* 0, or -1 and a sentence: sizes checked against each other and bounds, values finite. */
int interchange_read(const char *json, size_t len, struct gpt **g, struct vocab *v,
                     struct kiri_error *err);
/* The same form back. */
int interchange_write(const struct gpt *g, const struct vocab *v, struct buf *out,
                      struct kiri_error *err);

#endif
