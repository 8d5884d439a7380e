/*
 * reload.c - drives one wish after the other: read, change, keep, adopt; or take back,
 * and say why.
 */
#include "reload.h"

#include "base/log.h"
#include "load/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct reload *r);

/* ---- on the pool ----------------------------------------------------------------- */

static struct reload *of_job(struct pool_job *job)
{
    return (struct reload *)((char *)job - offsetof(struct reload, job));
}

static void read_wish(struct pool_job *job)
{
    struct reload *r = of_job(job);

    if (r->wish->what == WISH_CONFIG)
        difference_read(r);
    else
        single_read(r);
}

static void keep(struct pool_job *job)
{
    struct reload *r = of_job(job);
    struct kiri_error err = { 0 };

    if (loaded_write(r->host->conf->state, r->by_hand, &err))
        snprintf(r->unkept, sizeof r->unkept, "%.500s", err.text);
}

static void post(struct pool_job *job)
{
    struct reload *r = of_job(job);

    flow_post(&r->host->flow, &r->read);
}

/* -1: the host is stopping. */
static int elsewhere(struct reload *r, void (*run)(struct pool_job *job),
                     void (*deliver)(struct flow_message *m))
{
    r->job.run = run;
    r->job.done = post;
    r->read.deliver = deliver;
    return pool_run(r->host->control.pool, &r->job);
}

static struct reload *of_message(struct flow_message *m)
{
    return (struct reload *)((char *)m - offsetof(struct reload, read));
}

/* ---- the end of a wish ----------------------------------------------------------- */

static void forget(struct reload *r)
{
    adopt_leave_behind(r);
    conf_free(r->derived);
    conf_free(r->root);
    conf_errors_free(&r->errors);
    r->derived = r->root = NULL;
    r->conf = NULL;
    r->step = AT_REST;
}

static void rest(struct reload *r)
{
    if (r->wish->what == WISH_CONFIG)
        notify_send(&r->host->notify, "READY=1");
    forget(r);
    wish_end(r, r->wish);
    if (!r->host->stopping)
        begin(r);
}

/* All that is wrong, a line each, without the name of a file that nobody has written. */
static char *all_said(const struct reload *r)
{
    static const char own[] = LOADED_FILE ":";
    struct buf out = { 0 };
    const char *line = buf_text(&r->errors.text);

    while (*line) {
        size_t len = strcspn(line, "\n"), skip = 0;

        if (strncmp(line, own, sizeof own - 1) == 0)
            skip = strspn(line + sizeof own - 1, "0123456789: ") + sizeof own - 1;
        if (out.len)
            buf_puts(&out, "\n");
        buf_put(&out, line + skip, len - skip);
        line += len + (line[len] == '\n');
    }
    return buf_take(&out, NULL);
}

/* The file on disk is wrong. */
static void note_config(struct reload *r, const char *text)
{
    snprintf(r->rejected, sizeof r->rejected, "%.*s", (int)strcspn(text, "\n"), text);
    r->refused++;
    log_error("config rejected, the former one goes on (%u mistake%s): %.*s", r->errors.n,
              r->errors.n == 1 ? "" : "s", (int)strcspn(text, "\n"), text);
}

/* Another version of an atom cannot be had: its status says so until one can. */
static void note_atom(struct reload *r, const char *text)
{
    struct instance *in = instance_named(r->host, r->wish->atom);

    if (!in) {
        log_error("atom %s: not loaded: %s", r->wish->atom, text);
        return;
    }
    snprintf(in->rejected, sizeof in->rejected, "%s", reload_plain(text, r->wish->atom));
    in->rejected_file = r->tried;
    log_error("another version was rejected, the loaded one goes on: %s", text);
    publish_health(in);
}

static void refuse(struct reload *r)
{
    struct wish *w = r->wish;
    char *said = all_said(r);
    const char *text = said && *said ? said : "memory is short: nothing was changed";

    if (w->what == WISH_CONFIG)
        note_config(r, text);
    else if (w->what == WISH_RENEW)
        note_atom(r, text);
    else
        log_warn("%s refused: %s", w->what == WISH_LOAD ? "load" : "unload", text);
    for (uint32_t i = 0; i < w->n_asked; i++)
        asked_refuse(w->asked[i], r->errors.code ? (int)r->errors.code : KIRI_BAD_CONFIG,
                     text);
    w->n_asked = 0;
    free(said);
    rest(r);
}

/* ---- the steps ------------------------------------------------------------------- */

static void commit(struct reload *r)
{
    adopt(r);
    rest(r);
}

