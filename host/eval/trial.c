#include "eval/trial.h"

#include "detect/write.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct detecting {
    struct trial *t;
    struct trial_watch *watch;
    uint64_t counted; /* rows that watch knows of */
    struct buf why;
    int failed;
};

static void hear(void *ctx, const struct detect_row *row)
{
    struct detecting *d = ctx;
    struct said said = { .tail = 1, .learning = row->state == STREAM_LEARNING };

    buf_clear(&d->why);
    if (row->v) {
        said.score = (double)row->v->score;
        said.tail = (double)row->v->tail;
        said.alarm = row->v->onset;
        said.open = row->v->state == STREAM_ALARM;
    }
    if (said.alarm) {
        write_why(row->plan, row->v, &d->why);
        said.why = buf_text(&d->why);
    }
    d->failed |= series_say(&d->t->series, &said) || buf_failed(&d->why);
}

static int look(void *ctx, const struct detect_progress *p)
{
    struct detecting *d = ctx;

    atomic_fetch_add(&d->watch->rows, p->rows - d->counted);
    d->counted = p->rows;
    return atomic_load(&d->watch->stop) || d->failed;
}

static int detect(const struct eval_options *o, const struct corpus_stream *stream,
                  enum source_format format, const char *label, struct trial_watch *watch,
                  struct trial *t, struct kiri_error *err)
{
    struct detecting d = { .t = t, .watch = watch };
    struct detect_options with = o->detect;

    if (series_expect(&t->series))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    with.input = stream->path;
    with.format = format;
    with.without = label;
    with.each = hear;
    with.progress = look;
    with.ctx = &d;
    int rc = detect_run(&with, NULL, &t->report, err);
    look(&d, &(struct detect_progress){ .rows = t->report.rows });
    t->series.has_alarms = t->series.has_tails = 1;
    buf_free(&d.why);
    if (rc < 0)
        return rc;
    if (d.failed || (rc == 0 && t->series.scored != t->series.n))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s changed while it was read: try again with a copy",
                         stream->path);
    return rc;
}

/* How many rows of scores that were there already do not count; -1: they say it. */
static int64_t warmup_of(const struct eval_options *o, uint32_t rows)
{
    if (o->detect.warmup)
        return o->detect.warmup < rows ? (int64_t)o->detect.warmup : rows;
    return o->detect.share > 0 ? (int64_t)(o->detect.share * rows) : -1;
}

static int read_scores(const struct eval_options *o, const struct corpus_stream *stream,
                       struct trial *t, struct kiri_error *err)
{
    const struct scores_wish wish = { .path = stream->scores,
                                      .format = corpus_format(stream->scores),
                                      .score = o->score,
                                      .has_threshold = o->has_threshold,
                                      .threshold = o->threshold,
                                      .warmup = warmup_of(o, t->series.n) };

    return series_scores(&t->series, &wish, err);
}

/* The threshold is on scores of KIRI's own, too: instead of its alarms. */
static void set_threshold(struct series *s, double threshold)
{
    for (uint32_t i = 0; i < s->n; i++)
        s->alarm[i] = s->open[i] = i >= s->from && s->score[i] >= threshold;
}

static void judge(const struct eval_options *o, struct trial *t)
{
    struct series *s = &t->series;

    t->judged =
        (struct judged){ .n = s->n,
                         .from = s->from,
                         .score = s->score,
                         .rare = s->has_tails && !o->has_threshold ? s->tail : NULL,
                         .odd = s->odd,
                         .alarm = s->has_alarms ? s->alarm : NULL,
                         .open = s->has_alarms ? s->open : NULL,
                         .ts = s->ts,
                         .period_ms = s->period_ms,
                         .per_row = o->has_threshold ? 0 : t->report.per_row };
}

int trial_run(const struct eval_options *o, const struct corpus_stream *stream,
              struct trial_watch *watch, struct trial *t, struct kiri_error *err)
{
    struct series_wish wish = { .path = stream->path,
                                .shown = stream->name,
                                .format = o->has_format ? o->format
                                                        : corpus_format(stream->path),
                                .time = o->detect.time,
                                .label = o->corpus.label,
                                .windows = stream->windows,
                                .stop = &watch->stop };
    int rc = 0;

    if (atomic_load(&watch->stop))
        return 1;
    if ((rc = series_read(&t->series, &wish, err)))
        return rc;
    if (stream->scores)
        rc = read_scores(o, stream, t, err);
    else
        rc = detect(o, stream, wish.format, t->series.label, watch, t, err);
    if (rc)
        return rc;
    if (!stream->scores && o->has_threshold)
        set_threshold(&t->series, o->threshold);
    judge(o, t);
    if (measure(&t->judged, o->buffer, &t->measured))
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    return 0;
}

void trial_free(struct trial *t)
{
    series_free(&t->series);
    measured_free(&t->measured);
    detect_report_free(&t->report);
    *t = (struct trial){ 0 };
}
