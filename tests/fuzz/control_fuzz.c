/*
 * control_fuzz.c - any bytes as a request to a host: one JSON object comes back, once,
 * and what is no command changes nothing. (RELIABILITY C5)
 *
 * The control room as it is, with its threads and a real store; the bus is made of the
 * functions below, so that a request needs no socket.
 */
#include "bus/bus.h"
#include "control/control.h"

#include <jansson.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define MESSAGES  400u
#define WAIT_MS   5000
#define MOST_SIZE (256u << 10) /* a page of 48 KiB, or one message of 64 KiB, escaped */

/* ---- the bus ----------------------------------------------------------------------- */

struct bus_request {
    const char *text;
    size_t len;
    uint64_t uid;
    unsigned answers;
    struct buf answer;
};

const char *bus_request_text(const struct bus_request *r, size_t *len)
{
    if (len)
        *len = r->len;
    return r->text;
}

uint64_t bus_request_uid(const struct bus_request *r)
{
    return r->uid;
}

void bus_answer(struct bus *b, struct bus_request *r, const char *json, size_t len)
{
    (void)b;
    r->answers++;
    buf_put(&r->answer, json, len);
}

void bus_counts(const struct bus *b, struct bus_counts *out)
{
    (void)b;
    *out = (struct bus_counts){ .published = MESSAGES };
}

uint64_t bus_publish(struct bus *b, const char *topic, int64_t ts, const char *members,
                     struct bus_bytes *sent)
{
    (void)b, (void)topic, (void)ts, (void)members, (void)sent;
    return 0;
}

int bus_snapshot(const struct bus *b, const char *const *prefix, size_t n,
                 const char *after,
                 int (*each)(void *ctx, const char *topic, const char *bytes, size_t len),
                 void *ctx)
{
    static const struct {
        const char *topic, *message;
    } last[] = { { "atom/pulse", "atom/pulse {\"state\":\"well\"}" },
                 { "molecule", "molecule {\"name\":\"\xff\\u0001\"}" },
                 { "score/pulse", "score/pulse {\"score\":1}" } };
    int rc = 0;

    (void)b;
    for (size_t i = 0; i < sizeof last / sizeof *last && rc == 0; i++) {
        int wanted = n == 0;

        for (size_t k = 0; k < n; k++)
            wanted |= strncmp(last[i].message, prefix[k], strlen(prefix[k])) == 0;
        if (wanted && (!after || strcmp(last[i].topic, after) > 0))
            rc = each(ctx, last[i].topic, last[i].message, strlen(last[i].message));
    }
    return rc;
}

/* ---- the host ---------------------------------------------------------------------- */

static unsigned stops, reloads;

static void on_stop(void *ctx)
{
    (void)ctx;
    stops++;
}

static void answer(struct asked *a)
{
    static const char *const applied[] = { "atom pulse: added" };

    if (reloads++ % 2)
        asked_refuse(a, KIRI_BAD_CONFIG, "m.yaml:1:1: this is \"no\" molecule");
    else
        asked_fine(a, applied, 1);
}

static void on_reload(void *ctx, struct asked *a, const char *atom)
{
    (void)ctx, (void)atom;
    answer(a);
}

static void on_load(void *ctx, struct asked *a, const struct control_load *load)
{
    (void)ctx, (void)load;
    answer(a);
}

static void on_status(void *ctx, struct jsonw *j)
{
    (void)ctx;
    jsonw_kint(j, "config_applied", reloads);
}

static char dir[] = "/tmp/kiri-control-fuzz-XXXXXX";
static uv_loop_t loop;
static struct flow flow = { .clock = &clock_system, .state = dir };
static int opened(const struct kiri_host *host, void **self)
{
    (void)host, (void)self;
    return KIRI_OK;
}
static void closed(void *self)
{
    (void)self;
}
static const struct kiri_schema *no_schema(void *self)
{
    (void)self;
    return NULL;
}
static int collected(void *self, struct kiri_obs *out)
{
    (void)self, (void)out;
    return KIRI_NONE;
}
static const struct kiri_atom atom = { KIRI_ATOM_INIT,      .name = "pulse",
                                       .version = "1",      .help = "Beats.",
                                       .open = opened,      .close = closed,
                                       .schema = no_schema, .collect = collected };
static struct instance pulse = { .flow = &flow, .name = "pulse", .atom = &atom };
static struct instance *instances[] = { &pulse };
static char file[] = "m.yaml", molecule[] = "fuzz";
static const struct conf conf = { .file = file, .molecule = molecule, .state = dir };
static struct control control = {
    .flow = &flow,
    .conf = &conf,
    .instance = instances,
    .n_instances = 1,
    .host = "h",
    .boot = "b1",
    .bus_url = "ipc:///b",
    .control_url = "ipc:///c",
    .act = { .stop = on_stop,
             .reload = on_reload,
             .load = on_load,
             .unload = on_reload,
             .status = on_status },
};

