/*
 * What an instance leaves to the one that takes its place: its beat, its counters, its
 * small state, and its stream with the rows that wait for it. In an unchanged language
 * the stream goes on as it is, without a file; in another one it is put on the shelf, and
 * the new instance learns from the stored rows, as at a start.
 */
#include "flow/instance.h"

#include "flow/keep.h"
#include "flow/shelf.h"

#include <stdlib.h>
#include <string.h>

static void free_rows(struct observed *row)
{
    while (row) {
        struct observed *next = row->next;

        free(row);
        row = next;
    }
}

void inherit_drop(struct instance *in)
{
    struct legacy *l = &in->legacy;

    stream_free(l->stream);
    plugin_schema_free(l->schema);
    free_rows(l->rows);
    free(l->last_row);
    *l = (struct legacy){ 0 };
}

static void take_counters(struct instance *in, const struct instance *before)
{
    in->replaced = before->replaced + 1;
    in->collected = before->collected;
    in->clamped = before->clamped;
    in->missing = before->missing;
    in->errors = before->errors;
    in->skipped = before->skipped;
    in->turns_skipped = before->turns_skipped;
    in->dropped = before->dropped;
    in->late_most_ms = before->late_most_ms;
    in->save_tried = before->save_tried;
    memcpy(in->unsaved, before->unsaved, sizeof in->unsaved);
}

/* The stream is nobody's but `before`'s, for it has left; what was not brought back yet
 * is no stream to go on with. */
static void take_stream(struct legacy *l, struct instance *before)
{
    l->stream = before->stream;
    l->schema = before->schema;
    l->rows = before->rows;
    l->n_rows = before->n_rows;
    l->saved = before->saved;
    l->saved_at = before->saved_at;
    l->learn_from = before->learn_from;
    l->last = before->last;
    l->last_row = before->last_row;
    l->n_recent = before->n_recent;
    memcpy(l->recent, before->recent, sizeof l->recent);
    memcpy(l->recent_alarm, before->recent_alarm, sizeof l->recent_alarm);
    before->stream = NULL;
    before->schema = NULL;
    before->rows = NULL;
    before->rows_last = &before->rows;
    before->n_rows = 0;
    before->last_row = NULL;
}

void inherit_take(struct instance *in, struct instance *before)
{
    struct legacy *l = &in->legacy;

    services_inherit(&in->services, &before->services);
    take_counters(in, before);
    *l = before->legacy;
    before->legacy = (struct legacy){ 0 };
    if (l->stream)                             /* it never got so far, or is taken back */
        l->saved = (struct stream_facts){ 0 }; /* it may have put away the file */
    else if (before->stream && before->restored)
        take_stream(l, before);
    if (before->opened) {
        l->next_tick = before->next_tick;
        l->period_ms = before->period_ms;
    }
}

void inherit_self(struct instance *in)
{
    if (in->stream && in->restored)
        take_stream(&in->legacy, in);
    free_rows(in->rows);
    in->rows = NULL;
    in->rows_last = &in->rows;
    in->n_rows = 0;
}

static int same_language(const struct instance *in)
{
    const struct legacy *l = &in->legacy;

    return l->stream && !in->atom->tokenize &&
           kiri_schema_hash(l->schema) == kiri_schema_hash(in->schema);
}

int inherit_stream(struct instance *in)
{
    struct legacy *l = &in->legacy;

    if (!same_language(in))
        return 0;
    in->stream = l->stream;
    stream_reword(in->stream, in->schema);
    in->restored = in->adjusted = 1;
    in->rows = l->rows;
    in->n_rows = l->n_rows;
    while (*in->rows_last)
        in->rows_last = &(*in->rows_last)->next;
    in->saved = l->saved;
    in->saved_at = l->saved_at;
    in->learn_from = l->learn_from;
    in->last = l->last;
    in->last_row = l->last_row;
    in->n_recent = l->n_recent;
    memcpy(in->recent, l->recent, sizeof in->recent);
    memcpy(in->recent_alarm, l->recent_alarm, sizeof in->recent_alarm);
    stream_facts(in->stream, &in->facts);
    l->stream = NULL;
    l->rows = NULL;
    l->last_row = NULL;
    inherit_drop(in);
    return 1;
}

int inherit_beat(struct instance *in)
{
    const struct legacy *l = &in->legacy;
    int64_t wait = l->next_tick - clock_mono(in->flow->clock);

    if (l->period_ms != in->period_ms || wait <= 0 || wait > l->period_ms)
        return 0;
    in->next_tick = l->next_tick - in->period_ms; /* one period on is its time */
    return 1;
}

int inherit_put_away(struct instance *in, struct kiri_error *err)
{
    const struct legacy *l = &in->legacy;
    struct stream_facts facts;
    size_t len;

    if (!l->stream)
        return 0;
    stream_facts(l->stream, &facts);
    if (!facts.gen || (facts.gen == l->saved.gen && facts.rows == l->saved.rows &&
                       facts.judged == l->saved.judged))
        return 0;
    void *bytes = keep_save(l->stream, in->name, &len);
    if (!bytes)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    int rc = shelf_save(in->flow->shelf, in->name, bytes, len, err);
    free(bytes);
    return rc;
}
