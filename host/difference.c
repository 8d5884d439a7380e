/*
 * difference.c - the config on disk against the one in force: may it change while the
 * host runs, and what becomes of each atom? On a thread of the pool: plugins are looked
 * for, probed and opened here; of the host only what does not change meanwhile is read.
 */
#include "reload.h"

#include "load/plugin.h"

#include <stdarg.h>
#include <stdio.h>
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

void reload_wrong(struct reload *r, const struct conf_atom *at, enum kiri_code code,
                  const char *fmt, ...)
{
    char sentence[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    if (r->wish->what != WISH_CONFIG || (at && at->by_hand)) {
        buf_putf(&r->errors.text, "%s%s%s%s\n", at ? "atom " : "", at ? at->name : "",
                 at ? ": " : "", sentence);
        r->errors.n++;
        r->errors.code = code;
        return;
    }
    if (at)
        conf_error(&r->errors, at->file, at->line, at->col, "atom %s: %s", at->name,
                   sentence);
    else
        conf_error(&r->errors, r->host->conf->file, 0, 0, "%s", sentence);
    if (code == KIRI_INTERNAL) /* nobody's mistake */
        r->errors.code = code;
}

void reload_starved(struct reload *r, const struct conf_atom *as)
{
    reload_wrong(r, as, KIRI_INTERNAL, "memory is short: nothing was changed");
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
    reload_wrong(
        r, NULL, KIRI_BAD_CONFIG,
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
    c.share = a->share;
    c.hold_ms = a->hold_ms;
    return conf_atom_same(a, &c);
}

void difference_open(struct reload *r, struct change *c, const char *file)
{
    struct kiri_error err;

    c->plugin = atom_plugin(r->host->exe, c->to, file, &err);
    if (!c->plugin)
        reload_wrong(r, c->to, err.code, "%s", err.text);
    else
        conf_options(c->to, plugin_options(c->plugin), &r->errors);
}

static void find_fate(struct reload *r, struct change *c, const char *file)
{
    const struct instance *running = instance_named(r->host, c->to->name);

    c->from = atom_named(r->host->conf, c->to->name);
    if (!c->from || !running) {
        c->fate = ADDED;
    } else if (strcmp(file, plugin_path(running->plugin)) != 0 ||
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
        c->why = c->from->isolate == c->to->isolate ? "other options"
                 : c->to->isolate                   ? "into a cell"
                                                    : "out of its cell";
    }
}

static void decide(struct reload *r, struct change *c)
{
    struct kiri_error err;
    char *file = atom_file(r->conf, c->to, &err);

    if (!file) {
        reload_wrong(r, c->to, err.code, "%s", err.text);
        return;
    }
    find_fate(r, c, file);
    if (change_starts(c))
        difference_open(r, c, file);
    free(file);
}

const char *reload_plain(const char *sentence, const char *atom)
{
    size_t len = strlen(atom);

    return strncmp(sentence, "atom ", 5) == 0 && strncmp(sentence + 5, atom, len) == 0 &&
                   strncmp(sentence + 5 + len, ": ", 2) == 0
               ? sentence + 5 + len + 2
               : sentence;
}

/* What was loaded by hand is no mistake of the file: if its plugin cannot be had any
 * more, the one that runs goes on, or it is left out. */
static void decide_by_hand(struct reload *r, struct change *c)
{
    struct conf_errors others = r->errors;

    r->errors = (struct conf_errors){ 0 };
    decide(r, c);
    if (r->errors.n && r->errors.code != KIRI_INTERNAL) {
        plugin_unref(c->plugin);
        c->plugin = NULL;
        c->absent = strdup(reload_plain(buf_text(&r->errors.text), c->to->name));
        c->fate = instance_named(r->host, c->to->name) ? STAYS : LEFT_OUT;
        conf_errors_free(&r->errors);
    }
    if (r->errors.n)
        conf_errors_free(&others); /* memory is short, which is all that is to be said */
    else
        r->errors = others;
}

int difference_begin(struct reload *r)
{
    r->change = calloc(r->conf->n_atoms + 1, sizeof *r->change);
    r->now = calloc(r->conf->n_atoms + 1, sizeof(struct instance *));
    for (uint32_t i = 0; r->change && i < r->conf->n_atoms; i++)
        r->change[i].to = &r->conf->atoms[i];
    if (r->change && r->now)
        return 0;
    reload_starved(r, NULL);
    return -1;
}

/* The new root, and what is loaded by hand beside it. */
static int read_conf(struct reload *r)
{
    const struct host *h = r->host;

    r->conf = r->root = conf_read(h->conf->file, &r->errors);
    if (!r->root)
        return -1;
    r->left_out = json_object();
    r->by_hand = json_deep_copy(h->by_hand);
    if (!r->left_out || !r->by_hand) {
        reload_starved(r, NULL);
        return -1;
    }
    (void)loaded_yield(r->by_hand, r->root);
    if (json_object_size(r->by_hand) == 0)
        return 0;
    r->derived = loaded_conf(r->root, NULL, r->by_hand, &r->errors);
    r->conf = r->derived;
    return r->derived ? 0 : -1;
}

void difference_read(struct reload *r)
{
    if (!r->broken) {
        reload_starved(r, NULL);
        return;
    }
    if (read_conf(r))
        return;
    check_fixed(r);
    if (difference_begin(r))
        return;
    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        if (r->conf->atoms[i].by_hand)
            decide_by_hand(r, &r->change[i]);
        else
            decide(r, &r->change[i]);
    }
}
