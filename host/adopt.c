/*
 * adopt.c - what was prepared becomes the state of things: sentences for all who asked,
 * the host's atoms in the order of the new config, and the config itself.
 */
#include "reload.h"

#include "base/log.h"
#include "load/plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sentences one after the other, each with its NUL. */
struct said {
    struct buf text;
    size_t n;
};

static void say(struct said *said, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct said *said, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log_info("reload: %s", text);
    buf_put(&said->text, text, strlen(text) + 1);
    said->n++;
}

/* To all who asked. */
static void answer(struct wish *w, const struct said *said)
{
    const char **line = calloc(said->n + 1, sizeof *line);
    size_t n = line && !buf_failed(&said->text) ? said->n : 0;
    const char *at = said->text.data;

    for (size_t i = 0; i < n; i++, at += strlen(at) + 1)
        line[i] = at;
    for (uint32_t i = 0; i < w->n_asked; i++)
        asked_fine(w->asked[i], line, n);
    w->n_asked = 0;
    free(line);
}

/* ---- the atoms ------------------------------------------------------------------- */

static void let_go(struct host *h, struct instance *in)
{
    in->next = h->leaving;
    h->leaving = in;
}

static void remove_atom(struct reload *r, struct instance *in, struct said *said)
{
    const struct conf_atom *a = atom_named(r->host->root, in->name);

    if (r->wish->what == WISH_UNLOAD && a)
        say(said,
            "atom %s: unloaded until the next `kiri reload` or start: to keep it out, "
            "remove it from %s:%u",
            in->name, a->file, a->line);
    else if (r->wish->what == WISH_UNLOAD)
        say(said, "atom %s: unloaded; its model and its observations are kept", in->name);
    else
        say(said, "atom %s: removed", in->name);
    instance_stop(in);
    publish_removed(in);
    let_go(r->host, in);
}

/* Removed atoms leave; the others stand in the order of the new config. */
static void settle_instances(struct reload *r, struct said *said)
{
    struct host *h = r->host;
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        const struct change *c = &r->change[i];
        struct instance *in = c->fresh ? c->fresh : instance_named(h, c->to->name);

        if (in)
            r->now[n++] = in;
        if (c->fresh)
            instance_confirm(c->fresh);
    }
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        if (!atom_named(r->conf, h->control.instance[i]->name))
            remove_atom(r, h->control.instance[i], said);
    free(h->control.instance);
    h->control.instance = r->now;
    h->control.n_instances = n;
    r->now = NULL;
}

static void say_change(const struct reload *r, const struct change *c, struct said *said)
{
    const char *name = c->to->name;

    if (c->fate == ADJUSTED)
        say(said, "atom %s: adjusted (period, budget or learning)", name);
    else if (c->fate == REPLACED && r->wish->what == WISH_RENEW)
        say(said, "atom %s: reloaded (version %s, it was %s)", name,
            c->fresh->atom->version ? c->fresh->atom->version : "unknown",
            c->old->atom->version ? c->old->atom->version : "unknown");
    else if (c->fate == REPLACED)
        say(said, "atom %s: replaced (%s)", name, c->why);
    else if (c->fate == ADDED && r->wish->what == WISH_LOAD)
        say(said, "atom %s: loaded from %s; `kiri sub score/%s` shows its scores", name,
            plugin_path(c->fresh->plugin), name);
    else if (c->fate == ADDED)
        say(said, "atom %s: added", name);
    else if (c->absent)
        say(said, "atom %s, loaded by hand, %s: %.*s", name,
            c->fate == STAYS ? "goes on without its file" : "is left out",
            (int)strcspn(c->absent, "\n"), c->absent);
}

static void adopt_atoms(struct reload *r, struct said *said)
{
    struct host *h = r->host;

    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        const struct change *c = &r->change[i];

        say_change(r, c, said);
        if (c->fate == ADJUSTED)
            instance_adjust(instance_named(h, c->to->name), c->to);
        if (c->absent && c->fate == LEFT_OUT)
            (void)json_object_set_new(h->absent, c->to->name, json_string(c->absent));
        else
            (void)json_object_del(h->absent, c->to->name);
    }
    settle_instances(r, said);
}

