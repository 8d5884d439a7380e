/*
 * Step one: asking the atom. open() and collect() run on a callback thread; what came of
 * them comes back as a message. A tick that finds the last one still running is skipped
 * and counted.
 */
#include "flow/instance.h"

#include "base/log.h"
#include "flow/atom_stream.h"
#include "flow/values.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_A_TURN 256  /* collects in one turn while the atom says MORE */
#define MOST_PAUSE  16u  /* periods */
#define REOPEN_MS   1000 /* between tries of open() when no period is known yet */

/* ---- on a callback thread -------------------------------------------------------- */

struct observed *observed_copy(const struct kiri_schema *schema,
                               const struct kiri_obs *obs)
{
    size_t n = schema->n_fields, bytes = sizeof(struct observed) + n * sizeof obs->v[0];
    size_t label = obs->label ? strlen(obs->label) + 1 : 0;
    size_t texts = 0;

    for (uint32_t i = 0; i < n; i++)
        if (schema->fields[i].kind == KIRI_TEXT && obs->v[i].text.ptr)
            texts += obs->v[i].text.len;
    struct observed *row = malloc(bytes + label + texts);
    if (!row)
        return NULL;
    char *at = (char *)row + bytes;
    row->next = NULL;
    row->ts = obs->time_ms;
    row->label = label ? memcpy(at, obs->label, label) : NULL;
    at += label;
    memcpy(row->v, obs->v, n * sizeof obs->v[0]);
    for (uint32_t i = 0; i < n; i++) {
        if (schema->fields[i].kind != KIRI_TEXT || !obs->v[i].text.ptr)
            continue;
        row->v[i].text.ptr = memcpy(at, obs->v[i].text.ptr, obs->v[i].text.len);
        at += obs->v[i].text.len;
    }
    return row;
}

/* Values are taken as they will be stored: infinity as far out; a text at most a byte too
 * long, before a liar's length is believed. */
static void tame(const struct kiri_schema *schema, union kiri_value *v)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct kiri_field *f = &schema->fields[i];
        if (f->kind == KIRI_NUMBER)
            v[i].num = value_finite(v[i].num);
        if (f->kind == KIRI_TEXT && v[i].text.ptr && v[i].text.len > f->max_len + 1)
            v[i].text.len = f->max_len + 1; /* still too long: counted as clamped */
    }
}

static void run_collect(struct instance *in)
{
    union kiri_value v[KIRI_MAX_FIELDS];
    int rc = KIRI_MORE;

    for (int i = 0; i < MOST_A_TURN && rc == KIRI_MORE; i++) {
        struct kiri_obs obs = {
            .size = sizeof obs,
            .n = in->schema->n_fields,
            .time_ms = clock_now(in->flow->clock),
            .v = v,
            .cause = in->call_cause,
        };
        kiri_missing(in->schema, v);
        rc = in->atom->collect(in->self, &obs);
        if (rc != KIRI_OK && rc != KIRI_MORE)
            break;
        tame(in->schema, v);
        struct observed *row = observed_copy(in->schema, &obs);
        if (!row) {
            rc = KIRI_ENOMEM;
            break;
        }
        *in->call_last = row;
        in->call_last = &row->next;
    }
    in->call_rc = rc;
    if (rc < 0)
        plugin_trouble(in->plugin, in->self, &in->trouble);
}

/* Opens and asks for the schema; what a failed open() left behind is closed. */
static void run_open(struct instance *in)
{
    struct kiri_error err;

    if (services_load(&in->services, &err)) {
        log_warn("%s: its small state cannot be read yet: %s", in->name, err.text);
        in->call_rc = KIRI_EIO;
        return;
    }
    if (in->self) /* it is opened anew */
        in->atom->close(in->self);
    in->self = plugin_context(in->plugin);
    in->call_rc = in->atom->open(&in->services.table, &in->self);
    if (in->call_rc == KIRI_OK) {
        in->schema = plugin_schema(in->plugin, in->self, &err);
        if (in->schema)
            return;
        snprintf(in->trouble.why, sizeof in->trouble.why, "%.255s", err.text);
        in->call_rc = err.code == KIRI_INTERNAL ? KIRI_ENOMEM : KIRI_EBUG;
    } else {
        plugin_trouble(in->plugin, in->self, &in->trouble);
    }
    in->atom->close(in->self);
    in->self = NULL;
}

static void run(struct pool_job *job)
{
    struct instance *in =
        (struct instance *)((char *)job - offsetof(struct instance, call));

    in->trouble = (struct plugin_trouble){ 0 };
    switch (in->call_what) {
    case CALL_OPEN: run_open(in); break;
    case CALL_COLLECT: run_collect(in); break;
    case CALL_CLOSE:
        in->atom->close(in->self);
        in->self = NULL;
        break;
    }
}

static void post(struct pool_job *job)
{
    struct instance *in =
        (struct instance *)((char *)job - offsetof(struct instance, call));

    flow_post(in->flow, &in->called);
}

/* ---- on the loop thread ---------------------------------------------------------- */

