/*
 * reload_memory_test.c - A9: memory runs out at the Nth request of a reload, from reading
 * the file to the last atom's opening: either all of it is applied or the config before
 * goes on; a trained model is never lost, and the next reload finds everything in order.
 */
#include "faults/lone_flow.h"
#include "faults/nth_malloc.h"
#include "reload.h"

#include "base/log.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ATOM   KIRI_BUILD_DIR "/tests/faults/atoms/tally.so"
#define TURNS  200 /* until a reload must have come to rest */
#define WARMUP 50

/* What differs between them: every fate that an atom can have. */
static const char before[] = "  stays: { plugin: " ATOM ", every: 1m, word: x }\n"
                             "  adjusted: { plugin: " ATOM ", every: 1m, word: x }\n"
                             "  replaced: { plugin: " ATOM ", every: 1m, word: x, "
                             "learn: { warmup: 50 } }\n"
                             "  removed: { plugin: " ATOM ", every: 1m, word: x }\n";
static const char after[] = "  added: { plugin: " ATOM ", every: 1m, word: x }\n"
                            "  stays: { plugin: " ATOM ", every: 1m, word: x }\n"
                            "  adjusted: { plugin: " ATOM ", every: 2m, word: x }\n"
                            "  replaced: { plugin: " ATOM ", every: 1m, word: y, "
                            "learn: { warmup: 50 } }\n";
static const char *const names_before[] = { "stays", "adjusted", "replaced", "removed" };
static const char *const names_after[] = { "added", "stays", "adjusted", "replaced" };
#define ATOMS 4u

static char dir[64], file[96];
static struct plugin *image; /* the only one; it is opened with its own test's sweep */
static struct host host;
static struct conf *first;

struct plugin *__wrap_plugin_open(const char *exe, const char *path,
                                  struct kiri_error *err);
struct plugin *__real_plugin_open(const char *exe, const char *path,
                                  struct kiri_error *err);

struct plugin *__wrap_plugin_open(const char *exe, const char *path,
                                  struct kiri_error *err)
{
    void *some = malloc(1);

    (void)exe, (void)path;
    if (!some) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    free(some);
    plugin_ref(image);
    return image;
}

/* ---- the host ---------------------------------------------------------------------- */

static void write_config(const char *atoms)
{
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    fprintf(f, "molecule: memory\nstate: %s\natoms:\n%s", dir, atoms);
    assert_int_equal(fclose(f), 0);
}

static void free_who_left(void)
{
    for (struct instance **at = &host.leaving; *at;) {
        struct instance *in = *at;

        if (!instance_gone(in)) {
            at = &in->next;
            continue;
        }
        *at = in->next;
        instance_free(in);
    }
}

static void turn(void)
{
    lone_flow_turn(&host.flow);
    reload_turn(host.reload);
    free_who_left();
}

static struct instance *named(const char *name)
{
    struct instance *in = instance_named(&host, name);

    assert_non_null(in);
    return in;
}

static int make_host(void **state)
{
    struct conf_errors errors = { 0 };
    struct kiri_error err;
    (void)state;

    log_threshold(LOG_AT_ERROR);
    snprintf(dir, sizeof dir, "/tmp/kiri-reload-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/m.yaml", dir);
    image = __real_plugin_open(KIRI_BUILD_DIR "/tests/load/probe-helper", ATOM, &err);
    assert_non_null(image);
    write_config(before);
    first = conf_read(file, &errors);
    assert_non_null(first);
    lone_flow_init(&host.flow, &host.loop, dir);
    host.conf = host.root = first;
    host.by_hand = json_object();
    host.left_out = json_object();
    host.absent = json_object();
    host.lock = host.notify.fd = -1;
    host.running = 1;
    host.control.flow = &host.flow;
    host.control.conf = first;
    host.control.pool = host.flow.callbacks;
    host.control.instance = calloc(ATOMS, sizeof(struct instance *));
    host.reload = reload_new(&host);
    assert_true(host.control.instance && host.reload);
    for (uint32_t i = 0; i < ATOMS; i++) {
        plugin_ref(image);
        host.control.instance[i] =
            instance_start(&host.flow, &first->atoms[i], image, NULL);
        assert_non_null(host.control.instance[i]);
        host.control.n_instances++;
    }
    return 0;
}

