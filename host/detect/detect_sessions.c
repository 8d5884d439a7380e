#include "detect/detect_sessions.h"

#include "base/parallel.h"
#include "detect/warmup.h"
#include "detect/write_session.h"
#include "flow/sessions.h"

#include <inttypes.h>
#include <stdlib.h>

#define LOOK_EVERY 256u /* rows between two calls of progress */
#define STOPPED    1

struct run {
    const struct detect_options *o;
    struct output *out;
    struct detect_report *report;
    struct kiri_error *err;
    struct lessons *lessons; /* until they are learned */
    struct sessions *model;
    struct source *reading;
    struct buf line;
    struct word word[SOURCE_COLUMNS];
    int stopped;
};

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

static int counting(void *ctx)
{
    return look(ctx, "counting", 0);
}

/* While a pipe has nothing: what is known is written, so that somebody may act on it. */
static int wait(void *ctx)
{
    struct run *r = ctx;

    return output_flush(r->out, r->err) || look(r, NULL, 0);
}

static struct source *open_source(struct run *r, const char *path)
{
    const struct source_options o = { .format = SOURCE_SESSIONS, .wait = wait, .ctx = r };

    return r->reading = source_open(path, &o, r->err);
}

/* ---- learning -------------------------------------------------------------------- */

static int learning(void *ctx, const struct chorus_progress *p)
{
    return look(ctx, "learning", (double)p->step / p->steps);
}

/* Sentences about what was learned. */
static void remark(struct run *r, uint64_t left_out)
{
    const struct sessions_facts *f = sessions_facts(r->model);
    struct buf *out = &r->report->remarks;

    if (left_out)
        buf_putf(out, "%" PRIu64 " session%s no room and %s not learned\n", left_out,
                 left_out == 1 ? " had" : "s had", left_out == 1 ? "was" : "were");
    if (!sessions_calibrated(r->model))
        buf_putf(out,
                 "%" PRIu64 " session%s are too few to say what is odd: no tail, no "
                 "alarm\n",
                 f->rows, f->rows == 1 ? "" : "s");
    else if ((double)f->strange > r->report->per_row * (double)f->held_back)
        buf_putf(out,
                 "%" PRIu64 " of %" PRIu64
                 " sessions learned have a word that no other has: within this budget an "
                 "unknown word alone is no alarm\n",
                 f->strange, f->held_back);
}

/* 0, STOPPED, -1. */
static int learn(struct run *r, uint64_t left_out)
{
    struct gpt_parallel par = { .run = parallel_run };
    const struct sessions_plan plan = {
        .seed = r->o->seed, .progress = learning, .ctx = r, .par = &par
    };

    r->model = sessions_train(r->lessons, &plan, r->err);
    lessons_free(r->lessons);
    r->lessons = NULL;
    if (!r->model) {
        if (r->err->code == KIRI_FINE)
            return STOPPED;
        return kiri_fail_in(r->err, "%s", source_name(r->reading));
    }
    r->report->lessons = 1;
    r->report->warmup = sessions_facts(r->model)->rows;
    remark(r, left_out);
    return 0;
}

static uint32_t words_of(struct run *r, const struct record *record, uint32_t *flaws)
{
    for (uint32_t i = 0; i < record->n; i++) {
        r->word[i] = (struct word){ record->cell[i].text, record->cell[i].len };
        if (record->cell[i].len > WORDS_LONGEST)
            *flaws |= FLAW(FLAW_CUT);
    }
    return record->n;
}

/* One more session to learn. 0, -1. */
static int take(struct run *r, const struct record *record, uint64_t *left_out)
{
    uint32_t flaws = 0, n = words_of(r, record, &flaws);
    int rc = lessons_add(r->lessons, r->word, n);

    *left_out += rc > 0;
    return rc < 0 ? no_memory(r) : 0;
}

static int learn_first(struct run *r, struct source *s)
{
    struct record record;
    uint64_t left_out = 0;
    int got;

    while ((got = source_next(s, &record, r->err)) == 1) {
        if (take(r, &record, &left_out))
            return -1;
        if (++r->report->trained % LOOK_EVERY == 0 && look(r, "reading", 0))
            return STOPPED;
    }
    return got ? (got == 2 ? STOPPED : -1) : learn(r, left_out);
}

