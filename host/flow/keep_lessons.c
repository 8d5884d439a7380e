#include "flow/keep_lessons.h"

#include "flow/model_file.h"

#include <math.h>
#include <stdlib.h>

#define COLUMNS     (STATISTICS + 1u) /* row, six, depth, field, worst, least */
#define OLD_COLUMNS 3u

struct keep_lessons { /* of n rows, in one block with these */
    uint64_t *id;
    float (*statistics)[COLUMNS];
    uint16_t *state; /* enum lesson, and what `in` says above it */
};

#define LESSON_BITS 4u

static struct keep_lessons *room_for(size_t n)
{
    struct keep_lessons *l = malloc(
        sizeof *l + n * (sizeof *l->id + sizeof *l->statistics + sizeof *l->state));

    if (!l)
        return NULL;
    l->id = (uint64_t *)(void *)(l + 1);
    l->statistics = (float(*)[COLUMNS])(void *)(l->id + n);
    l->state = (uint16_t *)(void *)(l->statistics + n);
    return l;
}

struct keep_lessons *keep_lessons_of(const struct stream *s)
{
    struct keep_lessons *l = room_for(s->n_kept);

    for (uint32_t k = 0; l && k < s->n_kept; k++) {
        const struct memory *m = s->kept[(s->rows - s->n_kept + k) % STREAM_KEEPS];
        l->id[k] = m->id;
        l->statistics[k][0] = m->measured.by[BY_ROW];
        l->statistics[k][1] = m->measured.by[BY_SIX];
        l->statistics[k][2] = m->measured.depth;
        l->statistics[k][3] = m->measured.by[BY_FIELD];
        l->statistics[k][4] = m->measured.by[BY_WORST];
        l->statistics[k][5] = m->measured.by[BY_LEAST];
        l->state[k] = (uint16_t)((uint32_t)m->lesson | m->measured.in << LESSON_BITS);
    }
    return l;
}

void keep_lessons_put(struct safetensors_writer *w, const struct stream *s,
                      const struct keep_lessons *l)
{
    uint64_t n[2] = { s->n_kept, COLUMNS };

    model_put_number(w, "open_ms", (uint64_t)s->open_ms);
    model_put_number(w, "judged", s->judged);
    safetensors_put(w, "lessons.id", TENSOR_U64, 1, n, l->id);
    safetensors_put(w, "lessons.statistics", TENSOR_F32, 2, n, l->statistics);
    safetensors_put(w, "lessons.state", TENSOR_U16, 1, n, l->state);
}

static int damaged(struct kiri_error *err)
{
    return kiri_fail(err, KIRI_BAD_DATA, "what may be learned of its rows is damaged");
}

/* One row's; -1: it cannot be. */
static int take(const struct keep_lessons *l, uint32_t k, struct recalled *out)
{
    uint32_t lesson = l->state[k] & ((1u << LESSON_BITS) - 1),
             in = (uint32_t)l->state[k] >> LESSON_BITS;
    const float *x = l->statistics[k];

    if (lesson > LESSON_DISMISSED || in > (MEASURED | IN_GAUGES | IN_TAILS | IS_CUT) ||
        (k && l->id[k] < l->id[k - 1]))
        return -1;
    for (uint32_t i = 0; i < COLUMNS; i++)
        if (!isfinite(x[i]))
            return -1;
    *out =
        (struct recalled){ .id = l->id[k],
                           .lesson = (enum lesson)lesson,
                           .measured = { { x[0], x[1], x[3], x[4], x[5] }, x[2], in } };
    return 0;
}

/* Rows of `columns`, one behind the other, in their places. */
static void spread(struct keep_lessons *l, uint32_t n, uint32_t columns)
{
    const float *packed = l->statistics[0];

    for (uint32_t k = n; k-- > 0;)
        for (uint32_t i = COLUMNS; i-- > 0;)
            l->statistics[k][i] =
                i < columns ? packed[(size_t)k * columns + i] : NOT_MEASURED;
}

static int read_rows(struct stream *s, const struct safetensors *st, uint32_t n,
                     struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "lessons.statistics");
    uint32_t columns =
        t && t->n_dims == 2 && t->shape[1] == OLD_COLUMNS ? OLD_COLUMNS : COLUMNS;
    struct keep_lessons *l = room_for(n);
    int rc = -1;

    s->recalled = calloc(n ? n : 1, sizeof *s->recalled);
    if (!l || !s->recalled) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    } else if (safetensors_copy(st, "lessons.id", TENSOR_U64, n, l->id, err) == 0 &&
               safetensors_copy(st, "lessons.statistics", TENSOR_F32, columns * (size_t)n,
                                l->statistics, err) == 0 &&
               safetensors_copy(st, "lessons.state", TENSOR_U16, n, l->state, err) == 0) {
        spread(l, n, columns);
        for (rc = 0; rc == 0 && s->n_recalled < n; s->n_recalled++)
            rc = take(l, s->n_recalled, &s->recalled[s->n_recalled]);
        if (rc)
            damaged(err);
    }
    free(l);
    return rc;
}

int keep_lessons_get(struct stream *s, const struct safetensors *st,
                     struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "lessons.id");
    uint64_t open_ms;

    s->was_open = (int)s->alarm.open;
    if (!t)
        return 0;
    if (t->count > STREAM_KEEPS)
        return damaged(err);
    if (model_get_number(st, "open_ms", &open_ms, err) ||
        model_get_number(st, "judged", &s->judged, err))
        return -1;
    if (open_ms > INT64_MAX)
        return damaged(err);
    s->open_ms = (int64_t)open_ms;
    return read_rows(s, st, (uint32_t)t->count, err);
}
