/*
 * open.c - from a conf to all that a host needs before its first atom: directory, lock,
 * store, bus, threads, plugins.
 */
#include "inside.h"

#include "base/log.h"
#include "base/path.h"
#include "flow/shelf.h"
#include "load/cell.h"
#include "store/lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PEERS_MOST 256
#define OWN_FILES  46 /* 26 at rest; more while plugins are probed and peers greet */

/* Descriptors are what subscribers cost; the hard limit is what the admin allows. */
static void raise_descriptors(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
        (void)setrlimit(RLIMIT_NOFILE, &r); /* less is what we had anyway */
    }
}

/* How many may listen, ask and send: a third each of the descriptors that we do not need
 * ourselves for store, models and atoms (RELIABILITY.md A8). */
static unsigned most_peers(const struct conf *conf)
{
    rlim_t own = OWN_FILES + 2 * (rlim_t)conf->n_atoms;
    for (uint32_t i = 0; i < conf->n_atoms; i++)
        own += conf->atoms[i].isolate ? CELL_FILES_HERE : 0;
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= own + 3 * PEERS_MOST)
        return PEERS_MOST;
    return r.rlim_cur > own + 6 ? (unsigned)(r.rlim_cur - own) / 3 : 2;
}

static void name_this_run(struct host *h)
{
    unsigned char random[8] = { 0 };
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, random, sizeof random) != (ssize_t)sizeof random) {
        int64_t now = clock_now(&clock_system) * 65536 + getpid();
        memcpy(random, &now, sizeof random);
    }
    if (fd >= 0)
        close(fd);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(h->boot + 2 * i, 3, "%02x", random[i]);
    if (gethostname(h->name, sizeof h->name - 1) || !*h->name)
        snprintf(h->name, sizeof h->name, "localhost");
}

static void wake(void *ctx)
{
    struct host *h = ctx;

    uv_async_send(&h->bus_bell);
}

static int open_bus(struct host *h)
{
    size_t n = h->conf->n_listen;
    struct bus_listener single = { .url = h->address.bus };
    struct bus_listener *listen = n ? calloc(n, sizeof *listen) : &single;
    if (!listen)
        return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
    for (size_t i = 0; i < n; i++)
        listen[i] = (struct bus_listener){
            .url = h->conf->listen[i].url,
            .cert = h->conf->listen[i].cert,
            .key = h->conf->listen[i].key,
            .token = h->conf->listen[i].token,
            .origins = (const char *const *)h->conf->listen[i].origins,
        };
    struct bus_options o = {
        .listen = listen,
        .n_listen = n ? n : 1,
        .socket_mode = h->conf->socket_mode,
        .control = h->address.control,
        .inbox = h->address.inbox,
        .host = h->name,
        .boot = h->boot,
        .most_peers = most_peers(h->conf),
        .wake = wake,
        .ctx = h,
    };

    h->flow.bus = bus_open(&o, h->err);
    if (listen != &single)
        free(listen);
    return h->flow.bus ? 0 : -1;
}

struct store_retention retention_of(const struct conf *conf)
{
    const struct conf_retention *r = &conf->retention;

    return (struct store_retention){ .journal_ms = r->journal_ms,
                                     .journal_bytes = r->journal_bytes,
                                     .observations_ms = r->observations_ms,
                                     .scores_ms = r->scores_ms,
                                     .rollup_after_ms = r->rollup_after_ms,
                                     .size_bytes = r->size_bytes };
}

int announce(struct host *h)
{
    struct kiri_error why = { 0 };
    int tried = h->unannounced;

    h->unannounced = address_write(&h->address, h->conf->state, h->boot, &why) != 0;
    if (h->unannounced && why.code != KIRI_IO)
        return kiri_fail(h->err, why.code, "%s", why.text);
    if (h->unannounced && !tried)
        log_warn("%s; until then this host is found by --bus %s only", why.text,
                 h->address.bus);
    return 0;
}

/* Everything but the atoms. What was opened is closed by close_all, also after a failure.
 */