/* ---- rows ------------------------------------------------------------------------ */

/* One row out. 0, STOPPED, -1. */
static int write(struct run *r, const struct record *record, uint32_t flaws,
                 const struct sessions_verdict *v)
{
    static const char *const nothing[FLAWS];
    struct detect_report *to = r->report;
    struct session_row row = { .number = ++to->rows,
                               .verdict = v,
                               .word = r->word,
                               .budget = to->per_row,
                               .flaws = flaws,
                               .learned = r->model != NULL };

    to->scored += v != NULL;
    to->alarms += v && v->tail <= to->per_row;
    flaws_count(&to->flaws, flaws, record->line, nothing);
    buf_clear(&r->line);
    write_session(&row, &r->line);
    if (buf_failed(&r->line))
        return no_memory(r);
    if (output_write(r->out, buf_text(&r->line), r->line.len, r->err))
        return -1;
    return to->rows % LOOK_EVERY == 0 && look(r, NULL, 0) ? STOPPED : 0;
}

static int score(struct run *r, const struct record *record)
{
    uint32_t flaws = record->flaws, n = words_of(r, record, &flaws);
    struct sessions_verdict v;

    if (!n)
        return write(r, record, flaws | FLAW(FLAW_UNSCORED), NULL);
    if (sessions_score(r->model, r->word, n, &v))
        return no_memory(r);
    for (uint32_t t = 0; t < v.n; t++)
        if (!v.token[t].known)
            flaws |= FLAW(FLAW_WORD);
    return write(r, record, flaws, &v);
}

static int pass_all(struct run *r, struct source *s, uint64_t warmup)
{
    struct record record;
    uint64_t left_out = 0;
    int rc = 0, got = 0;

    while (rc == 0 && (got = source_next(s, &record, r->err)) == 1) {
        if (!r->model && r->report->rows >= warmup)
            rc = learn(r, left_out);
        if (rc)
            break;
        if (r->model)
            rc = score(r, &record);
        else if ((rc = take(r, &record, &left_out)) == 0)
            rc = write(r, &record, record.flaws, NULL);
    }
    return rc ? rc : got == 2 ? STOPPED : got;
}

/* ---- the whole ------------------------------------------------------------------- */

static int head(struct run *r)
{
    write_header(&r->line);
    return buf_failed(&r->line)
               ? no_memory(r)
               : output_write(r->out, buf_text(&r->line), r->line.len, r->err);
}

static int run(struct run *r, struct source **first, struct source **second)
{
    const struct detect_options *o = r->o;
    struct source *rows;
    uint64_t warmup = 0;
    int rc = 0;

    r->report->per_row = o->per_row > 0 ? o->per_row : SESSIONS_ODD;
    r->lessons = lessons_new();
    if (!r->lessons)
        return no_memory(r);
    rows = *first = open_source(r, o->train ? o->train : o->input);
    if (!rows)
        return r->stopped ? STOPPED : -1;
    if (o->train) {
        if ((rc = learn_first(r, *first)))
            return rc;
        rows = *second = open_source(r, o->input);
        if (!rows)
            return r->stopped ? STOPPED : -1;
    } else if ((rc = warmup_rows(o, rows, &warmup, counting, r, r->err))) {
        return rc;
    } else {
        r->report->warmup = warmup;
    }
    return head(r) ? -1 : pass_all(r, rows, warmup);
}

int detect_sessions(const struct detect_options *o, struct output *out,
                    struct detect_report *report, struct kiri_error *err)
{
    struct run *r = calloc(1, sizeof *r);
    struct source *first = NULL, *second = NULL;

    if (!r)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    *r = (struct run){ .o = o, .out = out, .report = report, .err = err };
    int rc = run(r, &first, &second);
    if (rc == STOPPED && !r->stopped)
        rc = -1; /* it was the output that failed while a pipe was waited for */
    if (rc == 0 && buf_failed(&report->remarks))
        rc = no_memory(r);
    source_close(first);
    source_close(second);
    lessons_free(r->lessons);
    sessions_free(r->model);
    buf_free(&r->line);
    free(r);
    return rc;
}
