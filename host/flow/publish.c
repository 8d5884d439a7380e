/*
 * What was seen, as it arrives, and what it is worth, as it is scored: into the store and
 * onto the bus. A row that waits for a learning is safe already.
 */
#include "flow/instance.h"

#include "flow/combined.h"
#include "flow/message.h"
#include "flow/values.h"

#include <stdio.h>

#define DETAIL_EVERY 60u /* rows: one in so many keeps its per-field detail */

void publish_message(struct flow *f, const char *topic, int64_t ts,
                     const struct buf *members)
{
    struct bus_bytes sent;

    if (buf_failed(members))
        return;
    uint64_t seq = bus_publish(f->bus, topic, ts, buf_text(members), &sent);
    if (seq)
        store_put_message(f->store, seq, ts, sent.data, sent.len, 0);
}

static void emit(struct instance *in, const char *kind, int64_t ts,
                 const struct buf *members)
{
    char topic[64];

    snprintf(topic, sizeof topic, "%s/%s", kind, in->name);
    publish_message(in->flow, topic, ts, members);
}

void publish_obs(struct instance *in, const struct observed *row)
{
    struct buf values = { 0 }, members = { 0 };

    values_write(in->schema, row->v, &values);
    message_obs(row->id, &values, row->label, &members);
    if (!buf_failed(&values)) {
        store_put_obs(in->flow->store,
                      &(struct store_obs){ .atom = in->name,
                                           .id = row->id,
                                           .ts = row->ts,
                                           .label = row->label,
                                           .values = buf_text(&values) });
        emit(in, "obs", row->ts, &members);
    }
    buf_free(&values);
    buf_free(&members);
}

int scored_write(const struct instance *in, const struct stream_row *row,
                 const struct verdict *v, struct scored_row *out)
{
    struct jsonw j;

    *out = (struct scored_row){ .score = { .atom = in->name,
                                           .id = v->id,
                                           .ts = row->ts,
                                           .gen = v->gen,
                                           .surprise = v->surprise,
                                           .score = v->score,
                                           .tail = v->tail,
                                           .alarm = v->onset } };
    j = jsonw_into(&out->fields);
    verdict_fields(in->schema, row->v, v, 0, &j);
    message_score(in->schema, v, &out->fields, &out->members);
    out->keep = v->alarm || v->row % DETAIL_EVERY == 0;
    if (!buf_failed(&out->fields) && !buf_failed(&out->members))
        return 0;
    scored_free(out);
    return -1;
}

void scored_publish(struct instance *in, const struct scored_row *row)
{
    struct store_score score = row->score;

    score.detail = row->keep ? buf_text(&row->fields) : NULL;
    store_put_score(in->flow->store, &score);
    emit(in, "score", score.ts, &row->members);
}

void scored_free(struct scored_row *row)
{
    buf_free(&row->fields);
    buf_free(&row->members);
}

void publish_row(struct instance *in, const struct observed *row, const struct verdict *v)
{
    struct stream_row seen = { .id = row->id, .ts = row->ts, .v = row->v };
    struct scored_row scored;
    int starved = scored_write(in, &seen, v, &scored);

    scored.score.turn_skipped = in->turn_skipped;
    in->turn_skipped = 0;
    if (starved) /* memory is short: its score at least */
        store_put_score(in->flow->store, &scored.score);
    else
        scored_publish(in, &scored);
    scored_free(&scored);
}

void publish_together(struct instance *in, int64_t ts, double tail)
{
    struct flow *f = in->flow;
    struct molecule_row row = { .ts = ts, .period_ms = in->period_ms, .tail = tail };
    struct buf members = { 0 };

    if (!f->together || combined_push(f->together, in->name, &row) <= 0)
        return;
    const struct molecule_verdict *v = &f->together->last;
    struct store_score score = { .atom = COMBINED_NAME,
                                 .id = f->next_id++,
                                 .ts = ts,
                                 .gen = v->atoms,
                                 .surprise = v->nats,
                                 .score = v->score,
                                 .tail = v->tail,
                                 .alarm = v->onset };
    store_put_score(f->store, &score);
    combined_message(f->together, &members);
    publish_message(f, "molecule", ts, &members);
    buf_free(&members);
}

void publish_lesson(struct instance *in)
{
    struct buf members = { 0 };

    message_model(&in->lesson_out, in->facts.rows, in->lesson_ms, &members);
    emit(in, "model", clock_now(in->flow->clock), &members);
    buf_free(&members);
}

void publish_retrain(struct instance *in)
{
    struct buf members = { 0 };

    message_retrain(&in->retrain, in->facts.gen, in->facts.rows, &members);
    emit(in, "model", clock_now(in->flow->clock), &members);
    buf_free(&members);
}

void publish_health(struct instance *in)
{
    struct buf members = { 0 };

    message_atom(instance_health_name(in), *in->note ? in->note : in->rejected, &members);
    emit(in, "atom", clock_now(in->flow->clock), &members);
    buf_free(&members);
}

void publish_removed(struct instance *in)
{
    struct buf members = { 0 };

    message_atom("removed", "", &members);
    emit(in, "atom", clock_now(in->flow->clock), &members);
    buf_free(&members);
    if (in->flow->together)
        combined_leave(in->flow->together, in->name);
}
