#include "flow/stream_lessons.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALF_A_DAY (12LL * 3600 * 1000) /* ms */

float lesson_weight(const struct memory *m)
{
    switch (m->lesson) {
    case LESSON_LEARN: return 1;
    case LESSON_DISMISSED: return 4;
    case LESSON_WAITS:
    case LESSON_LEFT_OUT:
    case LESSON_APPROVED: break;
    }
    return 0;
}

static struct memory *memory_at(const struct stream *s, uint64_t row)
{
    return s->kept[row % STREAM_KEEPS];
}

int lessons_any(const struct stream *s)
{
    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++)
        if (lesson_weight(memory_at(s, r)) > 0)
            return 1;
    return 0;
}

/* ---- open alarms ----------------------------------------------------------------- */

/* Is the open alarm one that is learned? */
static int is_shift(const struct stream *s)
{
    return s->open_ms >= s->options.hold_ms;
}

int lessons_settled(const struct stream *s)
{
    return s->shift_rows > SHIFT_ROWS ||
           (s->shift_rows && s->open_ms - s->options.hold_ms >= HALF_A_DAY);
}

/* What waits becomes that. */
static void settle(struct stream *s, enum lesson lesson)
{
    for (uint64_t r = s->rows - s->n_kept; s->waiting && r < s->rows; r++) {
        struct memory *m = memory_at(s, r);
        if (m->lesson == LESSON_WAITS) {
            m->lesson = lesson;
            s->waiting--;
        }
    }
}

void lessons_follow(struct stream *s, const struct verdict *v)
{
    if (!v->alarm) {
        s->open_ms = 0;
        s->shift_rows = 0;
    } else if (s->was_open && v->ts > s->last_ts) {
        s->open_ms += v->ts - s->last_ts;
    }
    s->was_open = v->alarm;
    s->shift_rows += v->alarm && is_shift(s);
    if (!v->alarm)
        settle(s, LESSON_LEFT_OUT);
    else if (is_shift(s))
        settle(s, LESSON_LEARN);
}

void lessons_measure(struct stream *s, const float by[STATISTICS], double depth,
                     uint32_t counts)
{
    s->measured =
        (struct measured){ .depth = depth > 0 ? (float)depth : 0,
                           .in = MEASURED | IN_GAUGES | (counts ? IN_TAILS : 0u) |
                                 (counts == COUNTS_CUT ? IS_CUT : 0u) };
    memcpy(s->measured.by, by, sizeof s->measured.by);
}

void lessons_note(const struct stream *s, const struct verdict *v, struct memory *m)
{
    m->lesson = v->alarm && !is_shift(s) ? LESSON_WAITS : LESSON_LEARN;
    m->measured = s->measured;
}

/* ---- the history ----------------------------------------------------------------- */

static void widen(struct stream *s, const struct memory *m)
{
    if (m->lesson != LESSON_DISMISSED || isnan(m->number))
        return;
    s->usual_lo = fmin(s->usual_lo, m->number);
    s->usual_hi = fmax(s->usual_hi, m->number);
}

/* What was dismissed, from the rows that say so, without this one. */
static void find_usual(struct stream *s, const struct memory *but)
{
    s->usual_lo = INFINITY;
    s->usual_hi = -INFINITY;
    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++)
        if (memory_at(s, r) != but)
            widen(s, memory_at(s, r));
}

void lessons_enter(struct stream *s, const struct memory *m)
{
    s->waiting += m->lesson == LESSON_WAITS;
    widen(s, m);
}

void lessons_leave(struct stream *s, const struct memory *m)
{
    s->waiting -= m->lesson == LESSON_WAITS;
    if (m->lesson == LESSON_DISMISSED &&
        (m->number <= s->usual_lo || m->number >= s->usual_hi))
        find_usual(s, m);
}

int lessons_usual(const struct stream *s, double x)
{
    double margin = BREACH_MARGIN * (s->usual_hi - s->usual_lo);

    return s->usual_lo <= s->usual_hi && x >= s->usual_lo - margin &&
           x <= s->usual_hi + margin;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = ((const struct recalled *)a)->id, y = ((const struct recalled *)b)->id;

    return (x > y) - (x < y);
}

void lessons_recall(const struct stream *s, struct memory *m)
{
    const struct recalled key = { .id = m->id }, *known = NULL;

    if (s->n_recalled)
        known = bsearch(&key, s->recalled, s->n_recalled, sizeof key, by_id);
    if (!known)
        return;
    m->lesson = known->lesson;
    m->measured = known->measured;
}

void lessons_recalled(struct stream *s)
{
    free(s->recalled);
    s->recalled = NULL;
    s->n_recalled = 0;
}

/* ---- what people say ------------------------------------------------------------- */

/* What waits behind the guard for this row; NULL: it is past already. */
static struct guarded *guard_of(struct stream *s, uint64_t row)
{
    uint64_t back = s->rows - row;

    return back <= s->n_guarded ? &s->guarded[s->n_guarded - back] : NULL;
}

static void leave(struct stream *s, const struct measured *x)
{
    float cut[STATISTICS];

    if (x->in & IN_GAUGES)
        yardsticks_leave_gauges(&s->yard, x->by);
    if (!(x->in & IN_TAILS))
        return;
    if (!(x->in & IS_CUT)) {
        yardsticks_leave_tails(&s->yard, x->by);
        return;
    }
    stream_cut(s, x->by, cut);
    yardsticks_leave_tails_about(&s->yard, cut);
}

/* The row's statistics come into the pasts, or leave them. 0, or -1: memory. */
static int move(struct stream *s, uint64_t row, int normal)
{
    struct measured *x = &memory_at(s, row)->measured;
    struct guarded *guard = guard_of(s, row);
    uint32_t was = x->in;

    if (!(was & MEASURED))
        return 0;
    if (guard) {
        guard->counts = normal ? COUNTS : NEVER;
    } else if (normal) {
        if (was & IS_CUT) {
            leave(s, x);
            was = MEASURED;
        }
        if ((!(was & IN_GAUGES) && yardsticks_gauge(&s->yard, x->by)) ||
            (!(was & IN_TAILS) && yardsticks_tail(&s->yard, x->by)))
            return -1;
    } else {
        leave(s, x);
        if (was & IN_TAILS && s->one_number)
            breach_take_back(&s->rules.breaches, (double)x->depth, s->rows - row);
    }
    x->in = normal ? MEASURED | IN_GAUGES | IN_TAILS : MEASURED;
    return 0;
}

/* The range rule's last rows, anew. */
static void see_again(struct stream *s)
{
    rules_forget(&s->rules);
    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++)
        if (memory_at(s, r)->lesson != LESSON_APPROVED)
            rules_see(&s->rules, memory_at(s, r)->number);
}

int stream_judge(struct stream *s, uint64_t from, uint64_t to,
                 enum stream_judgement judgement, uint32_t *rows)
{
    int normal = judgement == STREAM_DISMISSED, rc = 0;

    *rows = 0;
    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++) {
        struct memory *m = memory_at(s, r);
        if (m->id < from || m->id > to)
            continue;
        s->waiting -= m->lesson == LESSON_WAITS;
        m->lesson = normal ? LESSON_DISMISSED : LESSON_APPROVED;
        rc |= move(s, r, normal);
        ++*rows;
    }
    if (!*rows)
        return 0;
    s->judged += *rows;
    yardsticks_resum(&s->yard);
    find_usual(s, NULL);
    if (s->one_number)
        see_again(s);
    return rc;
}
