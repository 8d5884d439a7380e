#include "inbox/inside.h"

#include "base/units.h"
#include "flow/atom_stream.h"
#include "flow/message.h"
#include "inbox/row.h"
#include "load/remote.h"
#include "load/schema_json.h"

#include <stdlib.h>
#include <string.h>

/* ---- the atom -------------------------------------------------------------------- */

static int no_such_atom(const struct control *c, const char *name, struct kiri_error *err)
{
    const char **names = calloc(c->n_instances + 1, sizeof *names), *near = NULL;

    for (uint32_t i = 0; names && i < c->n_instances; i++)
        names[i] = c->instance[i]->name;
    if (names)
        near = units_nearest(name, names, c->n_instances);
    kiri_fail(err, KIRI_NO_INPUT,
              "this host has no atom %s%s%s%s: it is `%s: { plugin: remote }` under "
              "`atoms` in its YAML, then kiri reload",
              name, near ? ", did you mean " : "", near ? near : "", near ? "?" : "",
              name);
    free(names);
    return -1;
}

/* Can it go on, or begin anew with the message's schema? */
static int is_well(const struct instance *in, const struct message *m)
{
    if (in->calling || in->reopen)
        return 1; /* we shall see */
    if (in->health == INSTANCE_BROKEN)
        return m->parts.schema && !m->changed;
    return in->health != INSTANCE_FAILING;
}

struct instance *message_instance(const struct inbox *b, const struct message *m,
                                  struct kiri_error *err)
{
    const struct control *c = b->control;
    struct instance *in = NULL;

    for (uint32_t i = 0; i < c->n_instances && !in; i++)
        if (strcmp(c->instance[i]->name, m->parts.atom) == 0)
            in = c->instance[i];
    if (!in)
        no_such_atom(c, m->parts.atom, err);
    else if (!in->fed)
        kiri_fail(err, KIRI_USAGE,
                  "%s looks for itself (plugin %s): only an atom with `plugin: remote` "
                  "takes messages",
                  in->name, in->atom->name);
    else if (in->closing)
        kiri_fail(err, KIRI_HELD, "%s is being replaced: send it again", in->name);
    else if (is_well(in, m))
        return in;
    else
        kiri_fail(err, in->health == INSTANCE_BROKEN ? KIRI_UNAVAILABLE : KIRI_HELD,
                  "%s cannot take it now: %s", in->name, in->note);
    return NULL;
}

/* ---- its schema ------------------------------------------------------------------ */

static void spell(const struct kiri_schema *s, struct buf *out)
{
    struct jsonw j = jsonw_into(out);

    schema_json_write(s, &j);
}

static int same_schema(const struct kiri_schema *a, const struct kiri_schema *b)
{
    struct buf x = { 0 }, y = { 0 };

    spell(a, &x);
    spell(b, &y);
    int same =
        !buf_failed(&x) && !buf_failed(&y) && strcmp(buf_text(&x), buf_text(&y)) == 0;
    buf_free(&x);
    buf_free(&y);
    return same;
}

/* Is it one that a stream can be made of? */
static int can_learn(const struct instance *in, const struct kiri_schema *s,
                     struct kiri_error *err)
{
    struct atom_rules rules = { .period_ms = in->period_ms,
                                .alarm_per_s = in->alarm_per_s,
                                .warmup = in->warmup };
    char why[256];
    struct stream *trial = atom_stream(in->atom, s, &rules, why, sizeof why);

    stream_free(trial);
    return trial ? 1 : (kiri_fail(err, KIRI_BAD_DATA, "schema: %s", why), 0);
}

/* May the schema become this one now? */
static int may_change(const struct instance *in, const struct kiri_schema *s,
                      struct kiri_error *err)
{
    const char *file = in->services.table.option(in->services.table.ctx, "schema");
    int64_t now = clock_mono(in->flow->clock);

    if (file && *file)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "the schema is not that of %s, where the YAML says that it "
                         "stands: correct one of them",
                         file),
               0;
    if (in->opened && in->health != INSTANCE_BROKEN && in->reopened &&
        now - in->reopened < INBOX_CHANGE_MS)
        return kiri_fail(
                   err, KIRI_HELD,
                   "the schema became another one %lld s ago: wait %d s between two "
                   "changes (do two senders disagree?)",
                   (long long)((now - in->reopened) / 1000), INBOX_CHANGE_MS / 1000),
               0;
    return can_learn(in, s, err);
}

/* Into the small state, and the atom is opened with it. */
static int change(struct instance *in, const struct kiri_schema *s,
                  struct kiri_error *err)
{
    const struct kiri_host *host = &in->services.table;
    struct buf text = { 0 };
    int rc = KIRI_ENOMEM;

    spell(s, &text);
    if (!buf_failed(&text) && text.len > REMOTE_SCHEMA_MOST) {
        kiri_fail(err, KIRI_BAD_DATA, "schema: it has %zu bytes, %u are possible",
                  text.len, REMOTE_SCHEMA_MOST);
        buf_free(&text);
        return -1;
    }
    if (!buf_failed(&text))
        rc = remote_keep(host->kv_put, host->ctx, buf_text(&text), text.len);
    buf_free(&text);
    if (rc != KIRI_OK)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    services_flush(&in->services);
    fed_reopen(in);
    return 0;
}

int message_schema(struct message *m, struct instance *in, struct kiri_error *err)
{
    struct kiri_schema *s;
    int rc = 0;

    if (in->calling || in->reopen)
        return 1; /* then its schema is known */
    if (m->changed)
        return 0;
    s = schema_json_read(m->parts.schema, err);
    if (!s)
        return -1;
    if (!in->opened || in->health == INSTANCE_BROKEN || !same_schema(in->schema, s)) {
        rc = may_change(in, s, err) && change(in, s, err) == 0 ? 1 : -1;
        m->changed = rc == 1;
    }
    plugin_schema_free(s);
    return rc;
}

/* ---- its row --------------------------------------------------------------------- */

int message_row(struct message *m, struct instance *in, struct kiri_error *err)
{
    union kiri_value v[KIRI_MAX_FIELDS];
    struct buf texts = { 0 };
    struct kiri_obs obs = { .size = sizeof obs,
                            .n = in->schema->n_fields,
                            .time_ms = m->parts.ts,
                            .label = m->parts.label,
                            .v = v };

    if (obs.time_ms == INT64_MIN)
        obs.time_ms = clock_now(in->flow->clock);
    int rc = row_read(in->schema, m->parts.values, obs.time_ms, v, &texts, err);
    if (rc == 0)
        m->row = fed_row(in, &obs);
    buf_free(&texts);
    if (rc)
        return -1;
    m->parts.ts = obs.time_ms;
    return m->row ? 0 : kiri_fail(err, KIRI_INTERNAL, "memory is short");
}

void score_members(const struct instance *in, const struct observed *row,
                   const struct verdict *v, struct buf *out)
{
    struct buf fields = { 0 };
    struct jsonw j = jsonw_into(&fields);

    verdict_fields(in->schema, row->v, v, 0, &j);
    message_score(in->schema, v, &fields, out);
    if (buf_failed(&fields))
        out->failed = 1;
    buf_free(&fields);
}