static void on_tick(uv_timer_t *timer);

/* In so many ms from now; libuv's own now is as old as this turn of the loop. */
static void tick_in(struct instance *in, int64_t ms)
{
    uv_update_time(in->flow->loop);
    uv_timer_start(&in->timer, on_tick, (uint64_t)ms, 0);
}

static void schedule(struct instance *in)
{
    int64_t now = clock_mono(in->flow->clock);
    int64_t period = in->period_ms ? in->period_ms : in->opened ? 0 : REOPEN_MS;

    if (in->closing || in->health == INSTANCE_BROKEN || !period ||
        (in->fed && in->opened))
        return;
    in->next_tick += period * (in->pause ? in->pause : 1);
    if (in->next_tick <= now) { /* late: one tick now, none to catch up */
        int64_t behind = (now - in->next_tick) / period + 1;
        in->skipped += (uint64_t)behind;
        in->next_tick += behind * period;
    }
    tick_in(in, in->next_tick - now);
}

static void call(struct instance *in, enum call_what what)
{
    in->call_what = what;
    in->call_rows = NULL;
    in->call_last = &in->call_rows;
    in->call.run = run;
    in->call.done = post;
    in->call_began = clock_mono(in->flow->clock);
    in->calling = 1;
    if (in->has_poll && !in->closing)
        uv_poll_stop(&in->poll); /* what it says while it is asked is its callback's */
    if (pool_run(in->flow->callbacks, &in->call))
        in->calling = 0; /* the host is stopping */
}

static void collect_now(struct instance *in, enum kiri_cause cause)
{
    if (in->calling) { /* an fd stays readable; a tick is owed while that is served */
        if (cause == KIRI_PERIOD && in->call_cause == KIRI_READABLE && !in->owed)
            in->owed = 1;
        else if (cause == KIRI_PERIOD)
            in->skipped++;
        return;
    }
    in->call_cause = cause;
    in->held = 0;
    if (cause == KIRI_PERIOD)
        in->owed = 0;
    call(in, CALL_COLLECT);
}

static void on_tick(uv_timer_t *timer)
{
    struct instance *in = timer->data;

    if (in->closing || in->health == INSTANCE_BROKEN)
        return;
    in->late_ms = clock_mono(in->flow->clock) - in->next_tick;
    if (in->late_ms > in->late_most_ms)
        in->late_most_ms = in->late_ms;
    if (!in->opened) {
        collect_open(in); /* schedules the next try itself, if there must be one */
        return;
    }
    collect_now(in, KIRI_PERIOD);
    schedule(in);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct instance *in = poll->data;

    (void)status, (void)events;
    uv_poll_stop(poll); /* the fd stays readable until the atom has read it */
    if (!in->closing)
        collect_now(in, KIRI_READABLE);
}

/* Listens to the fd again; after an error only when the next try is due. */
static void rearm(struct instance *in)
{
    if (!in->has_poll || in->closing || in->health == INSTANCE_BROKEN)
        return;
    if (!in->pause)
        uv_poll_start(&in->poll, UV_READABLE, on_readable);
    else if (!in->period_ms)
        uv_timer_start(&in->timer, on_tick, (uint64_t)REOPEN_MS * in->pause, 0);
}

static const char *status_name(int rc)
{
    switch (rc) {
    case KIRI_EIO: return "the outside world failed (EIO)";
    case KIRI_ECONFIG: return "an option is wrong (ECONFIG)";
    case KIRI_ENOMEM: return "memory was short (ENOMEM)";
    case KIRI_EBUG: return "it found a bug in itself (EBUG)";
    default: return "an answer that the contract does not know";
    }
}

/* Its next try is at its own time, not at a tick; ticks go on from there. */
static void ask_in(struct instance *in, int64_t ms)
{
    in->pause = 0;
    in->next_tick = clock_mono(in->flow->clock) + ms;
    if (!in->closing)
        tick_in(in, ms);
}

/* What an error means for the future of the instance: is its next try arranged? */
static int failed(struct instance *in, const char *what, int rc)
{
    const char *why = in->trouble.why;

    in->errors++;
    if (rc != KIRI_EIO && rc != KIRI_ENOMEM) {
        if (*why)
            instance_report(in, INSTANCE_BROKEN, "%s", why);
        else
            instance_report(in, INSTANCE_BROKEN, "%s: %s: it is not asked again", what,
                            status_name(rc));
        return 0;
    }
    if (in->trouble.wait_ms) {
        instance_report(in, INSTANCE_FAILING, "%s", why);
        ask_in(in, in->trouble.wait_ms);
        return 1;
    }
    in->pause = in->pause ? in->pause * 2 : 2;
    if (in->pause > MOST_PAUSE)
        in->pause = MOST_PAUSE;
    instance_report(in, INSTANCE_FAILING, "%s: %s: tried again with growing pauses", what,
                    *why ? why : status_name(rc));
    return 0;
}

