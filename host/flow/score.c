/*
 * Step two: rows -> verdicts. Scores first, learns after; while the stream is with a
 * learner its rows wait, so that each is scored by exactly the generation it should be.
 */
#include "flow/instance.h"

#include "base/log.h"
#include "flow/atom_stream.h"
#include "flow/combined.h"

#include <stdlib.h>
#include <string.h>

static void take_note(struct instance *in, struct observed *row, const struct verdict *v)
{
    if (in->n_recent == INSTANCE_RECENT) {
        memmove(in->recent, in->recent + 1, sizeof in->recent - sizeof *in->recent);
        memmove(in->recent_alarm, in->recent_alarm + 1, sizeof in->recent_alarm - 1);
        in->n_recent--;
    }
    in->recent[in->n_recent] = v->surprise;
    in->recent_alarm[in->n_recent++] = v->alarm != 0;
    in->clamped += v->clamped;
    for (uint32_t i = 0; i < in->schema->n_fields; i++)
        in->missing += kiri_is_missing(&in->schema->fields[i], &row->v[i]) != 0;
    in->last = *v;
    free(in->last_row);
    in->last_row = row;
    stream_facts(in->stream, &in->facts);
}

/* Scores the row and hands it on; it belongs to the instance afterwards. */
static void score(struct instance *in, struct observed *row)
{
    struct verdict v;

    struct stream_row r = { .id = row->id, .ts = row->ts, .v = row->v };
    if (stream_push(in->stream, &r, &v)) {
        in->dropped++;
        log_error("%s: out of memory, a row was not scored", in->name);
        if (in->flow->scored)
            in->flow->scored(in->flow->scored_ctx, in, row, NULL);
        free(row);
        return;
    }
    take_note(in, row, &v);
    publish_row(in, row, &v);
    publish_together(in, row->ts, combined_tail(&v));
    if (in->flow->scored)
        in->flow->scored(in->flow->scored_ctx, in, row, &v);
}

static void adjust(struct instance *in)
{
    struct atom_rules rules = { in->period_ms, in->alarm_per_s, in->warmup, in->learn_off,
                                in->hold_ms };
    struct stream_options o = atom_options(&rules);

    stream_adjust(in->stream, &o);
    in->adjusted = 0;
}

/* Passed over, because its atom has learned for longer than its share: the row is scored
 * by the generation that is live, which is how those who do it again know; its score says
 * so, too. */
static void skip(struct instance *in)
{
    stream_skip(in->stream);
    in->turns_skipped++;
    in->turn_skipped = 1;
    in->lesson_out = (struct stream_lesson){ .gen = in->facts.gen };
    in->lesson_ms = 0;
    publish_lesson(in);
}

void score_rows(struct instance *in)
{
    if (in->adjusted && in->stream && !in->learning)
        adjust(in);
    while (!in->learning && in->restored) {
        enum stream_due due = stream_due(in->stream);
        struct observed *row = in->rows;
        /* The first training waits for no row: names, say, come when they come. */
        if (due == STREAM_WARMUP || (due && row)) {
            if (in->closing || clock_mono(in->flow->clock) < in->learn_from)
                return; /* they are in the store: the next start learns, then scores */
            if (due == STREAM_A_TURN && !share_allows(in)) {
                skip(in);
                continue;
            }
            learn_start(in, LESSON_TURN);
            continue;
        }
        if (!row)
            return;
        in->rows = row->next;
        if (!in->rows)
            in->rows_last = &in->rows;
        in->n_rows--;
        score(in, row);
    }
}
