/*
 * flow/keep.h - a stream's learned state as the bytes of a model file, and back.
 *
 * safetensors: the weights and Adam's moments (model/weights.h), the calibration's pasts
 * as tensors, counters as metadata strings, and the schema's hash: a model is never
 * loaded for another language. History is not in it; the store has that.
 */
#ifndef KIRI_FLOW_KEEP_H
#define KIRI_FLOW_KEEP_H

#include "base/error.h"
#include "flow/stream.h"

/* The finished file, malloc'ed; NULL when memory is short. atom: its name, for people. */
void *keep_save(struct stream *s, const char *atom, size_t *len);

/* Makes a fresh stream (no row yet) what was saved. 0; -1 and a sentence, the stream as
 * it was: KIRI_BAD_DATA for a damaged file, KIRI_HELD when it speaks another language
 * (*hash, may be NULL, gets that language's). */
int keep_load(struct stream *s, const void *bytes, size_t len, uint64_t *hash,
              struct kiri_error *err);

/* After keep_load: the next n rows given to stream_remember are the last n that the saved
 * stream had seen; they do not count again. n is cut to what it had seen. */
void keep_history(struct stream *s, uint32_t n);

#endif
