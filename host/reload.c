#include "inside.h"

#include "base/log.h"
#include "load/plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 5000 /* in which a replaced atom leaves and the new one opens */
#define MOST_SAID   16384u

enum fate { STAYS, ADJUSTED, REPLACED, ADDED };
enum step { AT_REST, READING, CHANGING, REVERTING };

/* One atom of the new config. */
struct change {
    const struct conf_atom *from, *to; /* from NULL: it is new */
    enum fate fate;
    const char *why;
    struct plugin *plugin;  /* REPLACED, ADDED: opened, until an instance has it */
    struct instance *old;   /* REPLACED: on its way out, freed at the end */
    struct instance *fresh; /* in its place among the host's; ADDED: nowhere yet */
    int back;               /* REVERTING: done */
};

struct reload {
    struct host *host;
    enum step step;
    int again; /* asked for while one runs */
    struct asked *asked[ANSWERS_WAITERS], *later[ANSWERS_WAITERS];
    uint32_t n_asked, n_later;

    /* on the pool, then on the loop */
    struct pool_job job;
    struct flow_message read;
    unsigned char *broken; /* [the host's instances]: it cannot go on as it is */
    struct conf *conf;
    struct conf_errors errors;
    struct change *change; /* [conf->n_atoms] */
    int64_t began;         /* of CHANGING and REVERTING, mono ms */

    /* for status */
    uint64_t applied, refused;
    struct buf rejected; /* what is wrong with the file on disk; empty: nothing */
    int64_t applied_ts;
};

static const struct conf_atom *atom_named(const struct conf *c, const char *name)
{
    for (uint32_t i = 0; i < c->n_atoms; i++)
        if (strcmp(c->atoms[i].name, name) == 0)
            return &c->atoms[i];
    return NULL;
}

/* Its place among the host's instances, or their number. */
static uint32_t place_of(const struct host *h, const char *name)
{
    uint32_t i = 0;

    while (i < h->control.n_instances && strcmp(h->control.instance[i]->name, name) != 0)
        i++;
    return i;
}

static struct instance *instance_named(const struct host *h, const char *name)
{
    uint32_t i = place_of(h, name);

    return i < h->control.n_instances ? h->control.instance[i] : NULL;
}

/* ---- on the pool: reading -------------------------------------------------------- */

