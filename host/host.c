/*
 * host.c - the life of a host: its order of start and end, and what its loop hears.
 */
#include "host.h"

#include "base/log.h"
#include "inside.h"
#include "load/cell.h"
#include "load/plugin.h"
#include "log_wire.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STOP_MS     3000 /* what threads may take to come home */
#define STORE_MS    1000
#define DEADLINE_MS 4700 /* from the wish to stop to the end, whatever hangs */

/* ---- what the loop hears --------------------------------------------------------- */

/* The thread of the signals. */
static void heard(void *ctx, int number)
{
    struct host *h = ctx;

    if (number == SIGHUP)
        atomic_store(&h->hangup, 1);
    uv_async_send(&h->signal_bell);
}

static void on_signal_bell(uv_async_t *bell)
{
    struct host *h = bell->data;

    if (signals_ending(h->signals))
        host_stop(h);
    else if (h->running && atomic_exchange(&h->hangup, 0))
        reload_ask(h->reload, NULL);
}

static void on_end(uv_timer_t *timer)
{
    host_stop(timer->data);
}

static void on_giving_up(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void on_requests(uv_async_t *bell)
{
    struct host *h = bell->data;
    struct bus_request *r;

    while (h->flow.bus && (r = bus_next_request(h->flow.bus)))
        if (bus_request_desk(r) == BUS_INBOX)
            inbox_take(&h->inbox, r);
        else
            control_take(&h->control, r);
}

static void stop_by_command(void *ctx)
{
    host_stop(ctx);
}

/* 1: atoms may come and go. */
static int is_ready(struct host *h, struct asked *a)
{
    if (h->running && !h->stopping)
        return 1;
    asked_refuse(a, KIRI_HELD, "this host is just starting or stopping: ask again");
    return 0;
}

static void reload_by_command(void *ctx, struct asked *a, const char *atom)
{
    struct host *h = ctx;

    if (!is_ready(h, a))
        return;
    if (atom)
        reload_renew(h->reload, a, atom);
    else
        reload_ask(h->reload, a);
}

static void load_by_command(void *ctx, struct asked *a, const struct control_load *load)
{
    struct host *h = ctx;

    if (is_ready(h, a))
        reload_load(h->reload, a, load);
}

static void unload_by_command(void *ctx, struct asked *a, const char *atom)
{
    struct host *h = ctx;

    if (is_ready(h, a))
        reload_unload(h->reload, a, atom);
}

static void write_status(void *ctx, struct jsonw *j)
{
    const struct host *h = ctx;

    watch_status(h, j);
    together_status(h, j);
    inbox_status(&h->inbox, h->address.inbox, j);
    reload_status(h->reload, j);
}

/* Every atom was asked to open(): a wrong option of one ends the start. */
static void check_start(struct host *h)
{
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        if (h->control.instance[i]->health == INSTANCE_STARTING)
            return;
    for (uint32_t i = 0; i < h->control.n_instances; i++) {
        const struct instance *in = h->control.instance[i];
        const struct conf_atom *a = atom_named(h->conf, in->name);
        if (!in->refused || a->by_hand)
            continue;
        h->rc = kiri_fail(h->err, KIRI_BAD_CONFIG, "%s:%u:%u: atom %s: %s", a->file,
                          a->line, a->col, in->name, in->note);
        host_stop(h);
        return;
    }
    watch_running(h);
    uv_async_send(&h->signal_bell); /* a SIGHUP may have waited for this */
}

static int everybody_gone(const struct host *h)
{
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        if (!instance_gone(h->control.instance[i]))
            return 0;
    return !h->leaving && reload_idle(h->reload);
}

static void free_who_left(struct host *h)
{
    for (struct instance **at = &h->leaving; *at;) {
        struct instance *in = *at;

        if (!instance_gone(in)) {
            at = &in->next;
            continue;
        }
        *at = in->next;
        instance_free(in);
    }
}

/* After each turn of the loop: has everybody answered, is everybody home? */
static void on_turn(uv_check_t *check)
{
    struct host *h = check->data;

    if (!h->running && !h->stopping)
        check_start(h);
    reload_turn(h->reload);
    free_who_left(h);
    control_turn(&h->control);
    inbox_turn(&h->inbox);
    if (h->stopping && everybody_gone(h))
        uv_stop(check->loop);
}

void host_stop(struct host *h)
{
    if (h->stopping)
        return;
    h->stopping = 1;
    signals_deadline(h->signals, h->rc ? (int)h->err->code : 0);
    notify_send(&h->notify, "STOPPING=1\nSTATUS=saving models");
    atomic_store(&h->flow.stopping, 1);
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        instance_stop(h->control.instance[i]);
    reload_stop(h->reload);
    uv_timer_start(&h->giving_up, on_giving_up, STOP_MS, 0);
}

/* ---- start ----------------------------------------------------------------------- */

static int init(struct host *h)
{
    uv_timer_t *const timers[] = { &h->heartbeat, &h->watch, &h->watchdog, &h->end,
                                   &h->giving_up };

    h->flow.clock = &clock_system;
    h->flow.shelf = h->lock = h->notify.fd = -1;
    h->flow.state = strdup(h->conf->state);
    h->control = (struct control){ .flow = &h->flow,
                                   .conf = h->conf,
                                   .host = h->name,
                                   .boot = h->boot,
                                   .began = clock_mono(&clock_system),
                                   .act = { .stop = stop_by_command,
                                            .reload = reload_by_command,
                                            .load = load_by_command,
                                            .unload = unload_by_command,
                                            .status = write_status,
                                            .ctx = h } };
    inbox_open(&h->inbox, &h->control);
    if (uv_loop_init(&h->loop))
        return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        uv_timer_init(&h->loop, timers[i]);
        timers[i]->data = h;
    }
    uv_check_init(&h->loop, &h->turn);
    uv_async_init(&h->loop, &h->bus_bell, on_requests);
    uv_async_init(&h->loop, &h->signal_bell, on_signal_bell);
    h->turn.data = h->bus_bell.data = h->signal_bell.data = h;
    if (flow_init(&h->flow, &h->loop))
        return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
    h->exe = strdup("/proc/self/exe"); /* the same one, even if a package replaces it */
    h->reload = reload_new(h);
    h->control.instance = calloc(h->conf->n_atoms, sizeof(struct instance *));
    if (!h->exe || !h->reload || !h->control.instance || !h->flow.state)
        return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
    h->signals = signals_start(DEADLINE_MS, heard, h, h->err);
    return h->signals ? 0 : -1;
}

