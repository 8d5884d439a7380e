#include "flow/stream_retrain.h"

#include "flow/stream_lessons.h"
#include "flow/stream_state.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELD_BACK   10u   /* one part of so many                          */
#define MOST_BEHIND 4096u /* rows that a model scores to catch up with s  */

struct candidate {
    struct stream *fresh; /* has the rows [from, to) of the live stream, by its numbers */
    uint64_t from, cut, to; /* it learns [from, cut), and is judged by the rest */
    struct densities live;  /* of the live stream, as it was copied */
};

struct stream *stream_sibling(const struct stream *s)
{
    char why[128];
    struct stream_options o = s->options;

    return stream_new(s->schema, &o, why, sizeof why);
}

void candidate_free(struct candidate *c)
{
    if (!c)
        return;
    stream_free(c->fresh);
    densities_fini(&c->live);
    free(c);
}

/* ---- the copy -------------------------------------------------------------------- */

/* The first row of the window. */
static uint64_t window_from(const struct stream *s, const struct stream_window *w)
{
    uint64_t from = s->rows - s->n_kept;

    if (w->rows && w->rows < s->n_kept)
        from = s->rows - w->rows;
    while (from < s->rows && s->kept[from % STREAM_KEEPS]->ts < w->since)
        from++;
    return from;
}

/* Is a row judged? What may not be learned is no merit to foresee. */
static int counts(const struct densities *d, uint64_t row)
{
    return densities_at(d, row)[0] < DENSITY_NONE;
}

static int enough(const struct stream *s, uint64_t from, uint64_t cut, char *why,
                  size_t cap)
{
    uint32_t rows = 0, scored = 0;

    for (uint64_t r = from; r < s->rows; r++) {
        uint32_t teaches = lesson_weight(s->kept[r % STREAM_KEEPS]) > 0;
        rows += teaches;
        scored += teaches && r >= cut && counts(&s->densities, r);
    }
    if (rows >= RETRAIN_ROWS && scored >= RETRAIN_JUDGED)
        return 1;
    if (rows < RETRAIN_ROWS)
        snprintf(why, cap,
                 "its window has %" PRIu32
                 " rows that may be learned, a retraining takes "
                 "%u: wait, take a longer one, or kiri dismiss those of an open alarm",
                 rows, RETRAIN_ROWS);
    else
        snprintf(why, cap,
                 "of the newest %" PRIu64 " rows %" PRIu32 " were scored by a trained "
                 "model and may be learned, %u must be judged: wait, or kiri dismiss "
                 "those of an open alarm",
                 s->rows - cut, scored, RETRAIN_JUDGED);
    return 0;
}

/* Row r of s has its place in `to`, which has measured nothing yet. 0, or -1: memory. */
static int copy_row(struct stream *to, const struct stream *s, uint64_t r)
{
    const struct memory *m = s->kept[r % STREAM_KEEPS];
    struct memory **place = &to->kept[r % STREAM_KEEPS], *copy;

    copy = malloc(memory_size(s, m));
    if (!copy)
        return -1;
    memcpy(copy, m, memory_size(s, m));
    copy->measured = (struct measured){ 0 };
    if (*place)
        lessons_leave(to, *place);
    free(*place);
    *place = copy;
    lessons_enter(to, copy);
    return 0;
}

static int copy_rows(struct stream *to, const struct stream *s, uint64_t from)
{
    for (uint64_t r = from; r < s->rows; r++)
        if (copy_row(to, s, r))
            return -1;
    return 0;
}

/* Of the judged rows. */
static int copy_densities(struct candidate *c, const struct stream *s)
{
    if (densities_init(&c->live, s->language.n))
        return -1;
    for (uint64_t r = c->cut; r < c->to; r++)
        if (lesson_weight(s->kept[r % STREAM_KEEPS]) > 0)
            memcpy(densities_at(&c->live, r), densities_at(&s->densities, r),
                   c->live.each * sizeof *c->live.cell);
    return 0;
}

struct candidate *candidate_new(const struct stream *s, const struct stream_window *w,
                                enum candidate_refused *refused, char *why, size_t cap)
{
    uint64_t from = window_from(s, w), cut = s->rows - (s->rows - from) / HELD_BACK;
    struct candidate *c;

    _Static_assert(STREAM_KEEPS / HELD_BACK < DENSITY_ROWS,
                   "all judged rows have theirs");
    *refused = CANDIDATE_TOO_EARLY;
    if (!enough(s, from, cut, why, cap))
        return NULL;
    *refused = CANDIDATE_NO_MEMORY;
    snprintf(why, cap, "memory is short");
    c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct candidate){
        .fresh = stream_sibling(s), .from = from, .cut = cut, .to = s->rows
    };
    if (!c->fresh || copy_densities(c, s) || copy_rows(c->fresh, s, from)) {
        candidate_free(c);
        return NULL;
    }
    c->fresh->options.learn_off = 0;
    if (c->fresh->options.warmup > cut - from)
        c->fresh->options.warmup = (uint32_t)(cut - from);
    c->fresh->first_ts = s->first_ts;
    c->fresh->last_ts = s->kept[(cut - 1) % STREAM_KEEPS]->ts;
    c->fresh->history_from = from;
    c->fresh->rules.breaches = s->rules.breaches;
    return c;
}

