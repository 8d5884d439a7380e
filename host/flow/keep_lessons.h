/*
 * flow/keep_lessons.h - what may be learned of the remembered rows (stream_lessons.h), as
 * tensors of a model file: which rows wait, were left out or judged, and their
 * statistics, by the ids under which the store has them. For keep.c.
 */
#ifndef KIRI_FLOW_KEEP_LESSONS_H
#define KIRI_FLOW_KEEP_LESSONS_H

#include "base/error.h"
#include "flow/stream_state.h"
#include "model/safetensors.h"

/* What the tensors point to until the file is built; free() it. NULL: memory is short. */
struct keep_lessons;
struct keep_lessons *keep_lessons_of(const struct stream *s);
void keep_lessons_put(struct safetensors_writer *w, const struct stream *s,
                      const struct keep_lessons *l);
/* 0; -1 and a sentence. A file without them is one in which nothing waits. */
int keep_lessons_get(struct stream *s, const struct safetensors *st,
                     struct kiri_error *err);

#endif
