/*
 * The first training of rows that stand alone (stream_school.h): some are held back, and
 * what they cost is the past that the first rows are measured against.
 */
#include "flow/stream_lessons.h"
#include "flow/stream_school.h"
#include "flow/stream_state.h"

#include <math.h>
#include <stdlib.h>

/* The remembered rows as the school asks for them. */
struct pupils {
    const struct stream *s;
    const struct memory **row; /* [n] those that may be learned */
    uint32_t n;
    uint32_t room; /* ids of a row: BOS and its tokens */
    uint16_t *ids; /* [SCHOOL_BATCH][room], and so are these */
    float *mask;
    struct gpt_side *sides;
    int (*progress)(void *ctx, uint32_t done, uint32_t all);
    void *ctx;
    float last_loss;
};

static int pupils_init(struct pupils *p, const struct stream *s)
{
    size_t n = (size_t)SCHOOL_BATCH * (s->max_tokens + 1);

    p->s = s;
    p->room = s->max_tokens + 1;
    p->ids = calloc(n, sizeof *p->ids);
    p->mask = calloc(n, sizeof *p->mask);
    p->sides = calloc(n, sizeof *p->sides);
    p->row = calloc(s->n_kept, sizeof *p->row);
    if (!p->ids || !p->mask || !p->sides || !p->row)
        return -1;
    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++)
        if (lesson_weight(s->kept[r % STREAM_KEEPS]) > 0)
            p->row[p->n++] = s->kept[r % STREAM_KEEPS];
    return 0;
}

static void pupils_fini(struct pupils *p)
{
    free(p->ids);
    free(p->mask);
    free(p->sides);
    free(p->row);
}

static void one_row(void *ctx, uint32_t i, uint32_t slot, struct gpt_example *out)
{
    const struct pupils *p = ctx;
    const struct stream *s = p->s;
    const struct memory *m = p->row[i];
    size_t at = (size_t)slot * p->room;

    p->ids[at] = s->bos;
    for (uint32_t t = 0; t < m->n; t++) {
        const struct kiri_field *f = &s->schema->fields[m->token[t].field];
        p->ids[at + t + 1] = m->token[t].id;
        p->mask[at + t] = f->flags & KIRI_CONTEXT ? 0.0f : 1.0f;
        p->sides[at + t] = s->sides_on
                               ? (struct gpt_side){ { m->side[0], m->side[1] } }
                               : (struct gpt_side){ { GPT_NO_SIDE, GPT_NO_SIDE } };
    }
    *out = (struct gpt_example){ .n = m->n,
                                 .id = p->ids + at,
                                 .next = p->ids + at + 1,
                                 .mask = p->mask + at,
                                 .side = p->sides + at,
                                 .weight = lesson_weight(m) };
}

static int on_progress(void *ctx, const struct school_progress *now)
{
    struct pupils *p = ctx;

    p->last_loss = now->loss;
    return p->progress ? p->progress(p->ctx, (now->part - 1) * now->steps + now->step,
                                     now->parts * now->steps)
                       : 0;
}

/* The result becomes the live generation. 0, -1: memory. */
static int graduate(struct stream *s, struct school_result *r)
{
    if (stream_calibrate_seed(s, r->mark, r->held))
        return -1;
    gpt_free(s->gpt);
    gpt_trainer_free(s->trainer);
    s->gpt = r->gpt;
    s->trainer = r->trainer;
    r->gpt = NULL;
    r->trainer = NULL;
    s->window_ok = 0;
    s->gen = ++s->gens;
    return 0;
}

int stream_learn_alone(struct stream *s, const struct gpt_parallel *par,
                       int (*progress)(void *ctx, uint32_t done, uint32_t all), void *ctx,
                       struct stream_lesson *out)
{
    struct pupils p = { .progress = progress, .ctx = ctx };
    struct school_plan plan = { .shape = *gpt_shape_of(s->gpt),
                                .seed = s->options.seed,
                                .row = one_row,
                                .progress = on_progress,
                                .ctx = &p,
                                .par = par };
    enum school_end end = SCHOOL_NO_MEMORY;
    struct school_result learned = { 0 };

    if (pupils_init(&p, s) == 0) {
        plan.n = p.n;
        end = school_train(&plan, &learned);
    }
    if (end == SCHOOL_DONE) {
        out->steps = learned.steps;
        out->before = (float)learned.first_loss;
        out->after = learned.held ? (float)learned.held_back_loss : p.last_loss;
        if (graduate(s, &learned))
            end = SCHOOL_NO_MEMORY;
    }
    out->rejected = end == SCHOOL_DIVERGED;
    out->gen = s->gen;
    if (end == SCHOOL_DONE || end == SCHOOL_DIVERGED)
        s->learned_at = s->rows;
    school_result_free(&learned);
    pupils_fini(&p);
    return end == SCHOOL_DONE || end == SCHOOL_DIVERGED ? 0 : -1;
}
