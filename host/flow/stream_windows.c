#include "flow/stream_windows.h"

#include "flow/stream_lessons.h"

#include <stdlib.h>

#define DRAWS 16u /* of a window with something to learn, before it is given up */

int windows_init(struct windows *w, const struct kiri_schema *schema, uint32_t positions)
{
    size_t n = (size_t)positions * STREAM_BATCH;

    w->positions = positions;
    w->ids = calloc(n, sizeof *w->ids);
    w->sides = calloc(n, sizeof *w->sides);
    w->mask = calloc(n, sizeof *w->mask);
    w->target = calloc(n, sizeof *w->target);
    if (!w->ids || !w->target || !w->sides || !w->mask)
        return -1;
    return stream_targets_init(&w->targets, schema);
}

void windows_fini(struct windows *w)
{
    free(w->ids);
    free(w->sides);
    free(w->mask);
    free(w->target);
    stream_targets_fini(&w->targets);
}

/* The first rows after the first training saw it at work: they are not to be learned. */
static int saw_the_training(const struct stream *s, uint64_t row)
{
    uint64_t trained = s->rows - s->scored;

    return s->context && s->gen && row >= trained && row - trained < START_ROWS;
}

static float weight_of(const struct stream *s, uint64_t row)
{
    return saw_the_training(s, row) ? 0 : lesson_weight(s->kept[row % STREAM_KEEPS]);
}

/* Behind the last row of a window from row `from` on. */
static uint64_t window_end(const struct stream *s, uint64_t from)
{
    return from + s->context < s->rows ? from + s->context + 1 : s->rows;
}

/* Window k of the batch: BOS and up to context + 1 rows from row `from` on. */
static void fill(struct windows *w, const struct stream *s, uint32_t k, uint64_t from)
{
    size_t at = (size_t)k * w->positions;
    uint16_t *ids = w->ids + at, last = s->bos;
    struct gpt_side *sides = w->sides + at, none = { { GPT_NO_SIDE, GPT_NO_SIDE } };
    float *mask = w->mask + at;
    struct gpt_target *target = w->target + at;
    uint32_t n = 0;

    for (uint64_t r = from; r < window_end(s, from); r++) {
        const struct memory *m = s->kept[r % STREAM_KEEPS];
        float weight = weight_of(s, r);
        for (uint32_t i = 0; i < m->n && n < w->positions; i++, n++) {
            const struct kiri_field *f = &s->schema->fields[m->token[i].field];
            ids[n] = last;
            last = m->token[i].id;
            target[n] = w->targets.of[last];
            sides[n] =
                s->sides_on ? (struct gpt_side){ { m->side[0], m->side[1] } } : none;
            mask[n] = f->flags & KIRI_CONTEXT ? 0 : weight;
        }
    }
    w->example[k] = (struct gpt_example){
        .n = n, .id = ids, .target = target, .side = sides, .mask = mask, .weight = 1
    };
}

/* A row from which a whole window fits, drawn from the newest `span` rows. */
static uint64_t draw(const struct stream *s, struct gpt_rng *rng, uint64_t span)
{
    uint64_t held = s->n_kept < span ? s->n_kept : span, window = s->context + 1;
    uint64_t places = held > window ? held - window + 1 : 1;

    return s->rows - held + gpt_rng_below(rng, (uint32_t)places);
}

static int teaches(const struct stream *s, uint64_t from)
{
    for (uint64_t r = from; r < window_end(s, from); r++)
        if (weight_of(s, r) > 0)
            return 1;
    return 0;
}

/* Of the newest rows, if they teach anything; else of all. */
static uint64_t find(const struct stream *s, struct gpt_rng *rng, uint64_t span)
{
    uint64_t from = draw(s, rng, span);

    for (uint32_t i = 1; i < DRAWS && !teaches(s, from); i++)
        from = draw(s, rng, STREAM_KEEPS);
    return from;
}

void windows_draw(struct windows *w, const struct stream *s, uint32_t newest,
                  struct gpt_rng *rng)
{
    for (uint32_t k = 0; k < STREAM_BATCH; k++)
        fill(w, s, k, find(s, rng, k || !newest ? STREAM_KEEPS : newest));
}