static int start_atoms(struct host *h, struct plugin **plugins)
{
    for (uint32_t i = 0; i < h->conf->n_atoms; i++) {
        if (!plugins[i])
            continue; /* it was loaded by hand, and cannot be had */
        struct instance *in =
            instance_start(&h->flow, &h->conf->atoms[i], plugins[i], NULL);
        if (!in)
            return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
        plugins[i] = NULL;
        h->control.instance[h->control.n_instances++] = in;
    }
    return 0;
}

/* For those, too, that were loaded by hand. */
static int make_room(struct host *h)
{
    struct instance **more =
        realloc(h->control.instance, h->conf->n_atoms * sizeof(struct instance *));

    if (!more)
        return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
    h->control.instance = more;
    return 0;
}

static int start(struct host *h)
{
    struct plugin **plugins = NULL;
    int rc = open_loaded(h) || make_room(h) ? -1 : 0;

    if (rc == 0) {
        plugins = calloc(h->conf->n_atoms, sizeof(struct plugin *));
        rc = plugins ? open_plugins(h, plugins)
                     : kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
    }

    if (rc == 0 && !signals_ending(h->signals))
        rc = open_all(h);
    if (rc == 0 && !signals_ending(h->signals)) {
        log_wire_start(&h->flow);
        watch_warnings(h->conf);
        if (geteuid() == 0 && !h->options.quiet)
            log_warn("this host runs as root, which nothing of it needs");
        if (!h->options.quiet)
            log_info("%s: state %s, bus %s", h->conf->molecule, h->conf->state,
                     h->address.bus);
        rc = start_atoms(h, plugins);
    }
    for (uint32_t i = 0; plugins && i < h->conf->n_atoms; i++)
        plugin_unref(plugins[i]);
    free(plugins);
    if (rc && signals_ending(h->signals)) { /* nobody waits for it any more */
        log_warn("%s", h->err->text);
        rc = 0;
    }
    return rc;
}

