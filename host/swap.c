/*
 * swap.c - atoms come and go while the host runs: the old one leaves and saves, the new
 * one takes its place, its state and its model. Until every new one has opened all of it
 * can be taken back.
 */
#include "reload.h"

#include "base/log.h"
#include "load/plugin.h"

#include <assert.h>
#include <string.h>

static void put_instance(struct host *h, const struct instance *old, struct instance *in)
{
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        if (h->control.instance[i] == old)
            h->control.instance[i] = in;
}

/* A new instance in the place of `last` (NULL: of none), which leaves it what it had, if
 * it has left itself. 0 or -1. */
static int start_fresh(struct reload *r, struct change *c, const struct conf_atom *as,
                       struct instance *last)
{
    struct instance *before = last && instance_left(last) ? last : NULL;

    c->fresh = instance_start(&r->host->flow, as, c->plugin, before);
    if (!c->fresh)
        return -1;
    c->plugin = NULL;
    if (last)
        put_instance(r->host, last, c->fresh);
    return 0;
}

int change_starts(const struct change *c)
{
    return c->fate == REPLACED || c->fate == ADDED;
}

void swap_begin(struct reload *r)
{
    r->step = CHANGING;
    r->began = clock_mono(r->host->flow.clock);
    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        struct change *c = &r->change[i];
        if (c->fate == ADDED && start_fresh(r, c, c->to, NULL))
            reload_starved(r, c->to);
        if (c->fate != REPLACED)
            continue;
        c->old = instance_named(r->host, c->to->name);
        instance_hand_over(c->old);
    }
}

/* Of its note, without what is done about it: here it is something else. */
static size_t what_failed(const struct instance *in)
{
    const char *outlook = strstr(in->note, ": tried again");

    if (!outlook)
        outlook = strstr(in->note, "; next try in ");
    return outlook ? (size_t)(outlook - in->note) : strlen(in->note);
}

/* A config may name an atom whose world is not there yet; whoever loads one atom wants it
 * now, and what runs is not given up for less. (One that is fed waits for its schema.) */
static int must_open(const struct reload *r)
{
    return r->wish->what != WISH_CONFIG;
}

static int is_late(const struct reload *r)
{
    return clock_mono(r->host->flow.clock) - r->began > RELOAD_PATIENCE_MS;
}

/* Has the old one left its place? Of one that hangs in a callback it is taken, when that
 * is what was asked for: a version that does not hang may be what comes. */
static int is_free(struct reload *r, const struct change *c)
{
    if (instance_left(c->old))
        return 1;
    if (r->wish->what != WISH_RENEW || !c->old->calling || !is_late(r))
        return 0;
    log_warn("%s: its callback never returned: what it kept since its last one is lost",
             c->old->name);
    r->began = clock_mono(r->host->flow.clock); /* the new one gets its own time */
    return 1;
}

int swap_done(struct reload *r)
{
    int all = 1;

    for (uint32_t i = 0; i < r->conf->n_atoms && !r->errors.n; i++) {
        struct change *c = &r->change[i];
        if (!change_starts(c))
            continue;
        if (!c->fresh && c->old && is_free(r, c)) {
            if (start_fresh(r, c, c->to, c->old)) {
                reload_starved(r, c->to);
                break;
            }
            instance_try(c->fresh);
        }
        if (!c->fresh || c->fresh->health == INSTANCE_STARTING)
            all = 0;
        else if (c->fresh->refused ||
                 (must_open(r) && !c->fresh->opened && !c->fresh->fed))
            reload_wrong(r, c->to, KIRI_BAD_CONFIG, "%.*s", (int)what_failed(c->fresh),
                         c->fresh->note);
    }
    if (!all && is_late(r))
        reload_wrong(r, NULL, KIRI_BAD_CONFIG,
                     "an atom did not come or go within %d s: nothing was changed",
                     RELOAD_PATIENCE_MS / 1000);
    return all;
}

/* ---- taking back ----------------------------------------------------------------- */

void swap_back(struct reload *r)
{
    r->step = REVERTING;
    r->began = clock_mono(r->host->flow.clock);
    for (uint32_t i = 0; i < r->conf->n_atoms; i++)
        if (r->change[i].fresh && r->change[i].fate == REPLACED)
            instance_hand_over(r->change[i].fresh);
        else if (r->change[i].fresh)
            instance_stop(r->change[i].fresh);
}

static void let_go(struct host *h, struct instance *in)
{
    if (!in)
        return;
    in->next = h->leaving; /* it hangs in a callback, or is gone: freed when it is */
    h->leaving = in;
}

/* The former instance comes back with its plugin, its state and its model. -1: memory is
 * short, try again; but not if that was the last try. */
static int bring_back(struct reload *r, struct change *c, int last_try)
{
    struct instance *last = c->fresh ? c->fresh : c->old, *tried = c->fresh;

    assert(c->old); /* swap_begin has set it, only we take it away */
    plugin_unref(c->plugin);
    c->plugin = c->old->plugin;
    plugin_ref(c->plugin);
    if (start_fresh(r, c, c->from, last)) {
        c->fresh = tried;
        if (!last_try)
            return -1;
        if (last == c->old)
            c->old = NULL; /* it stays in its place, closed, until the next reload */
        instance_report(last, INSTANCE_BROKEN,
                        "memory was too short to bring it back: reload, or restart");
        return 0;
    }
    if (last != c->old)
        let_go(r->host, last);
    let_go(r->host, c->old);
    c->old = NULL;
    return 0;
}

/* One that others wait for must be closed only. */
static int is_done(const struct change *c, const struct instance *last)
{
    return c->fate == REPLACED ? instance_left(last) : instance_gone(last);
}

int swap_back_done(struct reload *r)
{
    int all = 1, late = clock_mono(r->host->flow.clock) - r->began > RELOAD_PATIENCE_MS;

    for (uint32_t i = 0; i < r->conf->n_atoms; i++) {
        struct change *c = &r->change[i];
        struct instance *last = c->fresh ? c->fresh : c->old;
        if (!change_starts(c) || c->back)
            continue;
        if (last && !is_done(c, last) && !late) {
            all = 0;
            continue;
        }
        if (c->fate == REPLACED && bring_back(r, c, late)) {
            all = 0;
            continue;
        }
        if (c->fate == ADDED)
            let_go(r->host, last);
        c->back = 1;
        c->fresh = NULL;
    }
    return all;
}
