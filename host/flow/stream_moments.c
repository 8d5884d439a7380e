#include "flow/stream_moments.h"

#include "flow/stream.h"
#include "flow/stream_state.h"

#include <stdlib.h>

static size_t matrix_size(const struct gpt_shape *shape, uint32_t i)
{
    struct gpt_matrix m;

    gpt_matrix_at(shape, i, &m);
    return (size_t)m.rows * m.cols;
}

int moments_take(const struct gpt_trainer *t, const struct gpt_shape *shape,
                 struct moments *out)
{
    *out = (struct moments){ 0 };
    if (!t)
        return 0;
    float *p = malloc(2 * gpt_shape_params(shape) * sizeof *p);
    if (!p)
        return -1;
    *out = (struct moments){ p, gpt_steps(t) };
    for (int which = 0; which < 2; which++)
        for (uint32_t i = 0; i < gpt_matrices(shape); p += matrix_size(shape, i++))
            gpt_moments_read(t, which, i, p);
    return 0;
}

void moments_give(const struct moments *m, const struct gpt_shape *shape,
                  struct gpt_trainer *t)
{
    const float *p = m->values;

    for (int which = 0; which < 2; which++)
        for (uint32_t i = 0; i < gpt_matrices(shape); p += matrix_size(shape, i++))
            gpt_moments_write(t, which, i, p);
    gpt_steps_set(t, m->steps);
}

void moments_fini(struct moments *m)
{
    free(m->values);
    *m = (struct moments){ 0 };
}

int stream_wake(struct stream *s)
{
    const struct gpt_shape *shape = gpt_shape_of(s->gpt);

    if (s->trainer || !s->resting.values)
        return 0;
    s->trainer = gpt_trainer_new(shape, STREAM_BATCH);
    if (!s->trainer)
        return -1;
    moments_give(&s->resting, shape, s->trainer);
    moments_fini(&s->resting);
    return 0;
}

void stream_rest(struct stream *s)
{
    if (!s->trainer || moments_take(s->trainer, gpt_shape_of(s->gpt), &s->resting))
        return;
    gpt_trainer_free(s->trainer);
    s->trainer = NULL;
}
