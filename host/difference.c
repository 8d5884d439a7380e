/*
 * difference.c - the config on disk against the one in force: may it change while the
 * host runs, and what becomes of each atom? On a thread of the pool: plugins are looked
 * for, probed and opened here; of the host only what does not change meanwhile is read.
 */
#include "reload.h"

#include "load/plugin.h"

#include <stdlib.h>
#include <string.h>

const struct conf_atom *atom_named(const struct conf *c, const char *name)
{
    for (uint32_t i = 0; i < c->n_atoms; i++)
        if (strcmp(c->atoms[i].name, name) == 0)
            return &c->atoms[i];
    return NULL;
}

uint32_t place_of(const struct host *h, const char *name)
{
    uint32_t i = 0;

    while (i < h->control.n_instances && strcmp(h->control.instance[i]->name, name) != 0)
        i++;
    return i;
}

struct instance *instance_named(const struct host *h, const char *name)
{
    uint32_t i = place_of(h, name);

    return i < h->control.n_instances ? h->control.instance[i] : NULL;
}

void reload_starved(struct reload *r, const struct conf_atom *as)
{
    const char *file = as ? as->file : r->host->conf->file;

    conf_error(&r->errors, file, as ? as->line : 0, as ? as->col : 0,
               "memory is short: nothing was changed");
    r->errors.code = KIRI_INTERNAL;
}

/* What the plugin's file has against it; whose fault it is decides the code. */
static void refuse_plugin(struct reload *r, const struct conf_atom *a,
                          const struct kiri_error *err)
{
    conf_error(&r->errors, a->file, a->line, a->col, "atom %s: %s", a->name, err->text);
    if (err->code == KIRI_INTERNAL)
        r->errors.code = KIRI_INTERNAL;
}

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
    char *path = atom_file(r->conf, a, &err);

    if (!path)
        refuse_plugin(r, a, &err);
    return path;
}

/* A plugin that will be used anew is probed and opened here, not on the loop. */
static void open_anew(struct reload *r, struct change *c, const char *path)
{
    struct kiri_error err;

    c->plugin = atom_plugin(r->host->exe, c->to, path, &err);
    if (!c->plugin)
        refuse_plugin(r, c->to, &err);
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

void difference_read(struct reload *r)
{
    if (!r->broken)
        reload_starved(r, NULL);
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
        reload_starved(r, NULL);
}
