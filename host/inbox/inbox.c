#include "inbox/inbox.h"

#include "inbox/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- answers --------------------------------------------------------------------- */

static void tell(void *ctx, void *waiter, const char *json, size_t len)
{
    struct inbox *b = ctx;

    if (!b->closed)
        bus_answer(b->control->flow->bus, waiter, json, len);
}

static void write_refusal(struct buf *out, int code, const char *sentence)
{
    struct jsonw j = jsonw_into(out);

    jsonw_object(&j);
    jsonw_kbool(&j, "ok", 0);
    jsonw_kint(&j, "code", code);
    jsonw_kstr(&j, "error", sentence);
    jsonw_end(&j);
}

/* When there is no memory for more. */
static const char starved[] = "{\"ok\":false,\"code\":70,\"error\":\"memory is short\"}";

static const char starved_row[] =
    "{\"ok\":true,\"state\":\"waiting\",\"note\":\"it is stored; memory is short\"}";

/* The answer that there is memory for; row: one was made of the message. */
static const char *finished(const struct buf *out, int row, size_t *len)
{
    const char *json = !buf_failed(out) ? buf_text(out) : row ? starved_row : starved;

    *len = buf_failed(out) ? strlen(json) : out->len;
    return json;
}

/* A refusal of what never became a message. */
static void refuse(struct inbox *b, struct bus_request *r, const struct kiri_error *err)
{
    struct buf out = { 0 };
    size_t len;

    b->refused++;
    write_refusal(&out, (int)err->code, err->text);
    const char *json = finished(&out, 0, &len);
    tell(b, r, json, len);
    buf_free(&out);
}

static void unlink_message(struct inbox *b, struct message *m)
{
    struct message **at = &b->waiting;

    while (*at && *at != m)
        at = &(*at)->next;
    if (*at)
        *at = m->next;
}

/* The end of a message: all who wait are told. Only what changed something is kept. */
static void end(struct inbox *b, struct message *m, const struct buf *out, int keep)
{
    size_t len;
    const char *json = finished(out, m->row != 0, &len);

    unlink_message(b, m);
    answers_end(&b->answers, m->answer, json, len, keep && m->parts.id,
                clock_mono(b->control->flow->clock), tell, b);
    parts_free(&m->parts);
    free(m);
}

void message_refuse(struct inbox *b, struct message *m, int code, const char *sentence)
{
    struct buf out = { 0 };

    b->refused++;
    write_refusal(&out, code, sentence);
    end(b, m, &out, 0);
    buf_free(&out);
}

/* It has no values: its schema is known now. */
static void end_schema(struct inbox *b, struct message *m)
{
    struct buf out = { 0 };
    struct jsonw j = jsonw_into(&out);

    jsonw_object(&j);
    jsonw_kbool(&j, "ok", 1);
    jsonw_kstr(&j, "schema", m->changed ? "taken" : "as it was");
    jsonw_end(&j);
    b->taken++;
    end(b, m, &out, 1);
    buf_free(&out);
}

/* Its row is safe, but nobody knows its score yet. */
static void end_waiting(struct inbox *b, struct message *m)
{
    struct buf out = { 0 };
    struct jsonw j = jsonw_into(&out);

    jsonw_object(&j);
    jsonw_kbool(&j, "ok", 1);
    jsonw_kint(&j, "ts", m->parts.ts);
    jsonw_kint(&j, "id", (int64_t)m->row);
    jsonw_kstr(&j, "state", "waiting");
    jsonw_kstr(
        &j, "note",
        "it is stored; its score comes on the bus when what the atom learns now is "
        "learned");
    jsonw_end(&j);
    end(b, m, &out, 1);
    buf_free(&out);
}

/* What score/A says of the row. */
static void end_scored(struct inbox *b, struct message *m, const struct instance *in,
                       const struct observed *row, const struct verdict *v)
{
    struct buf out = { 0 };

    buf_putf(&out, "{\"ok\":true,\"ts\":%lld,", (long long)row->ts);
    score_members(in, row, v, &out);
    buf_puts(&out, "}");
    end(b, m, &out, 1);
    buf_free(&out);
}

static void on_scored(void *ctx, const struct instance *in, const struct observed *row,
                      const struct verdict *v)
{
    struct inbox *b = ctx;
    struct message *m = b->waiting;

    while (m && m->row != row->id)
        m = m->next;
    if (!m)
        return;
    if (v)
        end_scored(b, m, in, row, v);
    else
        end_waiting(b, m);
}

/* ---- a message's way ------------------------------------------------------------- */

static uint32_t waiting_for(const struct inbox *b, const char *atom)
{
    uint32_t n = 0;

    for (const struct message *m = b->waiting; m; m = m->next)
        n += m->row && strcmp(m->parts.atom, atom) == 0;
    return n;
}

/* Its values become a row. m may be gone afterwards. */
static void take_values(struct inbox *b, struct message *m, struct instance *in)
{
    struct kiri_error err;

    if (in->n_rows >= INBOX_ROWS) {
        message_refuse(b, m, KIRI_HELD,
                       "too many rows of this atom wait for its learning: send this one "
                       "again in a second");
        return;
    }
    if (message_row(m, in, &err)) {
        message_refuse(b, m, (int)err.code, err.text);
        return;
    }
    b->taken++;
    if ((in->learning || !in->restored) && waiting_for(b, in->name) > INBOX_WAITERS)
        end_waiting(b, m);
    else
        score_rows(in);
}

/* Goes as far as it can; what it then waits for, inbox_turn asks again. m may be gone
 * afterwards, and with it others whose rows were scored. */