/* ---- training and judging -------------------------------------------------------- */

/* What one number's rules know of the rows that are remembered. */
static void see_numbers(struct stream *s)
{
    for (uint64_t r = s->rows - s->n_kept; s->one_number && r < s->rows; r++) {
        const struct memory *m = s->kept[r % STREAM_KEEPS];
        if (m->lesson != LESSON_APPROVED && language_in_reach(m->number))
            rules_see(&s->rules, m->number);
    }
}

/* The judged rows come, one after the other. */
static int score_rest(struct candidate *c)
{
    struct stream *s = c->fresh;

    if (s->scored < START_ROWS) /* no row of these saw its training */
        s->scored = START_ROWS;
    while (s->rows < c->to) {
        memory_speak(s, s->kept[s->rows % STREAM_KEEPS]);
        if (stream_score_again(s))
            return -1;
    }
    return 0;
}

/* ln of the finest width that counts, of each learned number over the window. NULL:
 * memory is short. */
static double *finest_of(const struct candidate *c)
{
    const struct stream *s = c->fresh;
    uint32_t n = (uint32_t)(c->to - c->from);
    double *finest = calloc(s->language.n + 1, sizeof *finest);
    double *values = malloc(n * sizeof *values);

    for (uint32_t i = 0; finest && values && i < s->language.n; i++) {
        for (uint32_t k = 0; k < n; k++)
            values[k] = memory_values(s->kept[(c->from + k) % STREAM_KEEPS])[i];
        finest[i] = density_finest(values, n);
    }
    if (!values) {
        free(finest);
        finest = NULL;
    }
    free(values);
    return finest;
}

static int compare(const struct candidate *c, struct stream_trial *out)
{
    const struct densities *fresh = &c->fresh->densities;
    double *finest = finest_of(c), live_sum = 0, fresh_sum = 0;

    if (!finest)
        return -1;
    for (uint64_t r = c->cut; r < c->to; r++) {
        uint32_t words = density_words(c->fresh, c->fresh->kept[r % STREAM_KEEPS]);
        if (!counts(&c->live, r) || !counts(fresh, r))
            continue;
        live_sum += density_of(&c->live, densities_at(&c->live, r), words, finest);
        fresh_sum += density_of(fresh, densities_at(fresh, r), words, finest);
        out->judged++;
    }
    free(finest);
    out->live = out->judged ? live_sum / out->judged : 0;
    out->fresh = out->judged ? fresh_sum / out->judged : 0;
    out->better = out->judged && out->fresh <= out->live;
    return 0;
}

int candidate_train(struct candidate *c, const struct gpt_parallel *par,
                    int (*progress)(void *ctx, uint32_t done, uint32_t all), void *ctx,
                    struct stream_trial *out)
{
    struct stream *s = c->fresh;
    struct stream_lesson lesson;

    *out = (struct stream_trial){ .rows = (uint32_t)(c->to - c->from) };
    s->rows = c->cut;
    s->n_kept = (uint32_t)(c->cut - c->from);
    assert(stream_due(s) == STREAM_WARMUP); /* the live one is past its own */
    see_numbers(s);
    if (stream_learn(s, par, progress, ctx, &lesson))
        return -1;
    out->steps = lesson.steps;
    out->diverged = !s->gen;
    if (!s->gen)
        return 0;
    return score_rest(c) || compare(c, out) ? -1 : 0;
}

/* ---- the next generation, or one before ------------------------------------------- */

static void swap_peaks(struct peak *a, struct peak *b)
{
    struct peak kept = *a;

    *a = *b;
    *b = kept;
}

/* What rows of that generation are measured against; the alarm that is open stays so, and
 * what the rules know of the numbers themselves. */
static void take_calibration(struct stream *s, struct stream *from)
{
    struct yardsticks yard = s->yard;

    s->yard = from->yard;
    from->yard = yard;
    s->fields = from->fields;
    swap_peaks(&s->rules.held, &from->rules.held);
    for (int i = 0; i < RULES_LEVELS; i++)
        swap_peaks(&s->rules.once[i], &from->rules.once[i]);
    s->six = from->six;
    s->far = from->far;
    memcpy(s->guarded, from->guarded, sizeof s->guarded);
    s->n_guarded = from->n_guarded;
}

