#include "replay/replay.h"

#include "base/buf.h"
#include "bus/envelope.h"
#include "flow/combined.h"
#include "flow/keep.h"
#include "flow/message.h"
#include "flow/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY 64u /* rows between two calls of progress */

struct voice { /* one atom */
    const char *name;
    struct stream *stream;
    struct rows *rows;
    struct rows_row row; /* the next one, when waiting */
    int waiting;
    int known;               /* it goes on from a recorded model */
    uint64_t last_id;        /* of the row before */
    int64_t time;            /* of row, never before that of the row before it */
    uint64_t scores, models; /* n of its topics */
    uint32_t period_ms;      /* 0: it has none */
};

struct replay {
    struct replay_options options;
    struct voice *voices;
    size_t n, cap;
    struct combined together;
    int64_t time;
    int ended; /* progress wants no more */
    struct replay_counts counts;
    struct buf message, members, fields;
};

struct replay *replay_new(const struct replay_options *o)
{
    struct replay *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->options = *o;
    combined_init(&r->together, o->alarm_per_s);
    return r;
}

void replay_free(struct replay *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++) {
        stream_free(r->voices[i].stream);
        rows_close(r->voices[i].rows);
    }
    free(r->voices);
    combined_fini(&r->together);
    buf_free(&r->message);
    buf_free(&r->members);
    buf_free(&r->fields);
    free(r);
}

void replay_counts(const struct replay *r, struct replay_counts *out)
{
    *out = r->counts;
    for (size_t i = 0; i < r->n; i++) {
        out->bytes += rows_bytes(r->voices[i].rows);
        out->size += rows_size(r->voices[i].rows);
    }
}

/* rows_next answered `got`: the row gets a number and a time. */
static int take(struct voice *v, int got)
{
    v->waiting = got > 0;
    if (got <= 0)
        return got;
    if (!v->row.id)
        v->row.id = v->last_id + 1;
    v->last_id = v->row.id;
    if (v->row.ts > v->time)
        v->time = v->row.ts;
    return 0;
}

static int advance(struct voice *v, struct kiri_error *err)
{
    return take(v, rows_next(v->rows, &v->row, err));
}

static struct stream_row row_of(const struct voice *v)
{
    return (struct stream_row){ .id = v->row.id, .ts = v->row.ts, .v = v->row.v };
}

/* ---- an atom with a model -------------------------------------------------------- */

/* Counts the file's first rows, those with an id up to `to`; remembers those from the
 * `from`th on. Then v->row is the first that is not known, if this returns 1; 0 at the
 * file's end, -1. */
static int read_known(struct voice *v, uint64_t to, uint64_t from, uint64_t *count,
                      struct kiri_error *err)
{
    int got;

    *count = 0;
    while ((got = rows_next(v->rows, &v->row, err)) > 0) {
        if (v->row.id == 0 || v->row.id > to)
            break;
        struct stream_row row = row_of(v);
        if ((*count)++ >= from && stream_remember(v->stream, &row))
            return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    }
    return got;
}

/* Two readings, as the host does when it starts: how many rows the model knows, then the
 * newest of them. */
static int remember(struct replay *r, struct voice *v, struct kiri_error *err)
{
    struct stream_facts facts;
    uint64_t known, held;

    stream_facts(v->stream, &facts);
    if (read_known(v, facts.last_id, UINT64_MAX, &known, err) < 0 ||
        rows_rewind(v->rows, err))
        return -1;
    held = known < STREAM_KEEPS ? known : STREAM_KEEPS;
    keep_history(v->stream, (uint32_t)held);
    v->last_id = facts.last_id;
    r->counts.remembered += held;
    return take(v, read_known(v, facts.last_id, known - held, &known, err));
}

int replay_add(struct replay *r, const char *name, struct stream *stream,
               struct rows *rows, int known, struct kiri_error *err)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 8;
        struct voice *more = realloc(r->voices, cap * sizeof *more);
        if (!more) {
            stream_free(stream);
            rows_close(rows);
            return kiri_fail(err, KIRI_INTERNAL, "out of memory");
        }
        r->voices = more;
        r->cap = cap;
    }
    struct voice *v = &r->voices[r->n++];
    *v = (struct voice){
        .name = name, .stream = stream, .rows = rows, .known = known, .time = INT64_MIN
    };
    return known ? remember(r, v, err) : advance(v, err);
}

int replay_beat(struct replay *r, uint32_t period_ms)
{
    struct voice *v = &r->voices[r->n - 1];

    v->period_ms = period_ms;
    return combined_join(&r->together, v->name, period_ms);
}

/* ---- messages -------------------------------------------------------------------- */