static void run_loop(struct host *h)
{
    uv_check_start(&h->turn, on_turn);
    watch_start(h);
    h->plugin_watch = plugin_watch_new(h);
    if (h->options.for_ms)
        uv_timer_start(&h->end, on_end, (uint64_t)h->options.for_ms, 0);
    uv_async_send(&h->signal_bell); /* one may have come before there was a loop */
    uv_run(&h->loop, UV_RUN_DEFAULT);
}

/* ---- end ------------------------------------------------------------------------- */

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static int stuck_threads(const struct host *h)
{
    int stuck = 0;

    for (uint32_t i = 0; i < h->control.n_instances; i++) {
        const struct instance *in = h->control.instance[i];
        stuck += in->calling || in->learning || in->writing;
        if (in->calling)
            log_warn("%s: its callback never returned", in->name);
    }
    for (const struct instance *in = h->leaving; in; in = in->next)
        stuck++;
    return stuck + !reload_idle(h->reload);
}

/* Models are saved; a thread that does not come home is left behind. */
static int close_all(struct host *h)
{
    int stuck = stuck_threads(h);

    log_wire_stop();
    inbox_close(&h->inbox);
    if (h->control.pool)
        stuck += control_stop(&h->control, STOP_MS / 3) != 0;
    if (!stuck)
        for (uint32_t i = 0; i < h->control.n_instances; i++)
            instance_free(h->control.instance[i]);
    store_close(h->flow.store, STORE_MS);
    bus_close(h->flow.bus);
    h->flow.bus = NULL;
    if (stuck)
        return stuck;
    return (pool_stop(h->flow.callbacks, STOP_MS / 3) != 0) +
           (pool_stop(h->flow.learners, STOP_MS / 3) != 0) +
           (pool_stop(h->flow.retrainers, STOP_MS / 3) != 0) +
           (pool_stop(h->flow.savers, STOP_MS / 3) != 0);
}

static void fini(struct host *h)
{
    signals_stop(h->signals);
    reload_free(h->reload);
    flow_fini(&h->flow);
    combined_fini(&h->together);
    uv_walk(&h->loop, close_handle, NULL);
    uv_run(&h->loop, UV_RUN_DEFAULT);
    uv_loop_close(&h->loop);
    plugin_watch_free(h->plugin_watch);
    control_close(&h->control);
    free(h->control.instance);
    address_free(&h->address);
    notify_close(&h->notify);
    conf_free(h->derived);
    conf_free(h->own);
    json_decref(h->by_hand);
    json_decref(h->left_out);
    json_decref(h->absent);
    free(h->flow.state);
    free(h->exe);
    if (h->flow.shelf >= 0)
        close(h->flow.shelf);
    if (h->lock >= 0)
        close(h->lock);
}

int host_run(const struct conf *conf, const struct host_options *o,
             struct kiri_error *err)
{
    struct host h = { .conf = conf, .root = conf, .options = *o, .err = err };

    umask(077);
    signal(SIGPIPE, SIG_IGN); /* a peer or a limit is an error code, not an end */
    signal(SIGXFSZ, SIG_IGN);
    if (init(&h))
        return -1;
    notify_open(&h.notify);
    h.rc = start(&h);
    if (h.rc == 0 && h.control.n_instances)
        run_loop(&h);
    int stuck = close_all(&h);
    if (stuck) { /* its thread may still use everything here */
        if (h.rc == 0)
            log_warn("stopped with %d thread%s left behind", stuck,
                     stuck == 1 ? "" : "s");
        _exit(h.rc ? (int)err->code : 0);
    }
    fini(&h);
    return h.rc;
}

void host_block_signals(void)
{
    signals_block();
}

int host_probe(const char *so, int out_fd)
{
    return plugin_probe_child(so, out_fd);
}

int host_cell(void)
{
    return cell_child(CELL_FD_IMAGE, CELL_FD_SOCKET);
}
