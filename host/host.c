#include "host.h"

#include "address.h"
#include "base/log.h"
#include "base/path.h"
#include "control/control.h"
#include "flow/shelf.h"
#include "log_wire.h"
#include "store/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEARTBEAT_MS 1000
#define STOP_MS      4000 /* what threads may take to come home */
#define STORE_MS     2000
#define PEERS_MOST   256
#define OWN_FILES    44 /* 25 at rest; more while plugins are probed and peers greet */

struct host {
    const struct conf *conf;
    struct host_options options;
    uv_loop_t loop;
    struct flow flow;
    struct control control;
    int lock;
    char name[65], boot[17];
    struct address address;
    uv_async_t bus_bell; /* requests wait */
    uv_timer_t heartbeat, end, giving_up;
    uv_signal_t on_int, on_term;
    int stopping, said_running;
    int rc;
    struct kiri_error *err;
};

/* ---- the loop's own callbacks --------------------------------------------------- */

static void stop(struct host *h);

static void on_signal(uv_signal_t *signal, int number)
{
    struct host *h = signal->data;

    if (h->stopping)
        _exit(128 + number); /* asked twice: at once; the models on disk are whole */
    stop(h);
}

static void on_end(uv_timer_t *timer)
{
    stop(timer->data);
}

static void on_giving_up(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void stop_from_control(void *ctx)
{
    stop(ctx);
}

static void status_of_host(void *ctx, struct jsonw *j)
{
    (void)ctx, (void)j;
}

static void on_requests(uv_async_t *bell)
{
    struct host *h = bell->data;
    struct bus_request *r;

    while ((r = bus_next_request(h->flow.bus)))
        control_take(&h->control, r);
}

static void wake(void *ctx)
{
    struct host *h = ctx;

    uv_async_send(&h->bus_bell);
}

/* Every atom was asked to open(): a wrong option of one ends the start. */
static void check_start(struct host *h)
{
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        if (h->control.instance[i]->health == INSTANCE_STARTING)
            return;
    h->said_running = 1;
    for (uint32_t i = 0; i < h->control.n_instances; i++) {
        const struct instance *in = h->control.instance[i];
        if (in->health != INSTANCE_BROKEN)
            continue;
        h->rc = kiri_fail(h->err, KIRI_BAD_CONFIG, "%s:%u:%u: atom %s: %s",
                          h->conf->atoms[i].file, h->conf->atoms[i].line,
                          h->conf->atoms[i].col, in->name, in->note);
        stop(h);
        return;
    }
    if (!h->options.quiet)
        log_info("running: %u atom%s, kiri status shows them", h->control.n_instances,
                 h->control.n_instances == 1 ? "" : "s");
}

static void on_heartbeat(uv_timer_t *timer)
{
    struct host *h = timer->data;

    bus_heartbeat(h->flow.bus, clock_now(h->flow.clock), HEARTBEAT_MS, "");
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        watch_instance(h->control.instance[i]);
}

/* After each turn of the loop: has everybody answered, is everybody home? */
static void on_turn(uv_check_t *check)
{
    struct host *h = check->data;

    if (!h->said_running && !h->stopping)
        check_start(h);
    control_turn(&h->control);
    if (!h->stopping)
        return;
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        if (!instance_gone(h->control.instance[i]))
            return;
    uv_stop(check->loop);
}

static void stop(struct host *h)
{
    if (h->stopping)
        return;
    h->stopping = 1;
    atomic_store(&h->flow.stopping, 1);
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        instance_stop(h->control.instance[i]);
    uv_timer_start(&h->giving_up, on_giving_up, STOP_MS, 0);
}

/* ---- start and end -------------------------------------------------------------- */

/* Descriptors are what subscribers cost; the hard limit is what the admin allows. */
static void raise_descriptors(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
        (void)setrlimit(RLIMIT_NOFILE, &r); /* less is what we had anyway */
    }
}

/* How many may listen, and how many ask: half each of the descriptors that we do not need
 * ourselves for store, models and atoms (RELIABILITY.md A8). */
