/*
 * single.c - one atom, without reading the config again: it is loaded beside it,
 * unloaded, or taken anew from its file. On a thread of the pool, like difference.c.
 */
#include "reload.h"

#include "base/value.h"
#include "load/plugin.h"

#include <kiri/wire.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 80u

static struct change *change_of(struct reload *r, const char *atom)
{
    for (uint32_t i = 0; i < r->conf->n_atoms; i++)
        if (strcmp(r->change[i].to->name, atom) == 0)
            return &r->change[i];
    return NULL;
}

/* Copies of what is in force, to be changed. */
static int copy_sets(struct reload *r)
{
    r->by_hand = json_deep_copy(r->host->by_hand);
    r->left_out = json_deep_copy(r->host->left_out);
    if (r->by_hand && r->left_out)
        return 0;
    reload_starved(r, NULL);
    return -1;
}

/* The conf that comes of them. */
static int derive(struct reload *r)
{
    conf_free(r->derived);
    r->conf = r->derived =
        loaded_conf(r->host->root, r->left_out, r->by_hand, &r->errors);
    return r->derived ? 0 : -1;
}

/* ---- load ------------------------------------------------------------------------ */

/* The atom is named as its plugin: a path's by what is in it. */
static int find_name(struct reload *r, const char *plugin)
{
    struct wish *w = r->wish;
    struct plugin_probe probe = { 0 };
    struct kiri_error err;

    if (*w->atom)
        return 0;
    if (!strchr(plugin, '/')) {
        snprintf(w->atom, sizeof w->atom, "%s", plugin);
        return 0;
    }
    if (plugin_probe(r->host->exe, plugin, &probe, &err)) {
        reload_wrong(r, NULL, err.code, "%s", err.text);
        return -1;
    }
    snprintf(w->atom, sizeof w->atom, "%s", probe.name);
    plugin_probe_free(&probe);
    return 0;
}

static int name_is_free(struct reload *r)
{
    const char *name = r->wish->atom;
    char shown[SHOWN];

    if (!kiri_name_ok(name))
        reload_wrong(
            r, NULL, KIRI_USAGE,
            "`%s` cannot be an atom's name: names are a-z, 0-9 and -, begin with a "
            "letter, and have at most 32 bytes",
            value_show(name, shown, sizeof shown));
    else if (atom_named(r->host->conf, name))
        reload_wrong(r, NULL, KIRI_USAGE,
                     "an atom `%s` runs already: `kiri reload %s` takes its file anew, "
                     "`--name` gives this one another name",
                     name, name);
    else
        return 1;
    return 0;
}

/* Its plugin's table says which options are paths; then its conf is what stays. */
static int settle(struct reload *r, const struct plugin *p)
{
    json_t *section = json_object_get(r->by_hand, r->wish->atom);

    if (loaded_settle(section, plugin_options(p), r->wish->dir)) {
        reload_starved(r, NULL);
        return -1;
    }
    return derive(r);
}

static struct plugin *open_first(struct reload *r)
{
    const struct conf_atom *a = atom_named(r->conf, r->wish->atom);
    struct kiri_error err;
    char *file = atom_file(r->conf, a, &err);
    struct plugin *p = file ? atom_plugin(r->host->exe, a, file, &err) : NULL;

    if (!p)
        reload_wrong(r, NULL, err.code, "%s", err.text);
    free(file);
    return p;
}

static void read_load(struct reload *r)
{
    const char *plugin = json_string_value(json_object_get(r->wish->section, "plugin"));
    struct plugin *p;

    if (find_name(r, plugin) || !name_is_free(r) || copy_sets(r))
        return;
    if (json_object_set(r->by_hand, r->wish->atom, r->wish->section)) {
        reload_starved(r, NULL);
        return;
    }
    if (derive(r) || !(p = open_first(r)))
        return;
    if (settle(r, p) || difference_begin(r)) {
        plugin_unref(p);
        return;
    }
    struct change *c = change_of(r, r->wish->atom);
    c->fate = ADDED;
    c->plugin = p;
    conf_options(c->to, plugin_options(p), &r->errors);
}

/* ---- unload ---------------------------------------------------------------------- */

static int is_there(struct reload *r)
{
    char shown[SHOWN];

    if (atom_named(r->host->conf, r->wish->atom) ||
        json_object_get(r->host->by_hand, r->wish->atom))
        return 1;
    reload_wrong(r, NULL, KIRI_USAGE, "there is no atom `%s`: `kiri status` shows all",
                 value_show(r->wish->atom, shown, sizeof shown));
    return 0;
}

static void read_unload(struct reload *r)
{
    const char *name = r->wish->atom;

    if (!is_there(r) || copy_sets(r))
        return;
    if (json_object_del(r->by_hand, name) &&
        json_object_set_new(r->left_out, name, json_true())) {
        reload_starved(r, NULL);
        return;
    }
    if (derive(r) == 0)
        (void)difference_begin(r);
}

/* ---- renew ----------------------------------------------------------------------- */

static int same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Is there nothing new to be had? Then nothing is said, either. */
static int is_old(struct reload *r, const struct instance *running, const char *file)
{
    if (!running)
        return 0;
    return (strcmp(file, plugin_path(running->plugin)) == 0 &&
            !plugin_changed(running->plugin)) ||
           (*running->rejected && same_file(&r->tried, &running->rejected_file));
}

static void renew(struct reload *r, struct change *c)
{
    const struct instance *running = instance_named(r->host, c->to->name);
    struct kiri_error err;
    char *file = atom_file(r->conf, c->to, &err);

    if (!file) {
        reload_wrong(r, c->to, err.code, "%s", err.text);
        return;
    }
    if (strchr(file, '/') && stat(file, &r->tried)) /* else it is built in */
        reload_wrong(r, c->to, KIRI_NO_INPUT, "%s: %s", file, strerror(errno));
    else if (r->wish->quiet && is_old(r, running, file))
        r->nothing = 1;
    else {
        c->from = c->to;
        c->fate = running ? REPLACED : ADDED;
        difference_open(r, c, file);
    }
    free(file);
}

static void read_renew(struct reload *r)
{
    struct change *c;

    if (r->wish->quiet && !atom_named(r->host->conf, r->wish->atom))
        r->nothing = 1; /* it has gone meanwhile */
    if (r->nothing || !is_there(r))
        return;
    r->conf = r->host->conf;
    if (difference_begin(r))
        return;
    c = change_of(r, r->wish->atom);
    assert(
        c); /* whatever is loaded by hand stands in the conf, even when it is left out */
    renew(r, c);
}

void single_read(struct reload *r)
{
    switch (r->wish->what) {
    case WISH_LOAD: read_load(r); break;
    case WISH_UNLOAD: read_unload(r); break;
    case WISH_RENEW: read_renew(r); break;
    case WISH_CONFIG: break;
    }
}
