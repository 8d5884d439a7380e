/*
 * memory_test.c - A9: memory runs out at the Nth request of opening a model, a stream, a
 * store, a plugin: refused with a sentence or done, and nothing is left behind.
 * (tests/conf/memory_test.c: a molecule's file.)
 */
#include "faults/nth_malloc.h"

#include "base/log.h"
#include "flow/keep.h"
#include "load/plugin.h"
#include "model/weights.h"
#include "store/store.h"

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

#define PROBE KIRI_BUILD_DIR "/tests/load/probe-helper"
#define GOOD  KIRI_BUILD_DIR "/tests/faults/atoms/good.so"

static const char *const words[] = { "up", "down", NULL };
static const struct kiri_field fields[] = {
    { .name = "x", .symbol = "X", .kind = KIRI_NUMBER, .hi = 1, .buckets = 4 },
    { .name = "y", .symbol = "Y", .kind = KIRI_CHOICE, .choices = words },
};
static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 2, .fields = fields, .context = 4
};
static const struct stream_options options = { .seed = 1, .warmup = 50 };

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/kiri-memory-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
    static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
    char path[128];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static void sweep(nth_malloc_attempt *attempt, void *ctx, long stride)
{
    long refused, tried;

    assert_int_equal(nth_malloc_sweep(attempt, ctx, stride, &refused, &tried), 0);
    printf("%ld attempts, %ld refused\n", tried, refused);
    assert_true(tried > 0);
}

/* A stream that has lived, and its file. */
static struct stream *lived(void **file, size_t *len)
{
    struct stream *s = stream_new(&schema, &options, NULL, 0);
    struct verdict verdict;
    struct stream_lesson lesson;
    union kiri_value v[2];

    assert_non_null(s);
    for (uint64_t i = 1; i <= 200; i++) {
        struct stream_row row = { .id = i, .v = v };

        v[0].num = (double)(i % 7) / 7;
        v[1].choice = (int32_t)(i % 2);
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &row, &verdict), 0);
    }
    *file = keep_save(s, "x", len);
    assert_non_null(*file);
    return s;
}

struct model {
    const void *file;
    size_t len;
    struct stream *stream;
};

static int read_weights(void *ctx)
{
    const struct model *m = ctx;
    struct kiri_error err = { 0 };
    struct safetensors *s = safetensors_parse(m->file, m->len, &err);
    struct gpt *g = s ? weights_get(s, &err) : NULL;
    int failed = nth_malloc_stop();

    assert_true(g || (failed && err.text[0]));
    gpt_free(g);
    safetensors_free(s);
    return g ? 0 : -1;
}

static int load_model(void *ctx)
{
    const struct model *m = ctx;
    struct stream *s;
    struct stream_facts facts;
    struct kiri_error err = { 0 };
    char why[200] = "";
    int rc = -1, failed;

    s = stream_new(&schema, &options, why, sizeof why);
    if (s)
        rc = keep_load(s, m->file, m->len, NULL, &err);
    failed = nth_malloc_stop();
    assert_true(rc == 0 || (failed && (s ? err.text[0] : why[0])));
    if (s)
        stream_facts(s, &facts);
    if (s && rc)
        assert_true(facts.rows == 0 && facts.gen == 0); /* as it was */
    stream_free(s);
    return rc;
}

static int save_model(void *ctx)
{
    const struct model *m = ctx;
    size_t len;
    void *file = keep_save(m->stream, "x", &len);
    int failed = nth_malloc_stop(), same = file && len == m->len;

    assert_true(file || failed);
    if (file)
        assert_true(same && memcmp(file, m->file, len) == 0);
    free(file);
    return file ? 0 : -1;
}

static void a_model_is_loaded_or_refused_whole(void **state)
{
    void *file;
    struct model m;
    (void)state;

    m.stream = lived(&file, &m.len);
    m.file = file;
    sweep(read_weights, &m, 1);
    sweep(load_model, &m, 1);
    sweep(save_model, &m, 1);
    stream_free(m.stream);
    free(file);
}

static int open_store(void *ctx)
{
    struct kiri_error err = { 0 };
    struct store *s = store_open(dir, NULL, &err);
    int failed = nth_malloc_stop();

    (void)ctx;
    assert_true(s || (failed && err.text[0]));
    store_close(s, 1000);
    return s ? 0 : -1;
}

static void a_store_is_opened_or_refused(void **state)
{
    (void)state;
    log_threshold(LOG_AT_ERROR);                           /* it warns each time */
    sweep(open_store, NULL, getenv("KIRI_FULL") ? 1 : 13); /* it syncs each time */
}

static int open_plugin(void *ctx)
{
    struct kiri_error err = { 0 };
    struct plugin *p = plugin_open(PROBE, GOOD, &err);
    int failed = nth_malloc_stop();

    (void)ctx;
    assert_true(p || (failed && err.text[0]));
    plugin_unref(p);
    return p ? 0 : -1;
}

static int probe_plugin(void *ctx)
{
    struct plugin_probe probe = { 0 };
    struct kiri_error err = { 0 };
    int rc = plugin_probe(PROBE, GOOD, &probe, &err), failed = nth_malloc_stop();

    (void)ctx;
    assert_true(rc == 0 || (failed && err.text[0]));
    plugin_probe_free(&probe);
    return rc;
}

/* glibc 2.36's dlopen leaves a block behind when its own request fails, so that opening
 * is swept only where it is spared. */
static void a_plugin_is_opened_or_refused(void **state)
{
    (void)state;
    sweep(probe_plugin, NULL, 1);
    if (nth_malloc_spares_libraries())
        sweep(open_plugin, NULL, 1);
    else
        assert_int_equal(open_plugin(NULL), 0);
}

static void a_schema_needs_no_memory_at_all(void **state)
{
    union kiri_value v[2] = { { .num = .5 }, { .choice = 1 } };
    struct kiri_token token[4];
    char why[200], word[KIRI_WORD_CAP];
    (void)state;

    nth_malloc_fail(1, 1);
    kiri_schema_check(&schema, why, sizeof why);
    kiri_schema_hash(&schema);
    kiri_tokenize(&schema, v, token, 4, NULL);
    kiri_word(&schema, 1, word, sizeof word);
    assert_false(nth_malloc_stop());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_is_loaded_or_refused_whole),
        cmocka_unit_test(a_store_is_opened_or_refused),
        cmocka_unit_test(a_plugin_is_opened_or_refused),
        cmocka_unit_test(a_schema_needs_no_memory_at_all),
    };

    json_set_alloc_funcs(nth_malloc_steady, nth_malloc_steady_free);
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
