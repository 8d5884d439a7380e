/*
 * eval/scores.c - scores that somebody has computed already, out of a file.
 */
#include "eval/series.h"

#include "base/units.h"
#include "base/value.h"
#include "detect/times.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_NAMES 64u

struct columns_of_scores {
    int64_t score, alarm, tail, state, blame; /* -1: there is none */
};

static int find_score(struct source *src, const char *wish, int64_t *at,
                      struct kiri_error *err)
{
    const char *names[NEAR_NAMES], *near;
    char shown[80];
    uint32_t n = 0;

    *at = series_column(src, wish ? wish : "score");
    if (*at < 0 && !wish)
        *at = series_column(src, "anomaly_score");
    if (*at >= 0)
        return 0;
    for (; n < source_columns(src) && n < NEAR_NAMES; n++)
        names[n] = source_column(src, n);
    near = units_nearest(wish ? wish : "score", names, n);
    return kiri_fail(err, KIRI_BAD_DATA, "%s has no column '%s'%s%s%s", source_name(src),
                     wish ? value_show(wish, shown, sizeof shown) : "score",
                     near   ? ", did you mean '"
                     : wish ? ""
                            : ": name the scores' (--score)",
                     near ? near : "", near ? "'?" : "");
}

static int find_columns(struct source *src, const struct scores_wish *wish,
                        struct columns_of_scores *c, struct kiri_error *err)
{
    if (find_score(src, wish->score, &c->score, err))
        return -1;
    c->tail = series_column(src, "tail");
    c->alarm = series_column(src, "alarm");
    c->state = series_column(src, "state");
    c->blame = series_column(src, "blame");
    return 0;
}

static const struct cell *cell_at(const struct record *record, int64_t at)
{
    const struct cell *c = at >= 0 && (uint64_t)at < record->n ? &record->cell[at] : NULL;

    return c && c->text ? c : NULL;
}

static int is(const struct cell *c, const char *word)
{
    return c && strlen(word) == c->len && memcmp(c->text, word, c->len) == 0;
}

static int read_said(const struct scores_wish *wish, const struct columns_of_scores *c,
                     struct source *src, const struct record *record, struct said *out,
                     struct kiri_error *err)
{
    const struct cell *score = cell_at(record, c->score);
    const struct cell *alarm = cell_at(record, c->alarm);
    const struct cell *state = cell_at(record, c->state);
    char shown[48];

    const struct cell *tail = cell_at(record, c->tail);

    *out = (struct said){ .tail = 1 };
    if (!score || times_number(score->text, score->len, &out->score))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s:%" PRIu64 ": '%s' in column %.80s is no number: each row "
                         "needs a score",
                         source_name(src), record->line,
                         score ? value_show(score->text, shown, sizeof shown) : "",
                         source_column(src, (uint32_t)c->score));
    if (tail && times_number(tail->text, tail->len, &out->tail))
        out->tail = 1;
    out->learning = is(state, "learning");
    if (wish->has_threshold) {
        out->alarm = out->open = !out->learning && out->score >= wish->threshold;
    } else if (c->alarm >= 0) {
        out->alarm = alarm ? label_read(alarm->text, alarm->len) : -1;
        if (out->alarm < 0)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "%s:%" PRIu64 ": '%s' in column alarm is neither 0 nor 1",
                             source_name(src), record->line,
                             alarm ? value_show(alarm->text, shown, sizeof shown) : "");
        out->open = out->alarm || is(state, "alarm");
        const struct cell *blame = cell_at(record, c->blame);
        if (out->alarm && blame && blame->len)
            out->why = blame->text;
    }
    return 0;
}

static int read_all(struct series *s, struct source *src, const struct scores_wish *wish,
                    struct kiri_error *err)
{
    struct columns_of_scores c = { -1, -1, -1, -1, -1 };
    struct record record;
    struct said said;
    uint64_t rows = 0;
    int got;

    while ((got = source_next(src, &record, err)) == 1) {
        if (rows == 0 && find_columns(src, wish, &c, err))
            return -1;
        if (rows++ >= s->n)
            continue; /* counted only */
        if (read_said(wish, &c, src, &record, &said, err))
            return -1;
        if (wish->warmup >= 0)
            said.learning = rows <= (uint64_t)wish->warmup;
        if (series_say(s, &said))
            return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    }
    s->has_alarms = wish->has_threshold || c.alarm >= 0;
    s->has_tails = c.alarm >= 0 && c.tail >= 0;
    if (got < 0)
        return -1;
    if (rows != s->n)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s has %" PRIu64 " row%s and the labelled stream %u: each row "
                         "needs a score",
                         source_name(src), rows, rows == 1 ? "" : "s", s->n);
    return 0;
}

int series_scores(struct series *s, const struct scores_wish *wish,
                  struct kiri_error *err)
{
    const struct source_options o = { .format = wish->format };
    struct source *src;

    if (series_expect(s))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    src = source_open(wish->path, &o, err);
    if (!src)
        return -1;
    int rc = read_all(s, src, wish, err);
    source_close(src);
    return rc;
}