/* The members in r->members. */
static int emit(struct replay *r, const char *topic, int64_t ts, uint64_t n)
{
    struct envelope e = {
        .host = REPLAY_HOST,
        .boot = REPLAY_HOST,
        .ts = ts,
        .seq = ++r->counts.messages,
        .n = n,
    };

    buf_clear(&r->message);
    envelope_write(&r->message, topic, &e, buf_text(&r->members));
    return r->options.message(r->options.ctx, buf_text(&r->message), r->message.len);
}

/* The same, about one atom: kind/name. */
static int emit_of(struct replay *r, const struct voice *v, const char *kind, int64_t ts,
                   uint64_t n)
{
    char topic[64];

    snprintf(topic, sizeof topic, "%s/%s", kind, v->name);
    return emit(r, topic, ts, n);
}

static int no_memory(struct kiri_error *err)
{
    return kiri_fail(err, KIRI_INTERNAL, "out of memory");
}

static int tell(struct replay *r)
{
    struct replay_counts counts;

    if (!r->options.progress)
        return 0;
    replay_counts(r, &counts);
    return r->options.progress(r->options.ctx, &counts);
}

static int while_learning(void *ctx, uint32_t done, uint32_t all)
{
    struct replay *r = ctx;

    (void)done, (void)all;
    r->ended = tell(r) != 0;
    return r->ended;
}

/* Was the turn that is due passed over where the row was recorded? It says so; before it
 * did, the generation told: the one that is live now has scored it. */
static int was_skipped(const struct voice *v)
{
    struct stream_facts facts;

    if (stream_due(v->stream) != STREAM_A_TURN)
        return 0;
    stream_facts(v->stream, &facts);
    return v->row.turn_skipped || (v->known && v->row.gen == facts.gen);
}

static int learn(struct replay *r, struct voice *v, struct kiri_error *err)
{
    struct stream_lesson lesson = { 0 };
    struct stream_facts facts;
    int skipped = was_skipped(v);

    if (skipped)
        stream_skip(v->stream);
    else if (stream_learn(v->stream, NULL, while_learning, r, &lesson))
        return r->ended ? 1 : no_memory(err);
    stream_facts(v->stream, &facts);
    lesson.gen = facts.gen;
    r->counts.lessons += !skipped;
    buf_clear(&r->members);
    message_model(&lesson, facts.rows, -1, &r->members);
    return buf_failed(&r->members) ? no_memory(err)
                                   : emit_of(r, v, "model", r->time, ++v->models);
}

/* What all atoms say at once, if this row of one completes it. */
static int combine(struct replay *r, const struct voice *v, const struct verdict *verdict,
                   struct kiri_error *err)
{
    struct molecule_row row = { .ts = v->row.ts,
                                .period_ms = v->period_ms,
                                .tail = combined_tail(verdict) };
    int got = combined_push(&r->together, v->name, &row);

    if (got <= 0)
        return got ? no_memory(err) : 0;
    buf_clear(&r->members);
    combined_message(&r->together, &r->members);
    return buf_failed(&r->members)
               ? no_memory(err)
               : emit(r, COMBINED_NAME, row.ts, r->together.molecule.rows);
}

static int score(struct replay *r, struct voice *v, struct kiri_error *err)
{
    const struct kiri_schema *schema = stream_schema(v->stream);
    struct stream_row row = row_of(v);
    struct verdict verdict;
    struct jsonw j = jsonw_into(&r->fields);

    if (stream_push(v->stream, &row, &verdict))
        return no_memory(err);
    r->counts.rows++;
    r->counts.alarms += verdict.onset != 0;
    buf_clear(&r->fields);
    buf_clear(&r->members);
    verdict_fields(schema, row.v, &verdict, 0, &j);
    message_score(schema, &verdict, &r->fields, &r->members);
    if (buf_failed(&r->fields) || buf_failed(&r->members))
        return no_memory(err);
    int rc = emit_of(r, v, "score", row.ts, ++v->scores);
    return rc ? rc : combine(r, v, &verdict, err);
}

/* ---- the run --------------------------------------------------------------------- */

static struct voice *earliest(const struct replay *r)
{
    struct voice *first = NULL;

    for (size_t i = 0; i < r->n; i++)
        if (r->voices[i].waiting && (!first || r->voices[i].time < first->time))
            first = &r->voices[i];
    return first;
}

int replay_run(struct replay *r, struct kiri_error *err)
{
    struct voice *v;
    int rc = 0;

    for (r->time = INT64_MIN; rc == 0 && (v = earliest(r));) {
        r->time = v->time;
        if (stream_due(v->stream))
            rc = learn(r, v, err);
        if (rc == 0)
            rc = score(r, v, err);
        if (rc == 0 && advance(v, err))
            rc = -1;
        if (rc == 0 && r->counts.rows % LOOK_EVERY == 0)
            rc = tell(r) != 0;
    }
    return rc;
}
