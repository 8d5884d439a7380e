/*
 * Learning: what is due is done on a private copy of the weights, which becomes the live
 * generation only when every step of it was sound.
 *
 * First training at the warm-up's end; then a short turn after each STREAM_TURN rows, of
 * windows that stream_windows.c draws. Random numbers come from (seed, generation): the
 * same history gives the same model. Rows that stand alone are first trained by
 * stream_alone.c.
 */
#include "flow/stream.h"

#include "flow/stream_course.h"
#include "flow/stream_lessons.h"
#include "flow/stream_moments.h"
#include "flow/stream_outliers.h"
#include "flow/stream_state.h"
#include "flow/stream_windows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WEEK_MS (7LL * 24 * 3600 * 1000)

/* ---- a learning ------------------------------------------------------------------ */

/* Takes the course's steps on g. 1: all were sound; 0: it diverged; -1: given up. */
static int study(struct stream *s, struct gpt *g, struct windows *w,
                 const struct course *c, const struct gpt_parallel *par,
                 int (*progress)(void *ctx, uint32_t done, uint32_t all), void *ctx,
                 struct outliers *odd, struct stream_lesson *out)
{
    struct gpt_adam adam = { .b1 = 0.85f, .b2 = 0.99f, .eps = 1e-8f };
    uint32_t edge = c->steps < 10 ? 1 : c->steps / 10;
    struct gpt_rng rng;

    gpt_rng_seed(&rng, s->options.seed * 0x9e3779b97f4a7c15u + s->gen + 1);
    for (uint32_t i = 0; i < c->steps; i++) {
        if (i && i == c->look && outliers_leave_out(s, g, odd))
            return -1;
        float along = c->steps > 1 ? (float)i / (float)(c->steps - 1) : 0;
        adam.lr = c->lr_first + (c->lr_last - c->lr_first) * along;
        windows_draw(w, s, c->newest, &rng);
        float loss = gpt_train_step(g, s->trainer, w->example, STREAM_BATCH, &adam, par);
        if (!isfinite(loss))
            return 0;
        out->before += i < edge ? loss / (float)edge : 0;
        out->after += i >= c->steps - edge ? loss / (float)edge : 0;
        out->steps++;
        if (progress && progress(ctx, i + 1, c->steps))
            return -1;
    }
    return 1;
}

void memory_speak(const struct stream *s, struct memory *m)
{
    const struct language *l = &s->language;
    const double *x = memory_values(m);
    uint32_t first;

    for (uint32_t i = 0, t = 0; i < l->n; i++) {
        while (m->token[t].field != l->learned[i])
            t++;
        kiri_schema_words(&l->spoken, l->learned[i], &first);
        if (!isnan(x[i]))
            m->token[t].id = (uint16_t)(first + language_word(l, i, x[i]));
    }
}

void stream_speak_again(struct stream *s)
{
    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++)
        memory_speak(s, s->kept[r % STREAM_KEEPS]);
    s->window_ok = 0;
}

/* A new revision of the language, fitted to what may be learned of the history; *before:
 * the edges until now, the caller's. 0, or -1 when memory is short. */
static int refit(struct stream *s, struct edges **before)
{
    struct language *l = &s->language;

    *before = NULL;
    if (!l->n)
        return 0;
    *before = malloc(l->n * sizeof **before);
    double *values = malloc(2 * s->n_kept * sizeof *values); /* and spare ones */
    if (!*before || !values) {
        free(*before);
        free(values);
        *before = NULL;
        return -1;
    }
    memcpy(*before, l->edges, l->n * sizeof **before);
    for (uint32_t i = 0; i < l->n; i++) {
        size_t n = 0;
        for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++) {
            struct memory *m = s->kept[r % STREAM_KEEPS];
            if (lesson_weight(m) > 0)
                values[n++] = memory_values(m)[i];
        }
        language_fit(l, i, values, values + s->n_kept, n);
    }
    l->revision++;
    free(values);
    stream_speak_again(s);
    return 0;
}

