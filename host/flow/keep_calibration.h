/*
 * flow/keep_calibration.h - what a stream's rows are measured against
 * (stream_yardsticks.h, stream_fields.h, stream_rules.h), its open alarm and what that is
 * about, as tensors of a model file. For keep.c.
 */
#ifndef KIRI_FLOW_KEEP_CALIBRATION_H
#define KIRI_FLOW_KEEP_CALIBRATION_H

#include "base/error.h"
#include "flow/stream_state.h"
#include "model/safetensors.h"

/* What the tensors point to until the file is built; free() it. NULL: memory is short. */
struct keep_calibration;
struct keep_calibration *keep_calibration_of(const struct stream *s);
void keep_calibration_put(struct safetensors_writer *w, const struct stream *s,
                          const struct keep_calibration *c);
/* Into a fresh stream. 0; -1 and a sentence. What older versions did not write is as
 * fresh. */
int keep_calibration_get(struct stream *s, const struct safetensors *st,
                         struct kiri_error *err);

#endif