static int same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int same_texts(char *const *a, char *const *b)
{
    for (; a && b && *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return 0;
    return (!a || !*a) && (!b || !*b);
}

static int same_listeners(const struct conf *a, const struct conf *b)
{
    if (a->n_listen != b->n_listen || a->socket_mode != b->socket_mode)
        return 0;
    for (uint32_t i = 0; i < a->n_listen; i++) {
        const struct conf_listen *x = &a->listen[i], *y = &b->listen[i];
        if (!same_text(x->url, y->url) || !same_text(x->cert, y->cert) ||
            !same_text(x->key, y->key) || !same_text(x->token, y->token) ||
            !same_texts(x->origins, y->origins))
            return 0;
    }
    return 1;
}

static void refuse_fixed(struct reload *r, const char *what)
{
    conf_error(
        &r->errors, r->conf->file, 0, 0,
        "%s cannot change while the host runs: restart it, or take the change back",
        what);
}

static void check_fixed(struct reload *r)
{
    const struct conf *was = r->host->conf, *now = r->conf;

    if (strcmp(was->molecule, now->molecule) != 0)
        refuse_fixed(r, "`molecule`");
    if (strcmp(was->state, now->state) != 0)
        refuse_fixed(r, "`state`");
    if (!same_listeners(was, now))
        refuse_fixed(r, "`bus`");
}

/* The same but for what an instance can be told while it runs. */
static int only_rules_differ(const struct conf_atom *a, const struct conf_atom *b)
{
    struct conf_atom c = *b;

    c.every_ms = a->every_ms;
    c.alarm = a->alarm;
    c.learn_off = a->learn_off;
    c.warmup = a->warmup;
    return conf_atom_same(a, &c);
}

/* The file that its plugin would be opened from; NULL: none, and that is said. */
static char *find(struct reload *r, const struct conf_atom *a)
{
    struct kiri_error err;
    char *path = plugin_find(a->plugin, r->conf->plugins, &err);

    if (!path)
        conf_error(&r->errors, a->file, a->line, a->col, "atom %s: %s", a->name,
                   err.text);
    return path;
}

/* A plugin that will be used anew is probed and opened here, not on the loop. */
static void open_anew(struct reload *r, struct change *c, const char *path)
{
    struct kiri_error err;

    c->plugin = plugin_open(r->host->exe, path, &err);
    if (!c->plugin)
        conf_error(&r->errors, c->to->file, c->to->line, c->to->col, "atom %s: %s",
                   c->to->name, err.text);
    else
        conf_options(c->to, plugin_options(c->plugin), &r->errors);
}

static void decide(struct reload *r, struct change *c)
{
    const struct instance *running = instance_named(r->host, c->to->name);
    char *path = find(r, c->to);

    c->from = atom_named(r->host->conf, c->to->name);
    if (!path)
        return;
    if (!c->from || !running) {
        c->fate = ADDED;
    } else if (strcmp(path, plugin_path(running->plugin)) != 0 ||
               plugin_changed(running->plugin)) {
        c->fate = REPLACED;
        c->why = "another plugin file";
    } else if (r->broken[place_of(r->host, c->to->name)]) {
        c->fate = REPLACED;
        c->why = "it was broken";
    } else if (conf_atom_same(c->from, c->to)) {
        c->fate = STAYS;
    } else if (only_rules_differ(c->from, c->to)) {
        c->fate = ADJUSTED;
    } else {
        c->fate = REPLACED;
        c->why = "other options";
    }
    if (c->fate == REPLACED || c->fate == ADDED)
        open_anew(r, c, path);
    free(path);
}

static void read_config(struct pool_job *job)
{
    struct reload *r = (struct reload *)((char *)job - offsetof(struct reload, job));

    if (!r->broken)
        conf_error(&r->errors, r->host->conf->file, 0, 0, "memory is short");
    r->conf = r->broken ? conf_read(r->host->conf->file, &r->errors) : NULL;
    if (!r->conf)
        return;
    check_fixed(r);
    r->change = calloc(r->conf->n_atoms, sizeof *r->change);
    for (uint32_t i = 0; r->change && i < r->conf->n_atoms; i++) {
        r->change[i].to = &r->conf->atoms[i];
        decide(r, &r->change[i]);
    }
    if (!r->change)
        conf_error(&r->errors, r->conf->file, 0, 0, "memory is short");
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
    const char *text = said ? said : "memory is short";

    buf_clear(&r->rejected);
    buf_put(&r->rejected, text, strnlen(text, MOST_SAID));
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

/* ---- applying -------------------------------------------------------------------- */

static void put_instance(struct host *h, const struct instance *old, struct instance *in)
{
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        if (h->control.instance[i] == old)
            h->control.instance[i] = in;
}

/* A new instance in the place of `last` (NULL: of none), which leaves it what it had once
 * it is gone. 0 or -1. */
static int start_fresh(struct reload *r, struct change *c, const struct conf_atom *as,
                       struct instance *last)
{
    struct instance *before = last && instance_gone(last) ? last : NULL;

    c->fresh = instance_start(&r->host->flow, as, c->plugin, before);
    if (!c->fresh) {
        conf_error(&r->errors, as->file, as->line, as->col, "atom %s: memory is short",
                   as->name);
        return -1;
    }
    c->plugin = NULL;
    if (last)
        put_instance(r->host, last, c->fresh);
    return 0;
}

static int changes_instance(const struct change *c)
{
    return c->fate == REPLACED || c->fate == ADDED;
}

static void begin_changing(struct reload *r)
{
    r->step = CHANGING;
    r->began = clock_mono(r->host->flow.clock);
    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        struct change *c = &r->change[i];
        if (c->fate == ADDED)
            (void)start_fresh(r, c, c->to, NULL); /* it is in errors */
        if (c->fate != REPLACED)
            continue;
        c->old = instance_named(r->host, c->to->name);
        instance_stop(c->old);
    }
}

/* 1: every new instance has answered open(). Starts those whose place is free. */
static int changed(struct reload *r)
{
    int all = 1;

    for (uint32_t i = 0; i < r->conf->n_atoms && !r->errors.n; i++) {
        struct change *c = &r->change[i];
        if (!changes_instance(c))
            continue;
        if (!c->fresh && c->old && instance_gone(c->old) &&
            start_fresh(r, c, c->to, c->old))
            break;
        if (!c->fresh || c->fresh->health == INSTANCE_STARTING)
            all = 0;
        else if (c->fresh->refused)
            conf_error(&r->errors, c->to->file, c->to->line, c->to->col, "atom %s: %s",
                       c->to->name, c->fresh->note);
    }
    if (!all && clock_mono(r->host->flow.clock) - r->began > PATIENCE_MS)
        conf_error(&r->errors, r->conf->file, 0, 0,
                   "an atom did not come or go within %d s: nothing was changed",
                   PATIENCE_MS / 1000);
    return all;
}

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
        conf_error(&r->errors, r->conf->file, 0, 0, "memory is short");
        return;
    }
    adopt(r, now, &said);
    buf_clear(&r->rejected);
    r->applied++;
    r->applied_ts = clock_now(h->flow.clock);
    log_info("reload: %zu change%s", said.n, said.n == 1 ? "" : "s");
    answer(r, &said);
    buf_free(&said.text);
    struct conf *before = h->own; /* what a reload had read; `forget` frees it */
    h->own = r->conf;
    h->conf = h->control.conf = r->conf;
    leave_behind(r);
    r->conf = before;
    rest(r);
}