static int drop_host(void **state)
{
    char command[128];
    (void)state;

    for (uint32_t i = 0; i < host.control.n_instances; i++)
        instance_stop(host.control.instance[i]);
    for (int i = 0; i < TURNS; i++)
        turn();
    for (uint32_t i = 0; i < host.control.n_instances; i++) {
        assert_true(instance_gone(host.control.instance[i]));
        instance_free(host.control.instance[i]);
    }
    assert_null(host.leaving);
    reload_free(host.reload);
    lone_flow_fini(&host.flow);
    free(host.control.instance);
    conf_free(host.derived);
    conf_free(host.own);
    conf_free(first);
    json_decref(host.by_hand);
    json_decref(host.left_out);
    json_decref(host.absent);
    plugin_unref(image);
    image = NULL; /* a reference too many is a leak now */
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

/* ---- reloads ----------------------------------------------------------------------- */

/* 1: applied, 0: refused with a sentence. */
static int reload(void)
{
    uint64_t applied = host.reload->applied, refused = host.reload->refused;

    reload_ask(host.reload, NULL);
    for (int i = 0; i < TURNS && host.reload->step != AT_REST; i++)
        turn();
    nth_malloc_stop();
    assert_int_equal(host.reload->step, AT_REST);
    assert_int_equal(host.reload->applied - applied + host.reload->refused - refused, 1);
    for (int i = 0; i < 3; i++)
        turn();
    assert_null(host.leaving);
    return host.reload->applied > applied;
}

/* Its next tick, now. */
static void tick(struct instance *in)
{
    uv_timer_start(&in->timer, in->timer.timer_cb, 0, 0);
    turn();
    turn();
}

/* How often the atom was asked, as its small state says. */
static uint32_t tally(const struct instance *in)
{
    uint32_t n = 0;

    assert_int_equal(in->services.n_kv, 1);
    assert_int_equal(in->services.kv[0].len, sizeof n);
    memcpy(&n, in->services.kv[0].value, sizeof n);
    return n;
}

/* Who cannot work says so; whoever waits for the next try gets it now. */
static void nobody_is_silently_dead(void)
{
    for (uint32_t i = 0; i < ATOMS; i++) {
        struct instance *in = host.control.instance[i];

        if (in->health == INSTANCE_FAILING)
            tick(in);
        assert_true(in->health == INSTANCE_WELL ||
                    (in->health == INSTANCE_BROKEN && *in->note));
        assert_true(in->health == INSTANCE_BROKEN || !in->closing);
    }
}

static void stands(const struct conf *conf, const char *const *names, uint32_t every_ms)
{
    assert_ptr_equal(host.conf, conf);
    assert_ptr_equal(host.control.conf, conf);
    assert_int_equal(host.control.n_instances, ATOMS);
    for (uint32_t i = 0; i < ATOMS; i++)
        assert_string_equal(host.control.instance[i]->name, names[i]);
    assert_int_equal(named("adjusted")->period_ms, every_ms);
    nobody_is_silently_dead();
}

/* Back to where it was, with all the memory there is. */
static void take_back(void)
{
    write_config(before);
    assert_int_equal(reload(), 1);
    stands(host.own, names_before, 60000);
    for (uint32_t i = 0; i < ATOMS; i++)
        assert_int_equal(host.control.instance[i]->health, INSTANCE_WELL);
    assert_true(named("replaced")->facts.gen >= 1);
    assert_true(named("replaced")->facts.rows >= WARMUP);
}

/* 1: the n-th request was reached. */
static int attempt(long n, int lasting, long *refused)
{
    const struct conf *conf = host.conf;
    uint32_t asked = tally(named("replaced"));

    write_config(after);
    nth_malloc_fail(n, lasting);
    int applied = reload(), failed = nth_malloc_stop();

    if (applied) {
        assert_ptr_not_equal(host.conf, conf);
        stands(host.own, names_after, 120000);
    } else {
        assert_true(failed && host.reload->rejected[0]);
        stands(conf, names_before, 60000);
    }
    *refused += !applied;
    take_back();
    assert_true(tally(named("replaced")) >= asked);
    return failed;
}

static void a_reload_is_applied_or_taken_back(void **state)
{
    const char *full = getenv("KIRI_FULL");
    long sample = nth_malloc_spares_libraries() ? 7 : 37; /* of fewer, of more requests */
    long stride = full && *full ? 1 : sample, tried = 0, refused = 0;
    (void)state;

    turn();
    for (int i = 0; i < WARMUP; i++)
        tick(named("replaced"));
    assert_int_equal(named("replaced")->facts.gen, 1);
    take_back();
    for (int lasting = 0; lasting < 2; lasting++)
        for (long n = 1; attempt(n, lasting, &refused); n += stride)
            tried++;
    printf("%ld attempts, %ld refused\n", tried, refused);
    assert_true(refused > 10);
}

/* ---- one atom ---------------------------------------------------------------------- */

/* Until it has come to rest. -1: memory ran out on the way; else: is the atom there? */
static int settle(const char *name)
{
    for (int i = 0; i < TURNS && host.reload->step != AT_REST; i++)
        turn();
    int failed = nth_malloc_stop();

    assert_int_equal(host.reload->step, AT_REST);
    for (int i = 0; i < 3; i++)
        turn();
    assert_null(host.leaving);
    assert_ptr_equal(host.conf, host.control.conf);
    for (uint32_t i = 0; i < host.control.n_instances; i++)
        assert_true(host.control.instance[i]->health == INSTANCE_WELL ||
                    host.control.instance[i]->note[0]);
    return failed ? -1 : instance_named(&host, name) != NULL;
}

static void load(const char *name)
{
    char atom[] = ATOM;
    json_t *options = json_pack("{s:s,s:s}", "every", "1m", "word", "x");
    const struct control_load wish = { atom, name, dir, options };

    reload_load(host.reload, NULL, &wish);
    json_decref(options);
}

static void renew(const char *name)
{
    reload_renew(host.reload, NULL, name);
}

static void unload(const char *name)
{
    reload_unload(host.reload, NULL, name);
}

/* One of them with memory that ends at its n-th request, until it needs no more. */
static long sweep(void (*wish)(const char *name), const char *name, int there_after,
                  long sample)
{
    const char *full = getenv("KIRI_FULL");

    for (long n = 1;; n += full && *full ? 1 : sample) {
        int there_before = instance_named(&host, name) != NULL, there;

        nth_malloc_fail(n, 0);
        wish(name);
        there = settle(name);
        if (there >= 0) {
            assert_int_equal(there, there_after);
            return n;
        }
        there = instance_named(&host, name) != NULL;
        assert_true(there == there_before || there == there_after);
        if (there != there_before) { /* what failed was not needed: once more */
            (there_after ? unload : load)(name);
            (void)settle(name);
            assert_int_equal(instance_named(&host, name) != NULL, there_before);
        }
    }
}

static void one_atom_is_changed_or_nothing_is(void **state)
{
    uint32_t asked = tally(named("replaced"));
    (void)state;

    assert_true(sweep(load, "soil", 1, 101) > 5);
    assert_true(atom_named(host.conf, "soil")->by_hand);
    assert_true(sweep(renew, "replaced", 1, 1) > 5);
    assert_true(tally(named("replaced")) >= asked);
    assert_true(named("replaced")->facts.rows >= WARMUP);
    assert_true(sweep(unload, "soil", 0, 1) > 5);
    assert_true(sweep(unload, "stays", 0, 13) > 5);
    take_back();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reload_is_applied_or_taken_back),
        cmocka_unit_test(one_atom_is_changed_or_nothing_is),
    };

    json_set_alloc_funcs(nth_malloc_steady, nth_malloc_steady_free);
    return cmocka_run_group_tests(tests, make_host, drop_host);
}
