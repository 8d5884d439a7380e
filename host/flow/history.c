/*
 * Going on where the last process stopped: the model from its file, the rows it had seen
 * from the store, and then the rows that came after its last save, scored and learned
 * again in silence, so that the stream is what it would have been.
 */
#include "flow/instance.h"

#include "base/log.h"
#include "flow/keep.h"
#include "flow/shelf.h"
#include "flow/values.h"

#include <stdio.h>
#include <string.h>

struct restore {
    struct instance *in;
    uint64_t known_to; /* rows up to this id are in the model already                */
    uint32_t known, after; /* how many of each came by                                  */
    int counting, failed;
    struct buf texts;
};

static int one_row(void *ctx, const struct store_obs *o)
{
    struct restore *r = ctx;
    struct stream *s = r->in->stream;
    union kiri_value v[KIRI_MAX_FIELDS];
    struct stream_row row = { .id = o->id, .ts = o->ts, .v = v };
    struct stream_lesson lesson;
    struct verdict verdict;

    int known = o->id <= r->known_to;
    r->known += known != 0;
    r->after += known == 0;
    if (r->counting)
        return 0;
    buf_clear(&r->texts);
    if (values_read(r->in->schema, o->values, o->ts, v, &r->texts))
        return 0; /* a row that cannot be read is a row less of history */
    if (known)
        return r->failed = stream_remember(s, &row) != 0;
    if (stream_due(s) && stream_learn(s, NULL, NULL, NULL, &lesson))
        return r->failed = 1;
    return r->failed = stream_push(s, &row, &verdict) != 0;
}

/* Two readings: how many rows the model knows, then the rows themselves. */
static int read_rows(struct instance *in, uint64_t known_to, struct restore *r)
{
    struct kiri_error err = { 0 };

    *r = (struct restore){ .in = in, .known_to = known_to, .counting = 1 };
    if (store_history(in->flow->store, in->name, STREAM_KEEPS, one_row, r, NULL, &err))
        goto fail;
    keep_history(in->stream, r->known);
    *r = (struct restore){ .in = in, .known_to = known_to };
    int rc =
        store_history(in->flow->store, in->name, STREAM_KEEPS, one_row, r, NULL, &err);
    buf_free(&r->texts);
    if (rc || r->failed)
        goto fail;
    return 0;

fail:
    instance_report(in, INSTANCE_BROKEN, "its history cannot be read: %s",
                    r->failed ? "memory is short" : err.text);
    return -1;
}

int history_restore(struct instance *in)
{
    char said[512];
    struct restore r;
    struct stream_facts facts;

    enum shelf_found found =
        shelf_load(in->flow->shelf, in->name, in->stream, said, sizeof said);
    if (*said)
        log_warn("%s: %s", in->name, said);
    stream_facts(in->stream, &facts);
    if (read_rows(in, facts.rows ? facts.last_id : 0, &r))
        return -1;
    stream_facts(in->stream, &in->facts);
    if (found == SHELF_LOADED || found == SHELF_LOADED_PREV)
        log_info(
            "%s: goes on with generation %llu, %llu rows (%u of them after it was saved)",
            in->name, (unsigned long long)in->facts.gen,
            (unsigned long long)in->facts.rows, r.after);
    else if (r.after)
        log_info("%s: %u rows of history, no model yet", in->name, r.after);
    return 0;
}