static int make_stream(struct instance *in)
{
    char why[256];
    struct atom_rules rules = {
        .period_ms = in->period_ms,
        .alarm_per_s = in->alarm_per_s,
        .warmup = in->warmup,
        .learn_off = in->learn_off,
        .hold_ms = in->hold_ms,
    };

    if (inherit_stream(in))
        return 0;
    in->stream = atom_stream(in->atom, in->schema, &rules, why, sizeof why);
    if (!in->stream) {
        in->refused = 1;
        instance_report(in, INSTANCE_BROKEN, "%s", why);
        return -1;
    }
    in->first_id = in->flow->next_id;
    learn_start(in, LESSON_RESTORE);
    return 0;
}

/* The atom is open: its period, its model, its clockwork. */
static void opened(struct instance *in)
{
    int fd = in->atom->fd ? in->atom->fd(in->self) : -1;

    in->opened = 1;
    if (!in->period_ms)
        in->period_ms = in->schema->period_ms;
    int beat = inherit_beat(in);
    if (make_stream(in))
        return;
    if (!in->period_ms && fd < 0 && !in->fed) {
        in->refused = 1;
        instance_report(in, INSTANCE_BROKEN,
                        "it has neither a period nor an fd: say `every:` in the YAML");
        return;
    }
    if (fd >= 0 && uv_poll_init(in->flow->loop, &in->poll, fd) == 0) {
        in->poll.data = in;
        in->has_poll = 1;
        in->handles++;
        uv_poll_start(&in->poll, UV_READABLE, on_readable);
    }
    in->pause = 0;
    in->answered = clock_mono(in->flow->clock);
    instance_report(in, INSTANCE_WELL, "%s", "");
    if (!beat && !in->fed)
        collect_now(in, KIRI_PERIOD);
    schedule(in);
    score_rows(in); /* those that it was left */
}

void collect_arrived(struct instance *in, struct observed *rows)
{
    for (struct observed *row = rows, *next; row; row = next) {
        next = row->next;
        row->next = NULL;
        row->id = in->flow->next_id++;
        values_clock(in->schema, row->ts, row->v);
        publish_obs(in, row);
        *in->rows_last = row;
        in->rows_last = &row->next;
        in->n_rows++;
        in->collected++;
        in->last_ok = clock_mono(in->flow->clock);
    }
    while (in->n_rows > INSTANCE_ROWS) {
        struct observed *oldest = in->rows;
        in->rows = oldest->next;
        free(oldest);
        in->n_rows--;
        in->dropped++;
    }
}

static void collected(struct instance *in)
{
    struct observed *rows = in->call_rows;

    in->call_rows = NULL;
    services_flush(&in->services);
    collect_arrived(in, rows);
    if (in->call_rc < 0 || in->call_rc > KIRI_NONE) {
        (void)failed(in, "collect", in->call_rc);
    } else {
        in->pause = 0;
        in->answered = clock_mono(in->flow->clock);
        if (in->health == INSTANCE_STUCK || in->health == INSTANCE_FAILING)
            instance_report(in, INSTANCE_WELL, "%s", "");
    }
    score_rows(in);
}

static void deliver(struct flow_message *m)
{
    struct instance *in =
        (struct instance *)((char *)m - offsetof(struct instance, called));

    in->calling = 0;
    if (in->call_what == CALL_CLOSE) {
        services_flush(&in->services);
    } else if (in->call_what == CALL_COLLECT) {
        collected(in);
        int full = in->n_rows >= INSTANCE_ROWS / 2 && in->call_rc >= KIRI_OK;
        if (in->call_rc == KIRI_MORE && !in->closing && !full)
            collect_now(in, in->call_cause);
        else if (in->owed && !in->closing)
            collect_now(in, KIRI_PERIOD);
        else if (full)
            in->held = 1; /* what comes waits outside, while a learner has the stream */
        else
            rearm(in);
    } else if (in->call_rc == KIRI_OK) {
        if (!in->closing)
            opened(in);
    } else if (in->fed && in->call_rc == KIRI_NONE) {
        fed_waits(in);
    } else {
        in->refused = in->call_rc != KIRI_EIO && in->call_rc != KIRI_ENOMEM;
        if (!failed(in, "open", in->call_rc))
            schedule(in);
    }
    instance_leave(in);
}

void collect_close(struct instance *in)
{
    call(in, CALL_CLOSE);
}

void collect_resume(struct instance *in)
{
    if (in->held && !in->calling && !in->closing && in->n_rows <= INSTANCE_ROWS / 4)
        collect_now(in, in->call_cause);
}

void collect_again(struct instance *in)
{
    if (!in->opened || in->closing)
        return;
    uv_timer_stop(&in->timer);
    in->next_tick = clock_mono(in->flow->clock);
    schedule(in);
}

void collect_open(struct instance *in)
{
    if (in->calling)
        return;
    if (!in->handles) {
        uv_timer_init(in->flow->loop, &in->timer);
        in->timer.data = in;
        in->handles = 1;
        in->called.deliver = deliver;
        in->next_tick = clock_mono(in->flow->clock);
    }
    call(in, CALL_OPEN);
}
