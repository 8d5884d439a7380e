#include "reload.h"

#include "base/log.h"
#include "load/plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- on the pool ----------------------------------------------------------------- */

static void read_config(struct pool_job *job)
{
    difference_read((struct reload *)((char *)job - offsetof(struct reload, job)));
}

static void post(struct pool_job *job)
{
    struct reload *r = (struct reload *)((char *)job - offsetof(struct reload, job));

    flow_post(&r->host->flow, &r->read);
}

/* ---- the end of a reload --------------------------------------------------------- */

static void begin(struct reload *r);

/* What was prepared and not used, or is used up. */
static void leave_behind(struct reload *r)
{
    for (uint32_t i = 0; r->change && i < r->conf->n_atoms; i++) {
        plugin_unref(r->change[i].plugin);
        instance_free(r->change[i].old);
    }
    free(r->change);
    free(r->broken);
    r->change = NULL;
    r->broken = NULL;
}

static void forget(struct reload *r)
{
    leave_behind(r);
    conf_free(r->conf);
    conf_errors_free(&r->errors);
    r->conf = NULL;
    r->step = AT_REST;
}

static void rest(struct reload *r)
{
    notify_send(&r->host->notify, "READY=1");
    forget(r);
    if (!r->again || r->host->stopping)
        return;
    memcpy(r->asked, r->later, sizeof r->asked);
    r->n_asked = r->n_later;
    r->n_later = 0;
    begin(r);
}

static void refuse(struct reload *r)
{
    size_t len = r->errors.text.len;
    char *said = strndup(buf_text(&r->errors.text), len ? len - 1 : 0); /* the newline */
    const char *text = said && *said ? said : "memory is short: nothing was changed";

    snprintf(r->rejected, sizeof r->rejected, "%.*s", (int)strcspn(text, "\n"), text);
    r->refused++;
    log_error("config rejected, the former one goes on (%u mistake%s): %.*s", r->errors.n,
              r->errors.n == 1 ? "" : "s", (int)strcspn(text, "\n"), text);
    for (uint32_t i = 0; i < r->n_asked; i++)
        asked_refuse(r->asked[i], r->errors.code ? (int)r->errors.code : KIRI_BAD_CONFIG,
                     text);
    r->n_asked = 0;
    free(said);
    rest(r);
}

/* ---- all went well --------------------------------------------------------------- */

/* Sentences one after the other, each with its NUL. */
struct said {
    struct buf text;
    size_t n;
};

static void say(struct said *said, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct said *said, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log_info("reload: %s", text);
    buf_put(&said->text, text, strlen(text) + 1);
    said->n++;
}

/* To all who asked. */
static void answer(struct reload *r, const struct said *said)
{
    const char **line = calloc(said->n + 1, sizeof *line);
    size_t n = line && !buf_failed(&said->text) ? said->n : 0;
    const char *at = said->text.data;

    for (size_t i = 0; i < n; i++, at += strlen(at) + 1)
        line[i] = at;
    for (uint32_t i = 0; i < r->n_asked; i++)
        asked_fine(r->asked[i], line, n);
    r->n_asked = 0;
    free(line);
}

/* Removed atoms leave; the others stand in the order of the new file. */
static void settle_instances(struct reload *r, struct instance **now, struct said *said)
{
    struct host *h = r->host;

    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        const struct change *c = &r->change[i];
        now[i] = c->fresh ? c->fresh : instance_named(h, c->to->name);
    }
    for (uint32_t i = 0; i < h->control.n_instances; i++) {
        struct instance *in = h->control.instance[i];
        if (atom_named(r->conf, in->name))
            continue;
        say(said, "atom %s: removed", in->name);
        instance_stop(in);
        publish_removed(in);
        in->next = h->leaving;
        h->leaving = in;
    }
    free(h->control.instance);
    h->control.instance = now;
    h->control.n_instances = r->conf->n_atoms;
}

static void say_change(const struct change *c, struct said *said)
{
    if (c->fate == ADJUSTED)
        say(said, "atom %s: adjusted (period, budget or learning)", c->to->name);
    else if (c->fate == REPLACED)
        say(said, "atom %s: replaced (%s)", c->to->name, c->why);
    else if (c->fate == ADDED)
        say(said, "atom %s: added", c->to->name);
}