static unsigned most_peers(const struct conf *conf)
{
    rlim_t own = OWN_FILES + 2 * (rlim_t)conf->n_atoms;
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= own + 2 * PEERS_MOST)
        return PEERS_MOST;
    return r.rlim_cur > own + 4 ? (unsigned)(r.rlim_cur - own) / 2 : 2;
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

static void init_handles(struct host *h)
{
    uv_timer_init(&h->loop, &h->heartbeat);
    uv_timer_init(&h->loop, &h->end);
    uv_timer_init(&h->loop, &h->giving_up);
    uv_signal_init(&h->loop, &h->on_int);
    uv_signal_init(&h->loop, &h->on_term);
    h->heartbeat.data = h->end.data = h->on_int.data = h->on_term.data = h;
}

/* Everything but the atoms. What was opened is closed by close_all, also after a failure.
 */
static int open_all(struct host *h)
{
    if (path_make(h->conf->state, h->err) || address_find(&h->address, h->conf, h->err))
        return -1;
    h->lock = lock_take(h->conf->state, h->err);
    if (h->lock < 0)
        return -1;
    h->flow.shelf = shelf_open(h->conf->state, h->err);
    if (h->flow.shelf < 0)
        return -1;
    const struct conf_retention *r = &h->conf->retention;
    const struct store_retention keep = { .journal_ms = r->journal_ms,
                                          .journal_bytes = r->journal_bytes,
                                          .observations_ms = r->observations_ms,
                                          .scores_ms = r->scores_ms,
                                          .rollup_after_ms = r->rollup_after_ms,
                                          .size_bytes = r->size_bytes };
    h->flow.store = store_open(h->conf->state, &keep, h->err);
    if (!h->flow.store)
        return -1;
    store_boot(h->flow.store, h->boot);
    h->flow.next_id = store_next_id(h->flow.store);
    if (open_bus(h) || address_write(&h->address, h->conf->state, h->boot, h->err))
        return -1;
    unsigned workers = h->conf->n_atoms < 4 ? h->conf->n_atoms : 4;
    h->flow.callbacks = pool_new("kiri-atoms", workers, 0);
    /* Not SCHED_IDLE: rows wait for a turn, and on a busy machine they would wait for
     * ever. */
    h->flow.learners = pool_new("kiri-learn", 1, 0);
    h->flow.savers = pool_new("kiri-save", 1, 0);
    if (!h->flow.callbacks || !h->flow.learners || !h->flow.savers ||
        control_open(&h->control))
        return kiri_fail(h->err, KIRI_INTERNAL, "cannot start threads");
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

static char *own_executable(void)
{
    return realpath("/proc/self/exe", NULL);
}

/* Opens every plugin before anything else is touched: a wrong one changes nothing. */
static int load_plugins(struct host *h, struct plugin **plugins)
{
    char *exe = own_executable();
    int rc = exe ? 0 : kiri_fail(h->err, KIRI_INTERNAL, "cannot find our own executable");

    for (uint32_t i = 0; rc == 0 && i < h->conf->n_atoms; i++) {
        const struct conf_atom *a = &h->conf->atoms[i];
        char *path = plugin_find(a->plugin, h->conf->plugins, h->err);
        plugins[i] = path ? plugin_open(exe, path, h->err) : NULL;
        free(path);
        if (!plugins[i])
            rc = kiri_fail_in(h->err, "%s:%u:%u: atom %s", a->file, a->line, a->col,
                              a->name);
        else
            rc = check_atom(a, plugin_options(plugins[i]), h->err);
    }
    free(exe);
    return rc;
}

static int start_atoms(struct host *h, struct plugin **plugins)
{
    for (uint32_t i = 0; i < h->conf->n_atoms; i++) {
        struct instance *in =
            instance_start(&h->flow, &h->conf->atoms[i], plugins[i], NULL);
        if (!in)
            return kiri_fail(h->err, KIRI_INTERNAL, "out of memory");
        plugins[i] = NULL;
        h->control.instance[h->control.n_instances++] = in;
    }
    return 0;
}

static void run_loop(struct host *h)
{
    uv_check_t turn;

    uv_check_init(&h->loop, &turn);
    turn.data = h;
    uv_check_start(&turn, on_turn);
    uv_timer_start(&h->heartbeat, on_heartbeat, HEARTBEAT_MS, HEARTBEAT_MS);
    if (h->options.for_ms)
        uv_timer_start(&h->end, on_end, (uint64_t)h->options.for_ms, 0);
    uv_signal_start(&h->on_int, on_signal, SIGINT);
    uv_signal_start(&h->on_term, on_signal, SIGTERM);
    uv_run(&h->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&turn, NULL);
    uv_run(&h->loop, UV_RUN_NOWAIT);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Saves first, then closes; a thread that does not come home is left behind. */
static int close_all(struct host *h)
{
    int stuck = 0;

    for (uint32_t i = 0; i < h->control.n_instances; i++) {
        const struct instance *in = h->control.instance[i];
        stuck += in->calling || in->learning || in->writing;
        if (in->calling)
            log_warn("%s: its callback never returned", in->name);
    }
    log_wire_stop();
    if (h->control.pool)
        stuck += control_stop(&h->control, STOP_MS) != 0;
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        instance_free(h->control.instance[i]);
    store_close(h->flow.store, STORE_MS);
    bus_close(h->flow.bus);
    h->flow.bus = NULL;
    if (stuck)
        return stuck;
    pool_stop(h->flow.callbacks, STOP_MS);
    pool_stop(h->flow.learners, STOP_MS);
    pool_stop(h->flow.savers, STOP_MS);
    return 0;
}

int host_run(const struct conf *conf, const struct host_options *o,
             struct kiri_error *err)
{
    struct host h = { .conf = conf, .options = *o, .lock = -1, .err = err };
    struct plugin **plugins = calloc(conf->n_atoms, sizeof(struct plugin *));

    h.flow.clock = &clock_system;
    h.flow.shelf = -1;
    h.flow.state = conf->state;
    h.control = (struct control){
        .flow = &h.flow,
        .conf = conf,
        .host = h.name,
        .boot = h.boot,
        .began = clock_mono(&clock_system),
        .act = { .stop = stop_from_control, .status = status_of_host, .ctx = &h }
    };
    h.control.instance = calloc(conf->n_atoms, sizeof(struct instance *));
    if (!plugins || !h.control.instance || uv_loop_init(&h.loop)) {
        free(plugins);
        free(h.control.instance);
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    }
    umask(077);
    signal(SIGPIPE, SIG_IGN); /* a peer or a limit is an error code, not an end */
    signal(SIGXFSZ, SIG_IGN);
    raise_descriptors();
    name_this_run(&h);
    init_handles(&h);
    uv_async_init(&h.loop, &h.bus_bell, on_requests);
    h.bus_bell.data = &h;
    h.rc = flow_init(&h.flow, &h.loop);

    if (h.rc == 0)
        h.rc = load_plugins(&h, plugins);
    if (h.rc == 0)
        h.rc = open_all(&h);
    h.control.bus_url = h.address.bus;
    h.control.control_url = h.address.control;
    if (h.rc == 0) {
        log_wire_start(&h.flow);
        if (!o->quiet)
            log_info("%s: state %s, bus %s", conf->molecule, conf->state, h.address.bus);
        h.rc = start_atoms(&h, plugins);
        if (h.rc == 0)
            run_loop(&h);
    }
    int stuck = close_all(&h);
    for (uint32_t i = 0; i < conf->n_atoms; i++)
        plugin_unref(plugins[i]);
    free(plugins);
    if (stuck) { /* its thread may still use everything here */
        if (h.rc == 0)
            log_warn("stopped with %d thread%s left behind", stuck,
                     stuck == 1 ? "" : "s");
        _exit(h.rc ? (int)err->code : 0);
    }
    flow_fini(&h.flow);
    uv_walk(&h.loop, close_handle, NULL);
    uv_run(&h.loop, UV_RUN_DEFAULT);
    uv_loop_close(&h.loop);
    control_close(&h.control);
    free(h.control.instance);
    address_free(&h.address);
    if (h.flow.shelf >= 0)
        close(h.flow.shelf);
    if (h.lock >= 0)
        close(h.lock);
    return h.rc;
}

int host_probe(const char *so, int out_fd)
{
    return plugin_probe_child(so, out_fd);
}
