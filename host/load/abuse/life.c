/*
 * life.c - one instance: each call leaves a crumb while it runs, and what it returns and
 * leaves behind is held against the contract.
 */
#include "load/abuse/trial.h"

#include "base/clock.h"
#include "load/abuse/globals.h"
#include "load/abuse/manners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct life *life_new(struct trial *t, unsigned thread)
{
    struct life *l = calloc(1, sizeof *l);

    if (!l)
        _exit(KIRI_INTERNAL); /* which is not the atom's fault: the parent says so */
    l->trial = t;
    l->thread = thread;
    served_init(&l->served, t);
    return l;
}

void life_free(struct life *l)
{
    plugin_schema_free(l->schema);
    free(l);
}

/* ---- around each call ----------------------------------------------------------- */

void life_enter(struct life *l, const char *callback)
{
    struct page_crumb *c = &l->trial->page->crumb[l->thread];

    snprintf(c->callback, sizeof c->callback, "%s", callback);
    l->frame = (uintptr_t)__builtin_frame_address(0);
    l->served.caller = pthread_self();
    atomic_store(&l->served.inside, 1);
    atomic_store(&c->began_ms, clock_mono(&clock_system));
}

void life_leave(struct life *l, const char *callback)
{
    struct trial *t = l->trial;

    atomic_store(&t->page->crumb[l->thread].began_ms, 0);
    atomic_store(&l->served.inside, 0);
    atomic_fetch_add(&t->page->calls, 1);
    if (t->manners) {
        manners_hold(t, t->manners, callback);
        globals_hold(t, t->globals, callback);
    }
}

static const char *status_name(int rc)
{
    switch (rc) {
    case KIRI_EIO: return "KIRI_EIO";
    case KIRI_ECONFIG: return "KIRI_ECONFIG";
    case KIRI_ENOMEM: return "KIRI_ENOMEM";
    default: return "KIRI_EBUG";
    }
}

void life_hold_status(struct life *l, const char *callback, int rc, int most)
{
    if (rc == KIRI_EBUG)
        trial_find(l->trial, "bug", callback,
                   "a host would disable it; find out why it cannot happen",
                   "%s() says KIRI_EBUG", callback);
    else if (rc < KIRI_EBUG || rc > most)
        trial_find(l->trial, "status", callback,
                   most > KIRI_OK
                       ? "return KIRI_OK, KIRI_MORE, KIRI_NONE or a negative status"
                       : "return KIRI_OK or a negative status",
                   "%s() returns %d, which the contract does not know", callback, rc);
}

/* ---- the callbacks -------------------------------------------------------------- */

int life_open(struct life *l)
{
    int rc;

    life_enter(l, "open");
    rc = l->trial->vtable.atom.open(&l->served.table, &l->self);
    life_leave(l, "open");
    life_hold_status(l, "open", rc, KIRI_OK);
    return rc;
}

void life_close(struct life *l)
{
    life_enter(l, "close");
    l->trial->vtable.atom.close(l->self);
    l->served.closed = 1;
    life_leave(l, "close");
    l->self = NULL;
}

int life_schema(struct life *l)
{
    struct trial *t = l->trial;
    struct kiri_error err;
    struct kiri_schema *now;
    int same;

    life_enter(l, "schema");
    now = plugin_schema(t->plugin, l->self, &err);
    life_leave(l, "schema");
    if (!now) {
        const char *sentence = strstr(err.text, ": its ");

        trial_find(t, "schema", "schema", "kiri/atom.h has the rules beside each member",
                   "%s", sentence ? sentence + 2 : err.text);
        return -1;
    }
    same = !l->schema || kiri_schema_hash(l->schema) == kiri_schema_hash(now);
    if (!same)
        trial_find(t, "schema-changes", "schema",
                   "it must be the same as long as the instance lives, for models are "
                   "trained on it",
                   "schema() gives another answer than before");
    plugin_schema_free(l->schema);
    l->schema = now;
    return same ? 0 : -1;
}

int life_collect(struct life *l)
{
    uint32_t period = l->schema->period_ms ? l->schema->period_ms : 1000;
    int rc;

    row_prepare(l, "collect");
    life_enter(l, "collect");
    rc = l->trial->vtable.atom.collect(l->self, &l->out.obs);
    life_leave(l, "collect");
    l->served.now += period;
    l->served.mono += period;
    life_hold_status(l, "collect", rc, KIRI_NONE);
    row_hold(l, rc);
    return rc;
}

int life_fd(struct life *l)
{
    int fd;

    if (!l->trial->vtable.atom.fd)
        return -1;
    life_enter(l, "fd");
    fd = l->trial->vtable.atom.fd(l->self);
    life_leave(l, "fd");
    return fd;
}

int life_start(struct life *l)
{
    struct trial *t = l->trial;
    int rc = life_open(l);

    if (rc == KIRI_OK)
        return life_schema(l);
    if (rc < KIRI_OK && rc > KIRI_EBUG)
        trial_find(t, "open", "open",
                   "say --set OPTION=VALUE with what it needs, so that the rest can be "
                   "tried",
                   "open() fails with %s%s%s%s", status_name(rc),
                   *l->served.last_line ? ", and says \"" : "", l->served.last_line,
                   *l->served.last_line ? "\"" : "");
    life_close(l);
    return -1;
}

uint32_t life_collect_many(struct life *l, uint32_t n, int ms)
{
    int64_t until = clock_mono(&clock_system) + ms;
    uint32_t i = 0;

    while (i < n && clock_mono(&clock_system) < until) {
        life_collect(l);
        i++;
    }
    return i;
}