/* ---- taking back ----------------------------------------------------------------- */

static void begin_reverting(struct reload *r)
{
    r->step = REVERTING;
    r->began = clock_mono(r->host->flow.clock);
    for (uint32_t i = 0; i < r->conf->n_atoms; i++)
        if (r->change[i].fresh)
            instance_stop(r->change[i].fresh);
}

static void let_go(struct host *h, struct instance *in)
{
    if (!in)
        return;
    in->next = h->leaving; /* it hangs in a callback, or is gone: freed when it is */
    h->leaving = in;
}

/* The former instance comes back with its plugin, its state and its model. */
static void bring_back(struct reload *r, struct change *c)
{
    struct instance *last = c->fresh ? c->fresh : c->old;

    plugin_unref(c->plugin);
    c->plugin = c->old->plugin;
    plugin_ref(c->plugin);
    if (start_fresh(r, c, c->from, last)) {
        if (last == c->old)
            c->old = NULL; /* it stays in its place, closed, until the next reload */
        return;
    }
    if (last != c->old)
        let_go(r->host, last);
    let_go(r->host, c->old);
    c->old = NULL;
}

/* 1: all is as it was. */
static int reverted(struct reload *r)
{
    int all = 1, late = clock_mono(r->host->flow.clock) - r->began > PATIENCE_MS;

    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        struct change *c = &r->change[i];
        struct instance *last = c->fresh ? c->fresh : c->old;
        if (!changes_instance(c) || c->back)
            continue;
        if (last && !instance_gone(last) && !late) {
            all = 0;
            continue;
        }
        c->back = 1;
        if (c->fate == REPLACED)
            bring_back(r, c);
        else
            let_go(r->host, last);
        c->fresh = NULL;
    }
    return all;
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
        begin_changing(r);
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
        int done = changed(r);

        if (r->errors.n)
            begin_reverting(r);
        else if (done)
            commit(r);
    }
    if (r->step == REVERTING && reverted(r))
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
    const char *text = buf_text(&r->rejected);

    jsonw_key(j, "config_files");
    jsonw_array(j);
    for (char *const *f = r->host->conf->files; f && *f; f++)
        jsonw_string(j, *f);
    jsonw_end(j);
    jsonw_key(j, "config_rejected");
    jsonw_bytes(j, text, strcspn(text, "\n"));
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
    buf_free(&r->rejected);
    free(r);
}
