/*
 * The last step: what was seen and what it is worth, into the store and onto the bus.
 */
#include "flow/instance.h"

#include "base/json.h"
#include "flow/values.h"

#include <stdio.h>

#define DETAIL_EVERY 60u /* rows: one in so many keeps its per-field detail */

/* topic + members -> bus and journal. */
static void emit(struct instance *in, const char *kind, int64_t ts, struct buf *members)
{
    struct bus_bytes sent;
    char topic[64];

    snprintf(topic, sizeof topic, "%s/%s", kind, in->name);
    if (buf_failed(members))
        return;
    uint64_t seq = bus_publish(in->flow->bus, topic, ts, buf_text(members), &sent);
    if (seq)
        store_put_message(in->flow->store, seq, ts, sent.data, sent.len, 0);
}

static void publish_obs(struct instance *in, const struct observed *row, uint64_t id)
{
    struct buf values = { 0 }, members = { 0 };
    struct jsonw j = jsonw_into(&members);

    values_write(in->schema, row->v, &values);
    jsonw_kint(&j, "id", (int64_t)id);
    jsonw_key(&j, "values");
    jsonw_raw(&j, buf_text(&values), values.len);
    if (row->label)
        jsonw_kstr(&j, "label", row->label);
    if (!buf_failed(&values)) {
        store_put_obs(in->flow->store,
                      &(struct store_obs){ .atom = in->name,
                                           .id = id,
                                           .ts = row->ts,
                                           .label = row->label,
                                           .values = buf_text(&values) });
        emit(in, "obs", row->ts, &members);
    }
    buf_free(&values);
    buf_free(&members);
}

void publish_unscored(struct instance *in, const struct observed *row)
{
    publish_obs(in, row, in->flow->next_id++);
}

void publish_row(struct instance *in, const struct observed *row, const struct verdict *v)
{
    struct buf members = { 0 }, detail = { 0 };
    struct jsonw d = jsonw_into(&detail), j = jsonw_into(&members);

    publish_obs(in, row, v->id);
    verdict_fields(in->schema, row->v, v, 0, &d);
    verdict_write(in->schema, v, &j);
    jsonw_key(&j, "fields");
    jsonw_raw(&j, buf_text(&detail), detail.len);
    int keep = v->alarm || v->row % DETAIL_EVERY == 0;
    store_put_score(in->flow->store,
                    &(struct store_score){ .atom = in->name,
                                           .id = v->id,
                                           .ts = row->ts,
                                           .gen = v->gen,
                                           .surprise = v->surprise,
                                           .score = v->score,
                                           .tail = v->tail,
                                           .alarm = v->alarm,
                                           .detail = keep ? buf_text(&detail) : NULL });
    emit(in, "score", row->ts, &members);
    buf_free(&members);
    buf_free(&detail);
}

void publish_lesson(struct instance *in)
{
    struct buf members = { 0 };
    struct jsonw j = jsonw_into(&members);

    jsonw_kint(&j, "gen", (int64_t)in->lesson_out.gen);
    jsonw_kint(&j, "rows", (int64_t)in->facts.rows);
    jsonw_kint(&j, "steps", in->lesson_out.steps);
    jsonw_knum(&j, "before", (double)in->lesson_out.before, 4);
    jsonw_knum(&j, "after", (double)in->lesson_out.after, 4);
    jsonw_kint(&j, "ms", in->lesson_ms);
    jsonw_kstr(&j, "result", in->lesson_out.rejected ? "rejected" : "trained");
    emit(in, "model", clock_now(in->flow->clock), &members);
    buf_free(&members);
}

void publish_health(struct instance *in)
{
    struct buf members = { 0 };
    struct jsonw j = jsonw_into(&members);

    jsonw_kstr(&j, "state", instance_health_name(in));
    jsonw_kstr(&j, "note", in->note);
    emit(in, "atom", clock_now(in->flow->clock), &members);
    buf_free(&members);
}
