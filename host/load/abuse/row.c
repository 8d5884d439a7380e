/*
 * row.c - one row against its schema: what a host would have to repair, and what it could
 * not even read. Behind the values and the observation stand bytes that nobody may touch.
 */
#include "load/abuse/hooks.h"
#include "load/abuse/trial.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define GUARD      0x5a
#define MOST_LABEL 4096u
#define MOST_WORD  256u
#define PAGE       4096u
#define FRAMES     1048576u /* below us on the stack: what was a callback's */
#define ENOUGH     20u      /* rows, before a habit is called one */
#define DAY_MS     INT64_C(86400000)
#define YEAR_2000  INT64_C(946684800000)

void row_prepare(struct life *l, const char *doing)
{
    uint32_t n = l->schema->n_fields;

    l->doing = doing;
    memset(&l->out, GUARD, sizeof l->out);
    memset(l->v, GUARD, sizeof l->v);
    kiri_missing(l->schema, l->v);
    l->out.obs = (struct kiri_obs){
        .size = sizeof l->out.obs,
        .n = n,
        .time_ms = l->served.now,
        .v = l->v,
    };
}

static int untouched(const void *at, size_t n)
{
    const unsigned char *byte = at;

    for (size_t i = 0; i < n; i++)
        if (byte[i] != GUARD)
            return 0;
    return 1;
}

/* What is the host's in the observation is as it was. */
static void hold_frame(struct life *l)
{
    const struct kiri_obs *o = &l->out.obs;
    uint32_t n = l->schema->n_fields;

    if (o->size != sizeof *o || o->n != n || o->v != l->v ||
        !untouched(l->out.after, sizeof l->out.after))
        trial_find(l->trial, "frame", "collect",
                   "fill in time_ms, label and v[0..n-1], and nothing else",
                   "collect() changes what is the host's in the observation");
}

/* ---- texts ---------------------------------------------------------------------- */

/* Is [at, at + n) memory that the atom still has? If not, *why says so. */
static int alive(struct life *l, const void *at, size_t n, const char **why)
{
    uintptr_t where = (uintptr_t)at;

    *why = hooks_freed(at) ? "points to memory that it has freed"
           : where < l->frame && where > l->frame - FRAMES
               ? "points to a local variable of its own, which is gone"
           : !trial_readable(l->trial, at, n) ? "points to memory that cannot be read"
                                              : NULL;
    return !*why;
}

#define LIVES "what is handed over must live until the next callback"

int row_text_ok(struct life *l, const char *callback, const char *what, const char *text,
                size_t most)
{
    const char *why;
    size_t n = 0;

    while (text && n <= most) {
        size_t part = PAGE - ((uintptr_t)(text + n) & (PAGE - 1)), len;

        if (!alive(l, text + n, part, &why)) {
            trial_find(l->trial, "dangling", what, LIVES, "%s of %s() %s", what, callback,
                       why);
            return 0;
        }
        part = part < most + 1 - n ? part : most + 1 - n;
        len = strnlen(text + n, part);
        n += len;
        if (len < part)
            return 1;
    }
    if (text)
        trial_find(l->trial, "endless", what, "end it with a NUL",
                   "%s of %s() does not end within %zu bytes", what, callback, most);
    return !text;
}

static void hold_text(struct life *l, uint32_t i)
{
    const struct kiri_field *f = &l->schema->fields[i];
    const union kiri_value *v = &l->v[i];
    const char *why;

    if (!v->text.ptr)
        return;
    l->outside[i] += v->text.len > f->max_len;
    if (v->text.len && !alive(l, v->text.ptr, v->text.len, &why))
        trial_find(l->trial, "dangling", f->name, LIVES, "%s: its text of %u bytes %s",
                   f->name, v->text.len, why);
}

static void hold_words(struct life *l, uint32_t i)
{
    const struct kiri_field *f = &l->schema->fields[i];
    const union kiri_value *v = &l->v[i];
    uint32_t n = v->words.n < f->max_len ? v->words.n : f->max_len;
    const char *why;

    if (!v->words.ptr)
        return;
    l->outside[i] += v->words.n > f->max_len;
    if (n && !alive(l, v->words.ptr, n * sizeof *v->words.ptr, &why)) {
        trial_find(l->trial, "dangling", f->name, LIVES, "%s: its list of words %s",
                   f->name, why);
        return;
    }
    for (uint32_t k = 0; k < n; k++) {
        if (!v->words.ptr[k]) {
            trial_find(l->trial, "null-word", f->name, "words.n says how many there are",
                       "%s: one of its words is NULL", f->name);
            return;
        }
        if (!row_text_ok(l, l->doing, f->name, v->words.ptr[k], MOST_WORD))
            return;
    }
}

