#include "eval/series.h"

#include "base/units.h"
#include "base/value.h"
#include "detect/plan.h"
#include "detect/row.h"
#include "detect/sample.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NEAR_NAMES 64u

void series_free(struct series *s)
{
    for (uint32_t i = 0; i < s->n_signals; i++) {
        free(s->signal[i].name);
        free(s->signal[i].x);
    }
    for (uint32_t i = 0; i < s->n_reasons; i++)
        free(s->reason[i].text);
    free(s->reason);
    free(s->ts);
    free(s->odd);
    free(s->label);
    free(s->score);
    free(s->tail);
    free(s->alarm);
    free(s->open);
    *s = (struct series){ 0 };
}

static int no_memory(struct kiri_error *err)
{
    return kiri_fail(err, KIRI_INTERNAL, "memory is short");
}

/* ---- the column of labels -------------------------------------------------------- */

int64_t series_column(struct source *src, const char *name)
{
    for (uint32_t i = 0; i < source_columns(src); i++)
        if (strcasecmp(source_column(src, i), name) == 0)
            return i;
    return -1;
}

int64_t series_label(struct source *src, const char *label, struct kiri_error *err)
{
    const char *names[NEAR_NAMES], *near;
    char shown[80];
    uint32_t n = 0;
    int64_t at = -1;

    for (const char *const *usual = label_columns; !label && *usual && at < 0; usual++)
        at = series_column(src, *usual);
    if (label)
        at = series_column(src, label);
    if (at >= 0)
        return at;
    for (; n < source_columns(src) && n < NEAR_NAMES; n++)
        names[n] = source_column(src, n);
    if (!label)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s has no column label, anomaly or is_anomaly: name the one "
                         "with the labels (--label COL), or a file of windows (--windows "
                         "F)",
                         source_name(src));
    near = units_nearest(label, names, n);
    return kiri_fail(err, KIRI_BAD_DATA, "%s has no column '%s'%s%s%s", source_name(src),
                     value_show(label, shown, sizeof shown),
                     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- rows ------------------------------------------------------------------------ */

struct reading {
    struct series *s;
    const struct series_wish *wish;
    struct source *source;
    struct plan plan;
    struct binding binding;
    struct row_clock clock;
    uint32_t field[SERIES_SIGNALS]; /* of each signal */
    int64_t label;                  /* column; -1: windows */
    struct kiri_error *err;
};

static int grow(void *array, size_t cap, size_t size)
{
    void **at = array;
    void *more = realloc(*at, cap * size);

    if (!more)
        return -1;
    *at = more;
    return 0;
}

static int make_room(struct series *s, int times)
{
    uint32_t cap = s->cap ? 2 * s->cap : 1024;

    if (s->n < s->cap)
        return 0;
    for (uint32_t i = 0; i < s->n_signals; i++)
        if (grow(&s->signal[i].x, cap, sizeof *s->signal[i].x))
            return -1;
    if ((times && grow(&s->ts, cap, sizeof *s->ts)) || grow(&s->odd, cap, 1))
        return -1;
    s->cap = cap;
    return 0;
}

/* 0 or 1; -1 and a sentence. */
static int label_of(struct reading *r, const struct record *record, int64_t ts)
{
    const struct windows *w = r->wish->windows;
    char shown[48];

    if (r->label < 0) {
        for (size_t i = 0; i < w->n; i++)
            if (ts >= w->at[i].from && ts <= w->at[i].to)
                return 1;
        return 0;
    }
    const struct cell *c =
        (uint64_t)r->label < record->n ? &record->cell[r->label] : NULL;
    int odd = c && c->text ? label_read(c->text, c->len) : -1;
    if (odd < 0)
        return kiri_fail(r->err, KIRI_BAD_DATA,
                         "%s:%" PRIu64 ": '%s' in column %.80s is no label: 0 is normal, "
                         "1 an anomaly",
                         r->wish->shown, record->line,
                         c && c->text ? value_show(c->text, shown, sizeof shown) : "",
                         source_column(r->source, (uint32_t)r->label));
    return odd;
}

static int take(struct reading *r, const struct record *record)
{
    struct series *s = r->s;
    struct row row;

    if (s->n == SERIES_ROWS)
        return kiri_fail(r->err, KIRI_BAD_DATA, "%s has more than %u rows",
                         r->wish->shown, SERIES_ROWS);
    if (make_room(s, r->plan.time != NULL))
        return no_memory(r->err);
    row_take(&r->plan, &r->binding, record, &r->clock, &row);
    for (uint32_t i = 0; i < s->n_signals; i++)
        s->signal[i].x[s->n] = (float)row.v[r->field[i]].num;
    if (s->ts)
        s->ts[s->n] = row.ts;
    int odd = label_of(r, record, row.ts);
    if (odd < 0)
        return -1;
    s->odd[s->n++] = (uint8_t)odd;
    return 0;
}

/* The columns of numbers, in their order. */
static int choose_signals(struct reading *r)
{
    const struct kiri_schema *schema = r->plan.schema;
    struct series *s = r->s;

    for (uint32_t i = 0; i < schema->n_fields; i++) {
        if (schema->fields[i].kind != KIRI_NUMBER)
            continue;
        if (s->n_signals == SERIES_SIGNALS) {
            s->more++;
            continue;
        }
        r->field[s->n_signals] = i;
        s->signal[s->n_signals].name = strdup(r->plan.column[i]);
        if (!s->signal[s->n_signals++].name)
            return no_memory(r->err);
    }
    s->period_ms = r->plan.period_ms;
    return 0;
}

static int look_at_columns(struct reading *r, struct sample *sample)
{
    const struct series_wish *w = r->wish;
    struct plan_wish wish = { .time = w->time, .format = w->format };
    struct record record;
    int got = 1;

    while (!sample_is_full(sample, SAMPLE_ROWS) &&
           (got = source_next(r->source, &record, r->err)) == 1)
        if (sample_add(sample, &record))
            return no_memory(r->err);
    if (got < 0)
        return -1;
    if (!sample->n)
        return kiri_fail(r->err, KIRI_BAD_DATA, "%s has no rows", w->shown);
    r->label = -1;
    if (!w->windows) {
        r->label = series_label(r->source, w->label, r->err);
        if (r->label < 0)
            return -1;
        wish.without = source_column(r->source, (uint32_t)r->label);
        r->s->label = strdup(wish.without);
        if (!r->s->label)
            return no_memory(r->err);
    }
    if (plan_make(&r->plan, r->source, sample, wish, r->err))
        return -1;
    if (w->windows && w->windows->n && !r->plan.time)
        return kiri_fail(r->err, KIRI_BAD_DATA,
                         "%s has no column of times, which windows need: name it with "
                         "--timestamp, or give a column of labels (--label)",
                         w->shown);
    if (choose_signals(r))
        return -1;
    return plan_bind(&r->plan, r->source, &r->binding, r->err);
}

static int read_rows(struct reading *r, const struct sample *sample)
{
    struct record record;
    int got = 1, rc = 0;

    source_seal(r->source);
    for (uint32_t i = 0; rc == 0 && i < sample->n; i++)
        rc = take(r, sample->row[i]);
    while (rc == 0 && (got = source_next(r->source, &record, r->err)) == 1) {
        rc = take(r, &record);
        if (rc == 0 && r->wish->stop && atomic_load(r->wish->stop))
            return 1;
    }
    return rc || got < 0 ? -1 : 0;
}

int series_read(struct series *s, const struct series_wish *wish, struct kiri_error *err)
{
    const struct source_options o = { .format = wish->format };
    struct reading r = { .s = s, .wish = wish, .err = err };
    struct sample sample = { 0 };

    *s = (struct series){ 0 };
    r.source = source_open(wish->path, &o, err);
    if (!r.source)
        return -1;
    int rc = look_at_columns(&r, &sample) ? -1 : read_rows(&r, &sample);
    sample_free(&sample);
    plan_free(&r.plan);
    source_close(r.source);
    return rc;
}

/* ---- what was said --------------------------------------------------------------- */

int series_expect(struct series *s)
{
    s->score = calloc(s->n, sizeof *s->score);
    s->tail = calloc(s->n, sizeof *s->tail);
    s->alarm = calloc(s->n, 1);
    s->open = calloc(s->n, 1);
    return s->score && s->tail && s->alarm && s->open ? 0 : -1;
}

static int keep_reason(struct series *s, uint32_t row, const char *why)
{
    if ((s->n_reasons & (s->n_reasons - 1)) == 0 &&
        grow(&s->reason, s->n_reasons ? 2 * (size_t)s->n_reasons : 1, sizeof *s->reason))
        return -1;
    s->reason[s->n_reasons] = (struct reason){ row, strdup(why) };
    return s->reason[s->n_reasons++].text ? 0 : -1;
}

int series_say(struct series *s, const struct said *said)
{
    uint32_t row = s->scored;

    if (row >= s->n)
        return -1;
    s->score[row] = said->score;
    s->tail[row] = said->tail;
    s->alarm[row] = said->alarm != 0;
    s->open[row] = said->open != 0;
    s->scored++;
    if (said->learning && s->from == row)
        s->from++;
    return said->why ? keep_reason(s, row, said->why) : 0;
}