static void remove_dir(void)
{
    static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
    char path[64];

    (void)control_stop(&control, WAIT_MS);
    plugin_unref(pulse.plugin);
    store_close(flow.store, WAIT_MS);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct kiri_error err;
    char message[64];

    (void)argc, (void)argv;
    if (!mkdtemp(dir) || uv_loop_init(&loop) || flow_init(&flow, &loop) ||
        !(flow.store = store_open(dir, NULL, &err)) || control_open(&control) ||
        atexit(remove_dir))
        abort();
    pulse.plugin = plugin_wrap(&atom, NULL, "/a/pulse.so", NULL, NULL, &err);
    if (!pulse.plugin)
        abort();
    store_boot(flow.store, "b1");
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        int n = snprintf(message, sizeof message, "%s {\"seq\":%llu,\"x\":\"\\\"\"}",
                         i % 2 ? "score/pulse" : "obs/pulse", (unsigned long long)i);
        store_put_message(flow.store, i, clock_now(flow.clock), message, (size_t)n, 0);
    }
    if (store_flush(flow.store, WAIT_MS))
        abort();
    return 0;
}

/* ---- one request ------------------------------------------------------------------- */

/* Until it is answered, as the loop would. */
static void run(struct bus_request *r)
{
    control_take(&control, r);
    control_turn(&control);
    for (int64_t end = clock_mono(flow.clock) + WAIT_MS; !r->answers;) {
        struct queue_item *next, *item = queue_wait(&flow.inbox, 100);

        for (; item; item = next) {
            struct flow_message *m = (struct flow_message *)item;
            next = item->next;
            m->deliver(m);
        }
        assert(clock_mono(flow.clock) < end);
    }
}

/* One object with an id, and members or a code and a sentence. Returns "ok". */
static int check(const struct bus_request *r)
{
    json_t *root =
        json_loadb(r->answer.data, r->answer.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *ok = json_object_get(root, "ok"), *code = json_object_get(root, "code");
    const char *error = json_string_value(json_object_get(root, "error"));
    int fine = json_is_true(ok);

    assert(r->answers == 1 && r->answer.len <= MOST_SIZE);
    assert(json_is_object(root) && json_is_boolean(ok));
    assert(json_is_string(json_object_get(root, "id")));
    if (!fine)
        assert(error && *error && json_integer_value(code) >= KIRI_USAGE &&
               json_integer_value(code) <= KIRI_BAD_CONFIG);
    json_decref(root);
    return fine;
}

/* What was asked for, as another reader of JSON than the control room's would say. */
static int asks_for(const struct bus_request *r, const char *cmd)
{
    json_t *root = json_loadb(r->text, r->len, JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(root, "cmd"));
    const char *id = json_string_value(json_object_get(root, "id"));
    int yes = text && id && *id && strlen(id) <= 64 && strcmp(text, cmd) == 0;

    json_decref(root);
    return yes;
}

/* From a stranger, then twice from one of us: what changes something is done once. */
static void ask(const char *text, size_t len)
{
    struct bus_request stranger = { text, len, .uid = geteuid() + 1u },
                       first = { text, len, .uid = geteuid() }, second = first;
    unsigned stops_before = stops, reloads_before = reloads;

    run(&stranger);
    assert(!check(&stranger));
    assert(stops == stops_before && reloads == reloads_before);
    assert(control.answers.n == 0);
    run(&first);
    int fine = check(&first);
    assert(stops - stops_before == (unsigned)(asks_for(&first, "stop") != 0));
    assert(reloads - reloads_before == (unsigned)(asks_for(&first, "reload") != 0));
    run(&second);
    assert(check(&second) == fine);
    assert(stops - stops_before <= 1 && reloads - reloads_before <= 1);
    if (control.answers.n)
        assert(first.answer.len == second.answer.len &&
               memcmp(first.answer.data, second.answer.data, first.answer.len) == 0);
    assert(control.answers.n_running == 0 && !control.saving);
    buf_free(&stranger.answer);
    buf_free(&first.answer);
    buf_free(&second.answer);
    answers_fini(&control.answers); /* the next input begins with nothing remembered */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 1); /* the bus adds a NUL */

    if (!text)
        abort();
    memcpy(text, bytes, len);
    text[len] = '\0';
    ask(text, len);
    free(text);
    return 0;
}