/* ---- numbers -------------------------------------------------------------------- */

static void hold_number(struct life *l, uint32_t i)
{
    const struct kiri_field *f = &l->schema->fields[i];
    double x = l->v[i].num;

    if (isinf(x))
        trial_find(l->trial, "infinite", f->name,
                   "what is not known is NaN, a word of its own; all else is finite",
                   "%s: %s() gives %s", f->name, l->doing, x < 0 ? "-inf" : "inf");
    else if (!isnan(x) && f->scale != KIRI_LEARNED)
        l->outside[i] += x < f->lo || x > f->hi;
}

static void hold_choice(struct life *l, uint32_t i)
{
    const struct kiri_field *f = &l->schema->fields[i];
    int32_t n = 0, got = l->v[i].choice;

    while (f->kind == KIRI_CHOICE && f->choices[n])
        n++;
    if (f->kind == KIRI_CHOICE && (got < -1 || got >= n))
        trial_find(l->trial, "index", f->name, "-1 is missing",
                   "%s: %s() gives choice %" PRId32 ", but it has 0..%" PRId32, f->name,
                   l->doing, got, n - 1);
    else if (f->kind != KIRI_CHOICE && got != -1)
        trial_find(l->trial, "clock", f->name, "leave it alone",
                   "%s: %s() fills in what the host fills in", f->name, l->doing);
}

static void hold_time(struct life *l)
{
    int64_t at = l->out.obs.time_ms;

    if (at < YEAR_2000)
        trial_find(l->trial, "time", "time_ms",
                   "it is UTC in milliseconds since 1970, and already filled in",
                   "collect() says that its row is of %" PRId64 " ms after 1970", at);
    else if (at > l->served.now + DAY_MS)
        trial_find(l->trial, "time", "time_ms",
                   "it is UTC in milliseconds since 1970, and already filled in",
                   "collect() says that its row is of more than a day from now");
}

static void hold_value(struct life *l, uint32_t i)
{
    const struct kiri_field *f = &l->schema->fields[i];

    switch (f->kind) {
    case KIRI_NUMBER: hold_number(l, i); break;
    case KIRI_TEXT: hold_text(l, i); break;
    case KIRI_WORDS: hold_words(l, i); break;
    default: hold_choice(l, i); break;
    }
    if (f->flags & KIRI_ALWAYS && f->kind != KIRI_HOUR && f->kind != KIRI_WEEKDAY &&
        kiri_is_missing(f, &l->v[i]))
        trial_find(l->trial, "missing", f->name,
                   "return KIRI_NONE or KIRI_EIO instead, or drop KIRI_ALWAYS",
                   "%s: %s() leaves it missing, although it is ALWAYS there", f->name,
                   l->doing);
}

void row_hold_values(struct life *l)
{
    uint32_t n = l->schema->n_fields;

    if (!untouched(l->v + n, (KIRI_MAX_FIELDS + SPARE_VALUES - n) * sizeof l->v[0]))
        trial_find(l->trial, "beyond", l->doing, "out->n says how many there are",
                   "%s() writes beyond the %u values of its schema", l->doing, n);
    for (uint32_t i = 0; i < n; i++)
        hold_value(l, i);
}

void row_hold(struct life *l, int rc)
{
    hold_frame(l);
    l->n_failed += rc < KIRI_OK;
    if (rc != KIRI_OK && rc != KIRI_MORE)
        return;
    l->n_rows++;
    atomic_fetch_add(&l->trial->page->rows, 1);
    if (!l->timeless)
        hold_time(l);
    row_text_ok(l, "collect", "label", l->out.obs.label, MOST_LABEL);
    row_hold_values(l);
}

/* A value out of range now and then is what the world is like; most of them is a schema
 * that does not fit. */
void row_judge(struct life *l)
{
    for (uint32_t i = 0; i < l->schema->n_fields && l->n_rows >= ENOUGH; i++) {
        const struct kiri_field *f = &l->schema->fields[i];

        if (l->outside[i] * 2 <= l->n_rows)
            continue;
        if (f->kind == KIRI_NUMBER)
            trial_find(l->trial, "range", f->name,
                       "widen the range, or use KIRI_LEARNED, or the model sees one word",
                       "%s: %u of %u values are outside of %g..%g", f->name,
                       l->outside[i], l->n_rows, f->lo, f->hi);
        else
            trial_find(l->trial, "range", f->name, "raise max_len, or hand over less",
                       "%s: %u of %u values are longer than %u", f->name, l->outside[i],
                       l->n_rows, f->max_len);
    }
}
