#include "detect/plan_time.h"

#include "base/units.h"
#include "base/value.h"
#include "detect/times.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NEAR_NAMES 64u

static const struct cell *cell_of(const struct record *row, uint32_t column)
{
    const struct cell *c = column < row->n ? &row->cell[column] : NULL;

    return c && c->text && c->len ? c : NULL;
}

/* How many of the column's values are times; *first gets the row of the first that is
 * none. */
static uint32_t count_times(const struct sample *sample, uint32_t column,
                            uint32_t *values, const struct record **first)
{
    uint32_t times = 0;
    int64_t ms;

    *values = 0;
    *first = NULL;
    for (uint32_t i = 0; i < sample->n; i++) {
        const struct cell *c = cell_of(sample->row[i], column);
        if (!c)
            continue;
        ++*values;
        if (times_parse(c->text, c->len, &ms) == 0)
            times++;
        else if (!*first)
            *first = sample->row[i];
    }
    return times;
}

/* Numbers that are times although the column's name does not say so: of 1990 to 2100, in
 * s or ms, mostly rising. */
static int looks_like_clock(const struct sample *sample, uint32_t column)
{
    double x, before = 0;
    uint32_t rising = 0, falling = 0;

    for (uint32_t i = 0; i < sample->n; i++) {
        const struct cell *c = cell_of(sample->row[i], column);
        if (!c)
            continue;
        if (times_number(c->text, c->len, &x))
            return 1; /* a calendar's */
        if (!((x > 631e6 && x < 4103e6) || (x > 631e9 && x < 4103e9)))
            return 0;
        rising += x > before;
        falling += x < before;
        before = x;
    }
    return rising > 9 * falling && rising > sample->n / 2;
}

static int is_named_so(const char *name)
{
    static const char *const names[] = { "timestamp",  "time",      "ts",
                                         "date",       "datetime",  "when",
                                         "@timestamp", "date_time", NULL };

    for (const char *const *n = names; *n; n++)
        if (strcasecmp(*n, name) == 0)
            return 1;
    return 0;
}

static int holds_times(const struct sample *sample, uint32_t column)
{
    const struct record *first;
    uint32_t values, times = count_times(sample, column, &values, &first);

    return values && times * 2 >= values;
}

/* By name, else the first column. -1: none. */
static int64_t look_for(struct source *s, const struct sample *sample)
{
    for (uint32_t i = 0; i < source_columns(s); i++)
        if (is_named_so(source_column(s, i)) && holds_times(sample, i))
            return i;
    if (source_columns(s) && holds_times(sample, 0) && looks_like_clock(sample, 0))
        return 0;
    return -1;
}

static int64_t wished(struct source *s, const struct sample *sample, const char *wish,
                      struct kiri_error *err)
{
    const char *names[NEAR_NAMES], *near;
    const struct record *first;
    uint32_t values, n = 0;
    int64_t at = -1;
    char shown[48];

    for (uint32_t i = 0; i < source_columns(s); i++) {
        if (strcmp(source_column(s, i), wish) == 0)
            at = i;
        if (n < NEAR_NAMES)
            names[n++] = source_column(s, i);
    }
    if (at < 0) {
        near = units_nearest(wish, names, n);
        return kiri_fail(err, KIRI_BAD_DATA, "%s has no column '%.80s'%s%s%s",
                         source_name(s), wish, near ? ", did you mean '" : "",
                         near ? near : "", near ? "'?" : "");
    }
    if (!count_times(sample, (uint32_t)at, &values, &first) && first)
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "%s:%" PRIu64 ": column %.80s is '%s', which is no time: 2014-04-01 "
            "00:05:00 or seconds since 1970 are",
            source_name(s), first->line, wish,
            value_show(cell_of(first, (uint32_t)at)->text, shown, sizeof shown));
    return at;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int median_step(struct plan *p, const struct sample *sample, uint32_t column)
{
    int64_t *step = calloc(sample->n + 1u, sizeof *step), before = 0, now;
    uint32_t n = 0, times = 0;

    if (!step)
        return -1;
    for (uint32_t i = 0; i < sample->n; i++) {
        const struct cell *c = cell_of(sample->row[i], column);
        if (!c || times_parse(c->text, c->len, &now))
            continue;
        if (times++ && now >= before)
            step[n++] = now - before;
        before = now;
    }
    qsort(step, n, sizeof *step, by_size);
    p->period_ms = n ? step[n / 2] : 0;
    free(step);
    return 0;
}

int plan_time(struct plan *p, struct source *s, const struct sample *sample,
              const char *wish, struct kiri_error *err)
{
    int64_t at;

    if (wish && strcmp(wish, "-") == 0)
        return 0;
    if (!wish)
        at = look_for(s, sample);
    else if ((at = wished(s, sample, wish, err)) < 0)
        return -1;
    if (at < 0)
        return 0;
    p->time = strdup(source_column(s, (uint32_t)at));
    if (!p->time || median_step(p, sample, (uint32_t)at))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    return 0;
}