static void take_model(struct stream *s, struct stream *from)
{
    struct gpt *gpt = s->gpt;
    struct gpt_trainer *trainer = s->trainer;
    struct moments resting = s->resting;

    s->gpt = from->gpt;
    s->trainer = from->trainer;
    from->gpt = gpt;
    from->trainer = trainer;
    s->resting = from->resting;
    from->resting = resting;
    s->sides_on = from->sides_on;
    if (s->language.n) {
        memcpy(s->language.edges, from->language.edges,
               s->language.n * sizeof *s->language.edges);
        s->language.revision++;
    }
}

/* What was said of the rows from this one on. */
static void take_densities(struct stream *s, const struct stream *from, uint64_t row)
{
    if (s->rows > DENSITY_ROWS && row < s->rows - DENSITY_ROWS)
        row = s->rows - DENSITY_ROWS;
    for (uint64_t r = row; r < from->rows; r++)
        memcpy(densities_at(&s->densities, r), densities_at(&from->densities, r),
               s->densities.each * sizeof *s->densities.cell);
}

/* Which rows are in the pasts now, and with what. */
static void take_measures(struct stream *s, const struct stream *from)
{
    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++) {
        int known = r < from->rows && r + from->n_kept >= from->rows;
        s->kept[r % STREAM_KEEPS]->measured =
            known ? from->kept[r % STREAM_KEEPS]->measured : (struct measured){ 0 };
    }
}

/* History begins with this row, or with the oldest that is still there. */
static void remember_from(struct stream *s, uint64_t row)
{
    uint64_t oldest = s->rows - s->n_kept;
    uint32_t n = 0;

    for (uint64_t r = oldest; r < row && r < s->rows; r++) {
        struct memory *m = s->kept[r % STREAM_KEEPS];
        if (m->lesson == LESSON_WAITS) {
            m->lesson = LESSON_LEFT_OUT;
            s->waiting--;
        }
    }
    while (n < STREAM_KEEPS && s->rows - n > row &&
           s->kept[(s->rows - n - 1) % STREAM_KEEPS])
        n++;
    s->history_from = row;
    s->n_kept = n;
}

/* The rows that have come to s since are scored by the other model too: it is as if it
 * had been there. More of them than that, and its past ends where it ended. */
static int catch_up(struct stream *other, const struct stream *s)
{
    if (s->rows - other->rows > MOST_BEHIND) {
        other->n_guarded = 0;
        return 0;
    }
    while (other->rows < s->rows) {
        if (copy_row(other, s, other->rows))
            return -1;
        memory_speak(other, other->kept[other->rows % STREAM_KEEPS]);
        if (stream_score_again(other))
            return -1;
    }
    return 0;
}

/* What people have said of rows since moves them in the other's pasts, too. */
static int judge_too(struct stream *other, const struct stream *s)
{
    uint32_t rows;

    for (uint64_t r = other->rows - other->n_kept; r < other->rows; r++) {
        const struct memory *m = other->kept[r % STREAM_KEEPS];
        const struct memory *now = s->kept[r % STREAM_KEEPS];
        int normal = now->lesson == LESSON_DISMISSED;
        if (now->id != m->id || now->lesson == m->lesson ||
            (!normal && now->lesson != LESSON_APPROVED))
            continue;
        if (stream_judge(other, m->id, m->id, normal ? STREAM_DISMISSED : STREAM_APPROVED,
                         &rows))
            return -1;
    }
    return 0;
}

/* `other` knows what was said of rows from `judged` on. */
static void become(struct stream *s, struct stream *other, uint64_t judged)
{
    take_model(s, other);
    take_calibration(s, other);
    take_densities(s, other, judged);
    remember_from(s, other->history_from);
    stream_speak_again(s);
    take_measures(s, other);
}

int stream_promote(struct stream *s, struct candidate *c)
{
    assert(c->fresh->gen);
    if (judge_too(c->fresh, s) || catch_up(c->fresh, s))
        return -1;
    become(s, c->fresh, c->cut);
    s->gen = ++s->gens;
    return 0;
}

/* The rows that it had remembered, as far as they are still there. */
static int bring_rows(struct stream *before, const struct stream *s)
{
    uint64_t end = before->rows, from = end;

    while (from > before->history_from && s->rows - from < STREAM_KEEPS &&
           s->kept[(from - 1) % STREAM_KEEPS])
        from--;
    for (uint64_t r = from; r < end; r++) {
        if (copy_row(before, s, r))
            return -1;
        struct memory *m = before->kept[r % STREAM_KEEPS];
        lessons_recall(before, m);
        memory_speak(before, m);
    }
    before->n_kept = (uint32_t)(end - from);
    see_numbers(before);
    return 0;
}

int stream_go_back(struct stream *s, struct stream *before)
{
    if (before->rows > s->rows || bring_rows(before, s) || judge_too(before, s) ||
        catch_up(before, s))
        return -1;
    become(s, before, 0);
    s->gen = before->gen;
    return 0;
}
