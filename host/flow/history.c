/*
 * Going on where the last process stopped: the model from its file, the rows it had seen
 * from the store, and then the rows that came after its last save, scored and learned
 * again, so that the stream is what it would have been: in silence, but for those whose
 * score nobody was told (late.c). On the learner thread, with a reader of its own; rows
 * that come meanwhile wait.
 */
#include "flow/instance.h"

#include "flow/keep.h"
#include "flow/shelf.h"
#include "flow/values.h"
#include "store/reader.h"

#include <stdio.h>
#include <string.h>

#define FLUSH_MS 2000

struct restore {
    struct instance *in;
    uint64_t known_to;  /* rows up to this id are in the model already                */
    uint64_t scored_to; /* those behind this one were never scored                    */
    uint32_t known, after; /* how many of each came by                                  */
    int counting, failed;
    struct buf texts;
};

static int given_up(const struct instance *in)
{
    return atomic_load(&in->flow->stopping) || atomic_load(&in->closing);
}

static int on_progress(void *ctx, uint32_t done, uint32_t all)
{
    struct instance *in = ctx;

    (void)done, (void)all;
    atomic_fetch_add(&in->flow->moved, 1);
    return given_up(in);
}

/* What is due is learned, unless it was passed over then: the row was scored by the
 * generation that is still live. 0, or -1. */
static int learn_again(const struct restore *r, const struct store_obs *o)
{
    struct instance *in = r->in;
    struct stream *s = in->stream;
    enum stream_due due = stream_due(s);
    struct stream_lesson lesson;
    struct stream_facts facts;

    if (due == STREAM_NOTHING)
        return 0;
    stream_facts(s, &facts);
    if (due == STREAM_A_TURN && r->known_to && o->gen == facts.gen) {
        stream_skip(s);
        return 0;
    }
    return stream_learn(s, NULL, on_progress, in, &lesson);
}

static int one_row(void *ctx, const struct store_obs *o)
{
    struct restore *r = ctx;
    struct instance *in = r->in;
    struct stream *s = in->stream;
    union kiri_value v[KIRI_MAX_FIELDS];
    struct stream_row row = { .id = o->id, .ts = o->ts, .v = v };
    struct verdict verdict;

    if (o->id >= in->first_id)
        return 1; /* this run's: it waits in memory */
    int known = o->id <= r->known_to;
    r->known += known != 0;
    r->after += known == 0;
    if (r->counting)
        return 0;
    if (given_up(in))
        return r->failed = 1;
    atomic_fetch_add(&in->flow->moved, 1);
    buf_clear(&r->texts);
    if (values_read(in->schema, o->values, o->ts, v, &r->texts))
        return r->failed = buf_failed(&r->texts); /* else it is a row less of history */
    if (known)
        return r->failed = stream_remember(s, &row) != 0;
    if (learn_again(r, o))
        return r->failed = 1;
    if (stream_push(s, &row, &verdict) ||
        (o->id > r->scored_to && late_add(in, &row, &verdict)))
        return r->failed = 1;
    return 0;
}

/* The rows to bring back are those behind *after: what the model remembers and all that
 * it has not seen. Without a model: what it would remember, or learn from first. */
static int begin_behind(struct store_reader *reader, const struct instance *in,
                        uint64_t known_to, uint64_t *after, struct kiri_error *err)
{
    struct stream_facts facts;

    stream_facts(in->stream, &facts);
    if (known_to)
        return store_newest(reader, in->name, known_to, STREAM_KEEPS, after, err);
    return store_newest(reader, in->name, UINT64_MAX,
                        facts.warmup > STREAM_KEEPS ? facts.warmup : STREAM_KEEPS, after,
                        err);
}

/* Two readings: how many rows the model knows, then the rows themselves. */
static int read_rows(struct store_reader *reader, uint64_t known_to, struct restore *r,
                     struct instance *in, struct kiri_error *err)
{
    uint64_t after, scored_to;

    *r = (struct restore){ .in = in, .known_to = known_to, .counting = 1 };
    if (begin_behind(reader, in, known_to, &after, err) ||
        store_scored_to(reader, in->name, &scored_to, err) ||
        store_each_obs(reader, in->name, after, INT64_MIN, INT64_MAX, one_row, r, err))
        return -1;
    keep_history(in->stream, r->known);
    *r = (struct restore){ .in = in, .known_to = known_to, .scored_to = scored_to };
    int rc =
        store_each_obs(reader, in->name, after, INT64_MIN, INT64_MAX, one_row, r, err);
    buf_free(&r->texts);
    return rc;
}

static void say(struct instance *in, enum log_level level, const char *said)
{
    size_t n = strlen(in->restored_how);

    snprintf(in->restored_how + n, sizeof in->restored_how - n, "%s%s", n ? " " : "",
             said);
    if (level < in->restored_level)
        in->restored_level = level;
}

/* What the instance before has learned, in another language: the shelf keeps it. */
static void put_away(struct instance *in)
{
    struct kiri_error err;
    char said[512];

    if (inherit_put_away(in, &err) == 0)
        return;
    snprintf(said, sizeof said, "its former model stays as it was last saved: %.400s",
             err.text);
    say(in, LOG_AT_WARN, said);
}

static void say_rest(struct instance *in, const struct restore *r, int loaded)
{
    struct stream_facts facts;
    char said[160] = "";

    stream_facts(in->stream, &facts);
    if (loaded)
        snprintf(
            said, sizeof said,
            "goes on with generation %llu, %llu rows (%u of them after it was saved)",
            (unsigned long long)facts.gen, (unsigned long long)facts.rows, r->after);
    else if (r->after)
        snprintf(said, sizeof said, "%u rows of history, no model yet", r->after);
    if (*said)
        say(in, LOG_AT_INFO, said);
}

int history_restore(struct instance *in)
{
    char said[512];
    struct restore r = { 0 };
    struct stream_facts facts;
    struct kiri_error err = { 0 };

    in->restored_level = LOG_AT_INFO;
    *in->restored_how = '\0';
    late_free(in);
    put_away(in);
    enum shelf_found found =
        shelf_load(in->flow->shelf, in->name, in->stream, said, sizeof said);
    if (found == SHELF_STARVED)
        return -1;
    if (*said)
        say(in, LOG_AT_WARN, said);
    stream_facts(in->stream, &facts);
    (void)store_flush(in->flow->store, FLUSH_MS); /* degraded: what is there is read */
    struct store_reader *reader = store_reader_open(in->flow->state, &err);
    if ((!reader || read_rows(reader, facts.rows ? facts.last_id : 0, &r, in, &err)) &&
        err.code != KIRI_NO_INPUT) { /* nothing was ever stored */
        snprintf(said, sizeof said, "goes on without its stored rows: %.400s", err.text);
        say(in, LOG_AT_WARN, said);
    }
    store_reader_close(reader);
    if (r.failed)
        return -1;
    say_rest(in, &r, found == SHELF_LOADED || found == SHELF_LOADED_PREV);
    return 0;
}