static void adopt(struct reload *r, struct instance **now, struct said *said)
{
    struct host *h = r->host;

    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        say_change(&r->change[i], said);
        if (r->change[i].fate == ADJUSTED)
            instance_adjust(instance_named(h, r->change[i].to->name), r->change[i].to);
    }
    settle_instances(r, now, said);
    if (memcmp(&h->conf->retention, &r->conf->retention, sizeof r->conf->retention)) {
        struct store_retention keep = retention_of(r->conf);
        say(said, "retention: changed");
        store_retain(h->flow.store, &keep);
    }
}

static void commit(struct reload *r)
{
    struct host *h = r->host;
    struct instance **now = calloc(r->conf->n_atoms, sizeof(struct instance *));
    struct said said = { 0 };

    if (!now) {
        reload_starved(r, NULL);
        return;
    }
    adopt(r, now, &said);
    r->rejected[0] = '\0';
    r->applied++;
    r->applied_ts = clock_now(h->flow.clock);
    log_info("reload: %zu change%s", said.n, said.n == 1 ? "" : "s");
    answer(r, &said);
    buf_free(&said.text);
    struct conf *before = h->own; /* what a reload had read; `forget` frees it */
    h->own = r->conf;
    h->conf = h->control.conf = r->conf;
    watch_warnings(h->conf);
    leave_behind(r);
    r->conf = before;
    rest(r);
}

/* ---- driving --------------------------------------------------------------------- */

static void deliver(struct flow_message *m)
{
    struct reload *r = (struct reload *)((char *)m - offsetof(struct reload, read));

    if (r->host->stopping) {
        r->step = AT_REST; /* reload_free forgets the rest */
        return;
    }
    if (r->errors.n)
        refuse(r);
    else
        swap_begin(r);
}

static void begin(struct reload *r)
{
    struct host *h = r->host;

    r->again = 0;
    r->broken = malloc(h->control.n_instances + 1);
    for (uint32_t i = 0; r->broken && i < h->control.n_instances; i++)
        r->broken[i] = h->control.instance[i]->health == INSTANCE_BROKEN;
    r->step = READING;
    r->job.run = read_config;
    r->job.done = post;
    r->read.deliver = deliver;
    notify_send(&h->notify, "RELOADING=1\nMONOTONIC_USEC=%lld",
                (long long)clock_mono(h->flow.clock) * 1000);
    if (pool_run(h->control.pool, &r->job))
        r->step = AT_REST; /* the host is stopping */
}

void reload_ask(struct reload *r, struct asked *a)
{
    if (r->host->stopping || !r->host->control.pool) {
        if (a)
            asked_refuse(a, KIRI_UNAVAILABLE, "this host is stopping");
        return;
    }
    if (r->step == AT_REST) {
        r->n_asked = 0;
        if (a)
            r->asked[r->n_asked++] = a;
        begin(r);
        return;
    }
    if (a && r->n_later == ANSWERS_WAITERS) {
        asked_refuse(a, KIRI_HELD, "too many reloads wait already");
        return;
    }
    r->again = 1;
    if (a)
        r->later[r->n_later++] = a;
}

void reload_turn(struct reload *r)
{
    if (r->host->stopping)
        return;
    if (r->step == CHANGING) {
        int done = swap_done(r);

        if (r->errors.n)
            swap_back(r);
        else if (done)
            commit(r);
    }
    if (r->step == REVERTING && swap_back_done(r))
        refuse(r);
}

static void dismiss(struct asked **asked, uint32_t *n)
{
    while (*n)
        asked_refuse(asked[--*n], KIRI_UNAVAILABLE, "this host is stopping");
}

void reload_stop(struct reload *r)
{
    dismiss(r->asked, &r->n_asked);
    dismiss(r->later, &r->n_later);
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
}

struct reload *reload_new(struct host *h)
{
    struct reload *r = calloc(1, sizeof *r);

    if (r)
        r->host = h;
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
    free(r);
}