static void go_on(struct inbox *b, struct message *m)
{
    struct kiri_error err;
    struct instance *in;

    if (m->row)
        return; /* on_scored will tell */
    in = message_instance(b, m, &err);
    if (!in) {
        message_refuse(b, m, (int)err.code, err.text);
        return;
    }
    if (m->parts.schema && !m->schema_done) {
        int rc = message_schema(m, in, &err);
        if (rc < 0)
            message_refuse(b, m, (int)err.code, err.text);
        if (rc)
            return;
        m->schema_done = 1;
    }
    if (in->calling || in->reopen)
        return; /* it is being opened */
    if (!in->opened)
        message_refuse(b, m, KIRI_NO_INPUT,
                       "this atom has not been told its schema: send it once, as "
                       "\"schema\":{..} beside the values or before them");
    else if (m->parts.values)
        take_values(b, m, in);
    else
        end_schema(b, m);
}

/* The same id again: the same answer, now or when there is one. */
static void again(struct inbox *b, struct bus_request *r, struct answer *x)
{
    struct kiri_error err;
    size_t asked, len;
    const char *text = bus_request_text(r, &asked), *json = answer_text(x, &len);

    if (!answer_same(x, text, asked)) {
        kiri_fail(&err, KIRI_USAGE,
                  "this id was used for another message: make a new id for each");
        refuse(b, r, &err);
    } else if (json) {
        tell(b, r, json, len);
    } else if (answer_wait(x, r)) {
        kiri_fail(&err, KIRI_HELD, "this message waits too often already");
        refuse(b, r, &err);
    }
}

/* What it is remembered by; without an id it has a key that nobody can ask for again. */
static void name(struct inbox *b, const struct parts *p, char key[ANSWERS_KEY_MOST + 1])
{
    if (p->id)
        snprintf(key, ANSWERS_KEY_MOST + 1, "%s %s", p->atom, p->id);
    else
        snprintf(key, ANSWERS_KEY_MOST + 1, "%llu", (unsigned long long)++b->nameless);
}

static void begin(struct inbox *b, struct bus_request *r, struct parts *p,
                  const char *key)
{
    struct message *m = calloc(1, sizeof *m), **last = &b->waiting;
    int behind = 0;
    size_t len;
    const char *text = bus_request_text(r, &len);

    if (m)
        m->answer = answers_begin(&b->answers, key, text, len);
    if (!m || !m->answer) {
        free(m);
        parts_free(p);
        b->refused++;
        tell(b, r, starved, sizeof starved - 1);
        return;
    }
    (void)answer_wait(m->answer, r); /* the first always has room */
    m->parts = *p;
    m->began = clock_mono(b->control->flow->clock);
    for (; *last; last = &(*last)->next)
        behind |= !(*last)->row && strcmp((*last)->parts.atom, p->atom) == 0;
    *last = m;
    if (!behind)
        go_on(b, m); /* else after those of its atom that came first */
}

void inbox_take(struct inbox *b, struct bus_request *r)
{
    uint64_t uid = bus_request_uid(r);
    char key[ANSWERS_KEY_MOST + 1];
    const struct flow *f = b->control->flow;
    struct kiri_error err;
    struct answer *x;
    struct parts p;
    size_t len;
    const char *text = bus_request_text(r, &len);

    if (uid != geteuid() && uid != 0) {
        kiri_fail(&err, KIRI_NO_PERMISSION,
                  "this host listens to its own user and root only");
        refuse(b, r, &err);
        return;
    }
    if (atomic_load(&f->stopping)) {
        kiri_fail(&err, KIRI_UNAVAILABLE, "this host is stopping");
        refuse(b, r, &err);
        return;
    }
    if (parts_read(text, len, clock_now(f->clock), &p, &err)) {
        refuse(b, r, &err);
        return;
    }
    name(b, &p, key);
    x = answers_find(&b->answers, key, clock_mono(f->clock));
    if (x) {
        parts_free(&p);
        again(b, r, x);
    } else {
        begin(b, r, &p, key);
    }
}

static struct message *not_looked_at(const struct inbox *b)
{
    struct message *m = b->waiting;

    while (m && m->looked == b->turn)
        m = m->next;
    return m;
}

void inbox_turn(struct inbox *b)
{
    int64_t now = b->waiting ? clock_mono(b->control->flow->clock) : 0;
    struct message *m;

    b->turn++;
    while ((m = not_looked_at(b))) {
        m->looked = b->turn;
        if (m->row && now - m->began >= INBOX_WAIT_MS)
            end_waiting(b, m);
        else if (!m->row && now - m->began >= INBOX_WAIT_MS)
            message_refuse(b, m, KIRI_HELD,
                           "this atom is still being opened: send it again");
        else if (!m->row)
            go_on(b, m);
    }
}

/* ---- life ------------------------------------------------------------------------ */

void inbox_open(struct inbox *b, struct control *c)
{
    *b = (struct inbox){ .control = c };
    answers_init(&b->answers);
    c->flow->scored = on_scored;
    c->flow->scored_ctx = b;
}

void inbox_close(struct inbox *b)
{
    while (b->waiting) {
        struct message *m = b->waiting;
        if (m->row)
            end_waiting(b, m);
        else
            message_refuse(b, m, KIRI_UNAVAILABLE, "this host is stopping");
    }
    b->closed = 1;
    answers_fini(&b->answers);
}

void inbox_status(const struct inbox *b, const char *url, struct jsonw *j)
{
    uint32_t waiting = 0;

    for (const struct message *m = b->waiting; m; m = m->next)
        waiting++;
    jsonw_key(j, "inbox");
    jsonw_object(j);
    jsonw_kstr(j, "url", url);
    jsonw_kint(j, "taken", (int64_t)b->taken);
    jsonw_kint(j, "refused", (int64_t)b->refused);
    jsonw_kint(j, "waiting", waiting);
    jsonw_end(j);
}
