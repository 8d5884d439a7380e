/*
 * flow/stream_outliers.h - a first training does not make a habit of what happened once.
 *
 * The rows to learn first may hold an odd one already, and a language of short windows
 * has steps enough to know it by heart: the same would be usual for ever. So after the
 * first steps, when the model knows what is common and not yet what is rare, the rows
 * that surprise it most are left out of the rest, as those of an alarm are: one in 100,
 * the trimmed likelihood (Neykov & Mueller 2003; Hadi & Luceno 1997). Pure.
 */
#ifndef KIRI_FLOW_STREAM_OUTLIERS_H
#define KIRI_FLOW_STREAM_OUTLIERS_H

#include "flow/stream.h"

struct outliers {
    uint64_t *row; /* [n], malloc'ed: outliers_fini */
    uint32_t n;
};

/* Marks them LESSON_LEFT_OUT. 0, or -1 when memory is short: nothing is marked. */
int outliers_leave_out(struct stream *s, const struct gpt *g, struct outliers *out);
/* The training came to nothing: they may be learned again. */
void outliers_take_back(struct stream *s, const struct outliers *o);
void outliers_fini(struct outliers *o);

#endif