/* ---- the config ------------------------------------------------------------------ */

static void adopt_sets(struct reload *r)
{
    struct host *h = r->host;
    const char *name;
    void *next;
    json_t *value;

    if (!r->by_hand)
        return;
    json_decref(h->by_hand);
    json_decref(h->left_out);
    h->by_hand = r->by_hand;
    h->left_out = r->left_out;
    r->by_hand = r->left_out = NULL;
    json_object_foreach_safe(h->absent, next, name, value)
    {
        if (!json_object_get(h->by_hand, name))
            json_object_del(h->absent, name);
    }
}

/* What was in force is freed, for nothing points to it any more. */
static void adopt_conf(struct reload *r)
{
    struct host *h = r->host;

    if (r->conf == h->conf)
        return;
    conf_free(h->derived);
    h->derived = r->derived;
    if (r->root) {
        conf_free(h->own);
        h->root = h->own = r->root;
    }
    h->conf = h->control.conf = r->conf;
    r->root = r->derived = NULL;
}

static void say_retention(struct reload *r, struct said *said)
{
    const struct conf_retention *was = &r->host->conf->retention;

    if (memcmp(was, &r->conf->retention, sizeof *was)) {
        struct store_retention keep = retention_of(r->conf);

        say(said, "retention: changed");
        store_retain(r->host->flow.store, &keep);
    }
}

static void say_alarm(struct reload *r, struct said *said)
{
    struct host *h = r->host;

    if (h->conf->alarm < r->conf->alarm || h->conf->alarm > r->conf->alarm) {
        say(said, "alarm of all atoms together: changed");
        combined_adjust(&h->together, r->conf->alarm);
    }
}

static void say_forgotten(const struct reload *r, struct said *said)
{
    const char *name;
    json_t *value;

    json_object_foreach(r->host->by_hand, name, value)
    {
        if (json_object_get(r->by_hand, name))
            continue;
        if (r->wish->what == WISH_CONFIG)
            say(said,
                "atom %s: the config has it now, what was loaded by hand is forgotten",
                name);
        else if (!instance_named(r->host, name))
            say(said, "atom %s: forgotten", name); /* a running one was said */
    }
}

static void adopt_config(struct reload *r, struct said *said)
{
    say_retention(r, said);
    say_alarm(r, said);
    r->rejected[0] = '\0';
    r->applied++;
    r->applied_ts = clock_now(r->host->flow.clock);
    log_info("reload: %zu change%s", said->n, said->n == 1 ? "" : "s");
}

void adopt(struct reload *r)
{
    struct said said = { 0 };

    if (r->by_hand)
        say_forgotten(r, &said);
    adopt_atoms(r, &said);
    if (*r->unkept)
        say(&said, "it will not be so after a restart: %s", r->unkept);
    if (r->wish->what == WISH_CONFIG)
        adopt_config(r, &said);
    answer(r->wish, &said);
    buf_free(&said.text);
    adopt_sets(r);
    adopt_conf(r);
    plugin_watch_follow(r->host->plugin_watch);
    if (r->wish->what == WISH_CONFIG)
        watch_warnings(r->host->conf);
}

void adopt_leave_behind(struct reload *r)
{
    for (uint32_t i = 0; r->change && i < r->conf->n_atoms; i++) {
        struct change *c = &r->change[i];

        plugin_unref(c->plugin);
        free(c->absent);
        if (c->old && !instance_gone(c->old))
            let_go(r->host, c->old); /* its model is on the way to the disk */
        else
            instance_free(c->old);
    }
    free(r->change);
    free(r->now);
    free(r->broken);
    json_decref(r->by_hand);
    json_decref(r->left_out);
    r->change = NULL;
    r->now = NULL;
    r->broken = NULL;
    r->by_hand = r->left_out = NULL;
    r->nothing = 0;
    r->unkept[0] = '\0';
}