/* Nothing came of it: the words are what they were. */
static void take_back(struct stream *s, const struct edges *before)
{
    if (!before)
        return;
    memcpy(s->language.edges, before, s->language.n * sizeof *before);
    s->language.revision--;
    stream_speak_again(s);
}

/* A row stands for the time until the next: of 2,016 rows five minutes apart the last
 * ends the week. */
static int has_a_week(const struct stream *s)
{
    int64_t all = s->last_ts - s->first_ts, step = 0;

    if (s->n_kept > 1) {
        const struct memory *oldest = s->kept[(s->rows - s->n_kept) % STREAM_KEEPS];
        step = (s->last_ts - oldest->ts) / (s->n_kept - 1);
    }
    return all + step >= WEEK_MS;
}

/* The moments are what they were before. */
static void go_back(struct stream *s, const struct moments *saved)
{
    if (saved->values) {
        moments_give(saved, gpt_shape_of(s->gpt), s->trainer);
        return;
    }
    gpt_trainer_free(s->trainer);
    s->trainer = NULL;
}

/* The lesson on weights of its own; as stream_learn. */
static int learn(struct stream *s, enum stream_due due, const struct gpt_parallel *par,
                 int (*progress)(void *ctx, uint32_t done, uint32_t all), void *ctx,
                 struct stream_lesson *out)
{
    const struct gpt_shape *shape = gpt_shape_of(s->gpt);
    struct course course =
        due == STREAM_A_TURN
            ? course_turn()
            : course_first(s->max_tokens, s->context, s->n_kept, s->options.warmup);
    struct windows windows = { 0 };
    struct moments saved = { 0 };
    struct outliers odd = { 0 };
    struct gpt *g = NULL;
    int rc = -1, had_sides = s->sides_on;

    if (moments_take(s->trainer, shape, &saved) ||
        windows_init(&windows, &s->language.spoken, shape->context))
        goto done;
    g = gpt_copy(s->gpt);
    if (!s->trainer)
        s->trainer = gpt_trainer_new(shape, STREAM_BATCH);
    if (!g || !s->trainer)
        goto done;

    s->sides_on = had_sides || has_a_week(s);
    int sound = study(s, g, &windows, &course, par, progress, ctx, &odd, out);
    if (sound > 0) {
        struct gpt *old = s->gpt;
        s->gpt = g;
        g = old;
        s->window_ok = 0;
        out->gen = s->gen = ++s->gens;
    } else {
        go_back(s, &saved);
        outliers_take_back(s, &odd);
        s->sides_on = had_sides;
        out->rejected = sound == 0;
    }
    if (sound >= 0) {
        s->learned_at = s->rows;
        rc = 0;
    }

done:
    gpt_free(g);
    windows_fini(&windows);
    outliers_fini(&odd);
    moments_fini(&saved);
    return rc;
}

int stream_learn(struct stream *s, const struct gpt_parallel *par,
                 int (*progress)(void *ctx, uint32_t done, uint32_t all), void *ctx,
                 struct stream_lesson *out)
{
    enum stream_due due = stream_due(s);
    struct edges *before = NULL;
    int rc;

    *out = (struct stream_lesson){ .gen = s->gen };
    if (due == STREAM_NOTHING)
        return 0;
    if (!lessons_any(s)) {
        s->learned_at = s->rows;
        return 0;
    }
    rc = stream_wake(s) ? -1 : refit(s, &before);
    if (!rc && due == STREAM_WARMUP && !s->context)
        rc = stream_learn_alone(s, par, progress, ctx, out);
    else if (!rc)
        rc = learn(s, due, par, progress, ctx, out);
    if (rc || out->rejected)
        take_back(s, before);
    else if (due == STREAM_WARMUP && s->one_number)
        stream_rehearse(s);
    free(before);
    return rc;
}
