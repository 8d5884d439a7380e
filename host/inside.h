/*
 * inside.h - a running host, for the files that build it (open.c), run it (host.c), watch
 * it (watch.c) and change it while it runs (reload.c).
 */
#ifndef KIRI_INSIDE_H
#define KIRI_INSIDE_H

#include "address.h"
#include "control/control.h"
#include "flow/combined.h"
#include "host.h"
#include "inbox/inbox.h"
#include "loaded.h"
#include "notify.h"
#include "plugin_watch.h"
#include "signals.h"

struct reload;

struct host {
    const struct conf *conf; /* in force                                            */
    const struct conf *root; /* what the YAML said when it was last read            */
    struct conf *own;        /* the same, if a reload has read it; else NULL        */
    struct conf *derived;    /* conf, if it has other atoms than the root; else NULL */
    json_t *by_hand;         /* name -> section: loaded by hand (loaded.h)          */
    json_t *left_out;        /* name -> true: of the root, unloaded by hand         */
    json_t *absent;          /* name -> why: of by_hand, without its plugin         */
    struct host_options options;
    char *exe; /* our own executable, for probes and cells */
    uv_loop_t loop;
    struct flow flow;
    struct combined together; /* in use once the atoms run: flow.together */
    struct control control;   /* has the instances */
    struct inbox inbox;
    struct reload *reload;
    struct plugin_watch *plugin_watch; /* NULL: files are not watched */
    struct instance *leaving;          /* removed ones on their way out */
    struct signals *signals;
    struct notify notify;
    int lock;
    char name[65], boot[17];
    struct address address;
    uv_async_t bus_bell;    /* requests wait */
    uv_async_t signal_bell; /* a signal came */
    uv_timer_t heartbeat, watch, watchdog, end, giving_up;
    uv_check_t turn;
    atomic_int hangup; /* SIGHUP came */
    int stopping, running;
    int unannounced; /* host.json could not be written yet */
    int rc;
    struct kiri_error *err;

    /* watch.c */
    int store_silent; /* its writer hung when we last looked */
    int64_t skew;     /* wall clock minus CLOCK_MONOTONIC, ms */
    uint64_t clock_jumps;
    int64_t last_jump_ms;
    char said[256]; /* STATUS= as systemd knows it */
};

/* plugins.c: the file that the atom's plugin is opened from (malloc'ed), and the plugin
 * itself, by probe, private copy and all; what differs between atoms of one file (a cell
 * of its own) is decided here. NULL and a sentence. Any thread. */
char *atom_file(const struct conf *c, const struct conf_atom *a, struct kiri_error *err);
struct plugin *atom_plugin(const char *exe, const struct conf_atom *a, const char *file,
                           struct kiri_error *err);

/* open.c: a failure leaves what close_all (host.c) closes. */
int open_plugins(struct host *h, struct plugin **plugins);
int open_all(struct host *h);
/* Atoms that were loaded by hand join the config. */
int open_loaded(struct host *h);
/* Writes where others find us by the state directory. A full disk is no failure: it sets
 * `unannounced`, to be tried again. */
int announce(struct host *h);
struct store_retention retention_of(const struct conf *conf);

/* together.c: all atoms run: what they say at once is told from now on, against what they
 * said before this start. */
void together_start(struct host *h);
void together_status(const struct host *h, struct jsonw *j);

/* difference.c: by name; NULL: there is none. */
const struct conf_atom *atom_named(const struct conf *c, const char *name);

/* host.c */
void host_stop(struct host *h);

/* watch.c */
void watch_start(struct host *h);
const char *watch_store(const struct host *h);  /* "well" or "degraded" */
const char *watch_models(const struct host *h); /* the same             */
void watch_status(const struct host *h, struct jsonw *j);
/* What stops nobody but should be known, a line each, on the log. */
void watch_warnings(const struct conf *conf);
/* Every atom has answered open(): says so, to systemd too. */
void watch_running(struct host *h);

/*
 * reload.c: the config on disk against the one in force, and only the difference. Read
 * and probed on the pool, applied on the loop; what cannot be applied changes nothing.
 */
struct reload *reload_new(struct host *h);
void reload_free(struct reload *r); /* NULL is fine */
/* SIGHUP (a NULL) or a command. Those that come while one runs make one more after it. */
void reload_ask(struct reload *r, struct asked *a);
/* One atom: beside the YAML; out; again from its file. */
void reload_load(struct reload *r, struct asked *a, const struct control_load *load);
void reload_unload(struct reload *r, struct asked *a, const char *atom);
void reload_renew(struct reload *r, struct asked *a, const char *atom);
/* Its file may be another one: if so, it is taken anew. -1: memory is short, ask again.
 */
int reload_look(struct reload *r, const char *atom);
void reload_turn(struct reload *r); /* after each turn of the loop */
/* The host stops: what it started leaves, too. */
void reload_stop(struct reload *r);
/* Nothing of it runs: its reader may still be on the pool, which control_stop ends. */
int reload_idle(const struct reload *r);
void reload_status(const struct reload *r, struct jsonw *j);

#endif