static void on_kept(struct flow_message *m)
{
    struct reload *r = of_message(m);

    if (!r->host->stopping)
        commit(r);
}

/* All have opened. What was loaded by hand must be on disk before anybody is told. */
static void settle(struct reload *r)
{
    if (!r->by_hand || json_equal(r->by_hand, r->host->by_hand)) {
        commit(r);
        return;
    }
    r->step = KEEPING;
    (void)elsewhere(r, keep,
                    on_kept); /* else the host is stopping, which ends all this */
}

static void on_read(struct flow_message *m)
{
    struct reload *r = of_message(m);

    if (r->host->stopping)
        r->step = AT_REST; /* reload_free forgets the rest */
    else if (r->errors.n)
        refuse(r);
    else if (r->nothing)
        rest(r);
    else
        swap_begin(r);
}

static void note_broken(struct reload *r)
{
    struct host *h = r->host;

    r->broken = malloc(h->control.n_instances + 1);
    for (uint32_t i = 0; r->broken && i < h->control.n_instances; i++)
        r->broken[i] = h->control.instance[i]->health == INSTANCE_BROKEN;
}

static void begin(struct reload *r)
{
    struct host *h = r->host;

    wish_next(r);
    if (!r->wish)
        return;
    r->step = READING;
    if (r->wish->what == WISH_CONFIG) {
        note_broken(r);
        notify_send(&h->notify, "RELOADING=1\nMONOTONIC_USEC=%lld",
                    (long long)clock_mono(h->flow.clock) * 1000);
    }
    if (elsewhere(r, read_wish, on_read))
        r->step = AT_REST; /* the host is stopping */
}

void reload_turn(struct reload *r)
{
    if (r->host->stopping)
        return;
    if (r->step == AT_REST)
        begin(r);
    if (r->step == CHANGING) {
        int done = swap_done(r);

        if (r->errors.n)
            swap_back(r);
        else if (done)
            settle(r);
    }
    if (r->step == REVERTING && swap_back_done(r))
        refuse(r);
}

/* ---- the host's ------------------------------------------------------------------ */

void reload_stop(struct reload *r)
{
    wish_refuse_all(r, KIRI_UNAVAILABLE, "this host is stopping");
    for (uint32_t i = 0; r->step >= CHANGING && i < r->conf->n_atoms; i++)
        if (r->change[i].fresh)
            instance_stop(r->change[i].fresh);
}

int reload_idle(const struct reload *r)
{
    for (uint32_t i = 0; r->step >= CHANGING && i < r->conf->n_atoms; i++) {
        const struct change *c = &r->change[i];
        if ((c->fresh && !instance_gone(c->fresh)) || (c->old && !instance_gone(c->old)))
            return 0;
    }
    return 1;
}

static void write_absent(const struct reload *r, struct jsonw *j)
{
    const char *name;
    json_t *why;

    jsonw_key(j, "left_out");
    jsonw_array(j);
    json_object_foreach(r->host->absent, name, why)
    {
        jsonw_object(j);
        jsonw_kstr(j, "name", name);
        jsonw_kstr(j, "why", json_string_value(why));
        jsonw_end(j);
    }
    jsonw_end(j);
}

void reload_status(const struct reload *r, struct jsonw *j)
{
    jsonw_key(j, "config_files");
    jsonw_array(j);
    for (char *const *f = r->host->conf->files; f && *f; f++)
        jsonw_string(j, *f);
    jsonw_end(j);
    jsonw_key(j, "config_rejected");
    jsonw_bytes(j, r->rejected, strlen(r->rejected));
    jsonw_kint(j, "config_applied", (int64_t)r->applied);
    jsonw_kint(j, "config_refused", (int64_t)r->refused);
    jsonw_kint(j, "config_applied_ts", r->applied_ts);
    write_absent(r, j);
}

struct reload *reload_new(struct host *h)
{
    struct reload *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->host = h;
    r->queue_last = &r->queue;
    r->config[0].lent = r->config[1].lent = 1;
    return r;
}

void reload_free(struct reload *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; r->change && i < r->conf->n_atoms; i++) {
        struct change *c = &r->change[i];
        if (c->fate == ADDED) /* the others have their place among the host's */
            instance_free(c->fresh);
        else if (!c->fresh)
            c->old = NULL;
    }
    forget(r);
    if (r->wish)
        wish_end(r, r->wish);
    for (wish_next(r); r->wish; wish_next(r))
        wish_end(r, r->wish);
    free(r);
}
