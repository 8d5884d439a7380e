#include "detect/detect.h"

#include "base/path.h"
#include "base/units.h"
#include "detect/detect_sessions.h"
#include "detect/row.h"
#include "detect/warmup.h"
#include "detect/write.h"
#include "flow/stream.h"
#include "load/schema_json.h"

#include <inttypes.h>
#include <stdlib.h>

#define SCHEMA_MOST 65536u
#define LOOK_EVERY  256u /* rows between two calls of progress */
#define STOPPED     1
/* A default budget of more alarms a row is none. */
#define MOST_OFTEN (1.0 / STREAM_ONCE)
#define A_DAY      (1.0 / 86400)

struct run {
    const struct detect_options *o;
    struct output *out;
    struct detect_report *report;
    struct kiri_error *err;
    struct plan plan;
    struct stream *stream;
    struct source *reading; /* for the progress */
    struct row_clock clock;
    struct buf line;
    struct verdict verdict;
    uint64_t pushed;
    enum stream_state state; /* after the last row that was scored */
    int stopped;
};

void detect_report_free(struct detect_report *r)
{
    buf_free(&r->remarks);
}

static int no_memory(struct run *r)
{
    return kiri_fail(r->err, KIRI_INTERNAL, "memory is short");
}

/* Nonzero: give up. */
static int look(struct run *r, const char *doing, double part)
{
    struct detect_progress p = { .rows = r->report->rows, .doing = doing, .part = part };

    if (r->reading) {
        p.read = source_position(r->reading);
        p.size = source_size(r->reading);
    }
    if (r->o->progress && r->o->progress(r->o->ctx, &p))
        r->stopped = 1;
    return r->stopped;
}

/* While a pipe has nothing: what is known is written, so that somebody may act on it. */
static int wait(void *ctx)
{
    struct run *r = ctx;

    return (r->out && output_flush(r->out, r->err)) || look(r, NULL, 0);
}

static struct source *open_source(struct run *r, const char *path)
{
    const struct source_options o = { .format = r->o->format, .wait = wait, .ctx = r };

    return source_open(path, &o, r->err);
}

/* ---- before the first row -------------------------------------------------------- */

static int counting(void *ctx)
{
    return look(ctx, "counting", 0);
}

/* 0, STOPPED, -1. */
static int take_sample(struct run *r, struct source *s, uint64_t warmup,
                       struct sample *sample)
{
    struct record record;
    int got = 1;

    while (!sample_is_full(sample, warmup) &&
           (got = source_next(s, &record, r->err)) == 1)
        if (sample_add(sample, &record))
            return no_memory(r);
    return got == 2 ? STOPPED : got < 0 ? -1 : 0;
}

/* The budget, as P that a row opens an alarm. 0, or -1 and a sentence. */
static int budget(struct run *r, double *per_row)
{
    int64_t period = r->plan.period_ms;
    double per_second = r->o->per_second > 0 ? r->o->per_second : A_DAY;
    char step[40];

    *per_row = r->o->format == SOURCE_LINES ? DETECT_TEXT_BUDGET : DETECT_ROW_BUDGET;
    if (r->o->per_row > 0)
        *per_row = r->o->per_row;
    if (r->o->per_row > 0 || (!period && !(r->o->per_second > 0)))
        return 0;
    if (!period)
        return kiri_fail(
            r->err, KIRI_USAGE,
            "--budget by time needs rows with times that move on: name their "
            "column with --timestamp, or give a share of rows such as .001");
    double rate = per_second * (double)period / 1e3;
    if (r->o->per_second > 0 || rate <= MOST_OFTEN) {
        *per_row = rate < 1 ? rate : 1;
        return 0;
    }
    units_duration_print(period, step, sizeof step);
    buf_putf(&r->report->remarks,
             "rows are %s apart, too far for a budget of 1/day: it is 1 in 1,000 rows\n",
             step);
    return 0;
}

