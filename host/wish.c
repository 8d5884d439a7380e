/*
 * wish.c - what is asked of a running molecule, one after the other. Wishes for the whole
 * config that wait are one; they need no memory, so that none is ever lost.
 */
#include "reload.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct reload *r, struct wish *w)
{
    w->next = NULL;
    *r->queue_last = w;
    r->queue_last = &w->next;
    reload_turn(r);
}

void wish_next(struct reload *r)
{
    r->wish = r->queue;
    if (!r->wish)
        return;
    r->queue = r->wish->next;
    if (!r->queue)
        r->queue_last = &r->queue;
}

void wish_end(struct reload *r, struct wish *w)
{
    if (r->wish == w)
        r->wish = NULL;
    json_decref(w->section);
    free(w->dir);
    if (w->lent)
        *w = (struct wish){ .lent = 1 };
    else
        free(w);
}

static void dismiss(struct wish *w, int code, const char *sentence)
{
    while (w->n_asked)
        asked_refuse(w->asked[--w->n_asked], code, sentence);
}

void wish_refuse_all(struct reload *r, int code, const char *sentence)
{
    if (r->wish)
        dismiss(r->wish, code, sentence);
    for (struct wish *w = r->queue; w; w = w->next)
        dismiss(w, code, sentence);
}

/* a NULL: nobody waits for an answer. */
static void turn_down(struct asked *a, int code, const char *sentence)
{
    if (a)
        asked_refuse(a, code, sentence);
}

static void starve(struct asked *a)
{
    turn_down(a, KIRI_INTERNAL, "memory is short: nothing was changed");
}

/* 1: nothing more is taken on. */
static int is_over(struct reload *r, struct asked *a)
{
    if (!r->host->stopping && r->host->control.pool)
        return 0;
    turn_down(a, KIRI_UNAVAILABLE, "this host is stopping");
    return 1;
}

static struct wish *waiting(struct reload *r, enum wish_what what, const char *atom)
{
    struct wish *w = r->queue;

    while (w && (w->what != what || strcmp(w->atom, atom) != 0))
        w = w->next;
    return w;
}

/* One more who waits for it. */
static void join(struct wish *w, struct asked *a)
{
    if (a && w->n_asked == ANSWERS_WAITERS)
        asked_refuse(a, KIRI_HELD, "too many reloads wait already");
    else if (a)
        w->asked[w->n_asked++] = a;
}

void reload_ask(struct reload *r, struct asked *a)
{
    struct wish *w = waiting(r, WISH_CONFIG, "");

    if (is_over(r, a))
        return;
    if (w) {
        join(w, a);
        return;
    }
    w = r->config[0].lent == 1 ? &r->config[0] : &r->config[1];
    w->lent = 2;
    join(w, a);
    append(r, w);
}

static struct wish *make(enum wish_what what, const char *atom, struct asked *a)
{
    struct wish *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->what = what;
    snprintf(w->atom, sizeof w->atom, "%s", atom);
    join(w, a);
    return w;
}

void reload_load(struct reload *r, struct asked *a, const struct control_load *load)
{
    struct wish *w;

    if (is_over(r, a))
        return;
    w = make(WISH_LOAD, load->name ? load->name : "", a);
    if (w) {
        w->dir = strdup(load->dir ? load->dir : r->host->conf->state);
        w->section = load->options ? json_deep_copy(load->options) : json_object();
    }
    if (w && w->dir && w->section &&
        json_object_set_new(w->section, "plugin", json_string(load->plugin)) == 0) {
        append(r, w);
        return;
    }
    if (w)
        wish_end(r, w);
    starve(a);
}

static void ask_for_one(struct reload *r, enum wish_what what, struct asked *a,
                        const char *atom)
{
    struct wish *w;

    if (is_over(r, a))
        return;
    w = make(what, atom, a);
    if (w)
        append(r, w);
    else
        starve(a);
}

void reload_unload(struct reload *r, struct asked *a, const char *atom)
{
    ask_for_one(r, WISH_UNLOAD, a, atom);
}

void reload_renew(struct reload *r, struct asked *a, const char *atom)
{
    ask_for_one(r, WISH_RENEW, a, atom);
}

int reload_look(struct reload *r, const char *atom)
{
    struct wish *w;

    if (is_over(r, NULL) || waiting(r, WISH_RENEW, atom))
        return 0;
    w = make(WISH_RENEW, atom, NULL);
    if (!w)
        return -1;
    w->quiet = 1;
    append(r, w);
    return 0;
}
