/*
 * flow/stream_moments.h - Adam's moments apart from the trainer that works with them: to
 * go back to when a learning comes to nothing, and to keep while a stream rests. A
 * trainer has scratch for four windows at once, ten times as much as the moments.
 */
#ifndef KIRI_FLOW_STREAM_MOMENTS_H
#define KIRI_FLOW_STREAM_MOMENTS_H

#include "engine/gpt.h"

struct moments {
    float *values; /* first, then second, matrix after matrix; NULL: there are none */
    uint64_t steps;
};

/* Those of t, which may be NULL. 0, or -1 when memory is short: *out has none. */
int moments_take(const struct gpt_trainer *t, const struct gpt_shape *shape,
                 struct moments *out);
/* Into t, of the same shape; there are some. */
void moments_give(const struct moments *m, const struct gpt_shape *shape,
                  struct gpt_trainer *t);
void moments_fini(struct moments *m);

#endif