static int make_stream(struct run *r, uint64_t warmup)
{
    struct stream_options o = { .seed = r->o->seed, .hold_ms = r->o->hold_ms };
    char why[256];

    o.warmup = warmup < UINT32_MAX ? (uint32_t)warmup : UINT32_MAX;
    if (o.hold_ms && !r->plan.time)
        return kiri_fail(r->err, KIRI_USAGE,
                         "--hold needs rows with times: name their column with "
                         "--timestamp, or leave it out");
    if (budget(r, &o.alarm_rate))
        return -1;
    r->report->per_row = o.alarm_rate;
    r->report->period_ms = r->plan.period_ms;
    r->report->warmup = warmup;
    r->stream = stream_new(r->plan.schema, &o, why, sizeof why);
    if (!r->stream)
        return kiri_fail(r->err, KIRI_INTERNAL, "%s: %s", source_name(r->reading), why);
    return 0;
}

/* ---- rows ------------------------------------------------------------------------ */

static int learning(void *ctx, uint32_t done, uint32_t all)
{
    return done % 16 == 0 && look(ctx, "learning", (double)done / all);
}

/* 0, STOPPED, -1. */
static int score(struct run *r, const struct row *row)
{
    struct stream_lesson lesson;
    struct stream_row in = { .id = ++r->pushed, .ts = row->ts, .v = row->v };

    if (stream_due(r->stream) != STREAM_NOTHING) {
        if (stream_learn(r->stream, NULL, learning, r, &lesson))
            return r->stopped ? STOPPED : no_memory(r);
        r->report->lessons++;
    }
    if (stream_push(r->stream, &in, &r->verdict))
        return no_memory(r);
    r->state = r->verdict.state;
    return 0;
}

static int write(struct run *r, const struct row *row, const struct record *record)
{
    struct detect_report *to = r->report;
    const struct verdict *v = row->empty ? NULL : &r->verdict;

    to->rows++;
    if (v) {
        to->scored += v->gen != 0;
        to->alarms += v->onset != 0;
        to->clamped += v->clamped != 0;
    }
    flaws_count(&to->flaws, row->flaws, record->line, row->column);
    if (r->o->each)
        r->o->each(r->o->ctx, &(struct detect_row){ &r->plan, row, v, r->state });
    if (!r->out)
        return 0;
    buf_clear(&r->line);
    write_row(&r->plan, row, to->rows, v, r->state, &r->line);
    if (buf_failed(&r->line))
        return no_memory(r);
    return output_write(r->out, buf_text(&r->line), r->line.len, r->err);
}

/* One row through the stream, and out unless it only teaches. 0, STOPPED, -1. */
static int pass(struct run *r, const struct binding *b, const struct record *record,
                int teaches)
{
    struct row row;
    uint64_t rows;
    int rc;

    row_take(&r->plan, b, record, &r->clock, &row);
    if (!row.empty && (rc = score(r, &row)))
        return rc;
    if (!teaches && write(r, &row, record))
        return -1;
    rows = teaches ? ++r->report->trained : r->report->rows;
    return rows % LOOK_EVERY == 0 && look(r, teaches ? "learning" : NULL, 0) ? STOPPED
                                                                             : 0;
}

/* The sample, if it is of this file, and all rows behind it. 0, STOPPED, -1. */
static int pass_all(struct run *r, struct source *s, const struct sample *sample,
                    int teaches)
{
    struct binding b;
    struct record record;
    int rc = plan_bind(&r->plan, s, &b, r->err), got;

    source_seal(s);
    r->reading = s;
    for (uint32_t i = 0; rc == 0 && i < sample->n; i++)
        rc = pass(r, &b, sample->row[i], teaches);
    while (rc == 0 && (got = source_next(s, &record, r->err)) != 0)
        rc = got == 1 ? pass(r, &b, &record, teaches) : got == 2 ? STOPPED : -1;
    return rc;
}

/* ---- the whole ------------------------------------------------------------------- */

static void remark(struct run *r, const struct source *s, const struct plan *p)
{
    struct buf *out = &r->report->remarks;
    uint64_t trailing = source_trailing(s), unknown = source_unknown(s);

    if (p && p->remarks.len)
        buf_put(out, p->remarks.data, p->remarks.len);
    if (source_headless(s))
        buf_puts(out, "the first line is a row: the columns are named column1, column2 "
                      "and so on\n");
    if (trailing)
        buf_putf(out, "%" PRIu64 " empty line%s at the end left out\n", trailing,
                 trailing == 1 ? "" : "s");
    if (unknown)
        buf_putf(out,
                 "%" PRIu64
                 " row%s a member that the warm-up did not have: passed over\n",
                 unknown, unknown == 1 ? " has" : "s have");
}