int open_all(struct host *h)
{
    raise_descriptors();
    name_this_run(h);
    if (path_make(h->conf->state, h->err) || address_find(&h->address, h->conf, h->err))
        return -1;
    h->lock = lock_take(h->conf->state, h->err);
    if (h->lock < 0)
        return -1;
    h->flow.shelf = shelf_open(h->conf->state, h->err);
    if (h->flow.shelf < 0)
        return -1;
    const struct store_retention keep = retention_of(h->conf);
    h->flow.store = store_open(h->conf->state, &keep, h->err);
    if (!h->flow.store)
        return -1;
    store_boot(h->flow.store, h->boot);
    h->flow.next_id = store_next_id(h->flow.store);
    if (open_bus(h) || announce(h))
        return -1;
    h->flow.callbacks = pool_new("kiri-atoms", FLOW_WORKERS, 0);
    /* Not SCHED_IDLE: rows wait for a turn, and on a busy machine they would wait for
     * ever. */
    h->flow.learners = pool_new("kiri-learn", 1, 0);
    h->flow.savers = pool_new("kiri-save", 1, 0);
    if (!h->flow.callbacks || !h->flow.learners || !h->flow.savers ||
        control_open(&h->control))
        return kiri_fail(h->err, KIRI_INTERNAL, "cannot start threads");
    h->control.bus_url = h->address.bus;
    h->control.control_url = h->address.control;
    return 0;
}

static int check_atom(const struct conf_atom *a, const struct kiri_option *table,
                      struct kiri_error *err)
{
    struct conf_errors errors = { 0 };
    int rc = 0;

    if (conf_options(a, table, &errors)) {
        size_t len = errors.text.len;
        if (len && errors.text.data[len - 1] == '\n')
            errors.text.data[len - 1] = '\0';
        rc = kiri_fail(err, KIRI_BAD_CONFIG, "%s", buf_text(&errors.text));
    }
    conf_errors_free(&errors);
    return rc;
}

static struct plugin *open_plugin(struct host *h, const struct conf_atom *a)
{
    char *path = atom_file(h->conf, a, h->err);
    struct plugin *p = path ? atom_plugin(h->exe, a, path, h->err) : NULL;

    free(path);
    if (!p && !a->by_hand)
        kiri_fail_in(h->err, "%s:%u:%u: atom %s", a->file, a->line, a->col, a->name);
    if (p && check_atom(a, plugin_options(p), h->err)) {
        plugin_unref(p);
        p = NULL;
    }
    return p;
}

/* Opens every plugin before anything else is touched: a wrong one changes nothing. Only
 * what was loaded by hand is left out instead: its .so may have been removed. */
int open_plugins(struct host *h, struct plugin **plugins)
{
    for (uint32_t i = 0; i < h->conf->n_atoms && !signals_ending(h->signals); i++) {
        const struct conf_atom *a = &h->conf->atoms[i];

        plugins[i] = open_plugin(h, a);
        if (plugins[i])
            continue;
        if (!a->by_hand)
            return -1;
        log_error("atom %s, loaded by hand, is left out: %s", a->name, h->err->text);
        if (json_object_set_new(h->absent, a->name, json_string(h->err->text)))
            return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
    }
    return 0;
}

/* A section that this version does not take (any more) is left out, and said. */
static void drop_misfits(struct host *h)
{
    const char *name;
    json_t *section;
    void *next;

    json_object_foreach_safe(h->by_hand, next, name, section)
    {
        struct conf_errors errors = { 0 };
        json_t *one = json_pack("{sO}", name, section);
        struct conf *c = loaded_conf(h->root, NULL, one, &errors);

        if (!c && errors.code != KIRI_INTERNAL) {
            log_error("atom %s, loaded by hand, is left out: %.*s", name,
                      (int)strcspn(buf_text(&errors.text), "\n"), buf_text(&errors.text));
            json_object_del(h->by_hand, name);
        }
        conf_free(c);
        json_decref(one);
        conf_errors_free(&errors);
    }
}

int open_loaded(struct host *h)
{
    struct conf_errors errors = { 0 };

    h->by_hand = loaded_read(h->conf->state);
    h->left_out = json_object();
    h->absent = json_object();
    if (!h->by_hand || !h->left_out || !h->absent)
        return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
    if (loaded_yield(h->by_hand, h->root))
        log_warn("the config has atoms now that were loaded by hand, too: it rules");
    drop_misfits(h);
    if (json_object_size(h->by_hand) == 0)
        return 0;
    h->derived = loaded_conf(h->root, NULL, h->by_hand, &errors);
    if (!h->derived)
        kiri_fail(h->err, errors.code ? errors.code : KIRI_INTERNAL, "%s",
                  buf_text(&errors.text));
    else
        h->conf = h->control.conf = h->derived;
    conf_errors_free(&errors);
    return h->derived ? 0 : -1;
}