/* From here on the model is as good as the rows before make it. */
static int end_training(struct run *r, const struct source *s)
{
    struct stream_facts facts;
    struct stream_options o = { .seed = r->o->seed,
                                .alarm_rate = r->report->per_row,
                                .hold_ms = r->o->hold_ms };

    stream_facts(r->stream, &facts);
    if (!facts.rows)
        return kiri_fail(r->err, KIRI_BAD_DATA, "%s has no row to learn from",
                         source_name(s));
    o.warmup = (uint32_t)(facts.rows < facts.warmup ? facts.rows : facts.warmup);
    stream_adjust(r->stream, &o);
    r->report->warmup = o.warmup;
    r->clock = (struct row_clock){ 0 };
    return 0;
}

/* Rows of text stand alone: all that --train has are learned at once. */
static uint64_t patience(const struct run *r, uint64_t warmup)
{
    int all = r->o->train && r->o->format == SOURCE_LINES && !r->o->warmup &&
              !(r->o->share > 0);

    return all ? UINT32_MAX : warmup;
}

static int learn_first(struct run *r, struct source *s, struct sample *sample)
{
    int rc = pass_all(r, s, sample, 1);

    if (rc == 0)
        rc = end_training(r, s);
    if (rc == 0)
        remark(r, s, NULL);
    sample_free(sample);
    return rc;
}

static struct kiri_schema *read_schema(const char *path, struct kiri_error *err)
{
    size_t len;
    char *text = path_read(path, SCHEMA_MOST, &len, err);
    struct kiri_schema *schema = text ? schema_json_parse(text, len, err) : NULL;

    if (text && !schema)
        kiri_fail_in(err, "%s", path);
    free(text);
    return schema;
}

static int head(struct run *r)
{
    if (!r->out)
        return 0;
    buf_clear(&r->line);
    write_header(&r->line);
    return buf_failed(&r->line)
               ? no_memory(r)
               : output_write(r->out, buf_text(&r->line), r->line.len, r->err);
}

static int begin(struct run *r, struct source *s, struct sample *sample)
{
    struct plan_wish wish = { .time = r->o->time,
                              .without = r->o->without,
                              .format = r->o->format };
    uint64_t warmup;
    int rc;

    r->reading = s;
    if ((rc = warmup_rows(r->o, s, &warmup, counting, r, r->err)) ||
        (rc = take_sample(r, s, warmup, sample)))
        return rc;
    if (!sample->n && !r->o->train)
        return head(r);
    if (r->o->schema && !(wish.schema = read_schema(r->o->schema, r->err)))
        return -1;
    if (plan_make(&r->plan, s, sample, wish, r->err))
        return -1;
    return make_stream(r, patience(r, warmup));
}

static int run(struct run *r, struct source **first, struct source **second,
               struct sample *sample)
{
    const struct detect_options *o = r->o;
    int rc;

    *first = open_source(r, o->train ? o->train : o->input);
    if (!*first)
        return r->stopped ? STOPPED : -1;
    if ((rc = begin(r, *first, sample)) || !r->stream)
        return rc;
    if (o->train && (rc = learn_first(r, *first, sample)))
        return rc;
    if (o->train && !(*second = open_source(r, o->input)))
        return r->stopped ? STOPPED : -1;
    return head(r) ? -1 : pass_all(r, o->train ? *second : *first, sample, 0);
}

int detect_run(const struct detect_options *o, struct output *out,
               struct detect_report *report, struct kiri_error *err)
{
    struct run r = { .o = o, .out = out, .report = report, .err = err };
    struct source *first = NULL, *second = NULL;
    struct sample sample = { 0 };

    *report = (struct detect_report){ 0 };
    if (o->format == SOURCE_SESSIONS)
        return detect_sessions(o, out, report, err);
    int rc = run(&r, &first, &second, &sample);
    if (rc == STOPPED && !r.stopped)
        rc = -1; /* it was the output that failed while a pipe was waited for */
    if (rc == 0)
        remark(&r, second ? second : first, &r.plan);
    if (rc == 0 && buf_failed(&report->remarks))
        rc = no_memory(&r);
    sample_free(&sample);
    stream_free(r.stream);
    plan_free(&r.plan);
    source_close(first);
    source_close(second);
    buf_free(&r.line);
    return rc;
}
