/* schema_test.c - an instance's schema as our own, whoever made it and when. */
#include "room.h"

#include <kiri/schema.h>

struct loaded {
    struct plugin *plugin;
    void *self;
    struct kiri_schema *schema;
};

static struct loaded load(const char *path)
{
    static const struct kiri_host host = { .abi = KIRI_ABI, .size = sizeof host };
    struct kiri_error err = { 0 };
    struct loaded l = { .plugin = plugin_open(PROBE, path, &err) };

    if (!l.plugin)
        fail_msg("%s", err.text);
    assert_int_equal(plugin_atom(l.plugin)->open(&host, &l.self), KIRI_OK);
    l.schema = plugin_schema(l.plugin, l.self, &err);
    if (!l.schema)
        fail_msg("%s", err.text);
    return l;
}

static void unload(struct loaded *l)
{
    plugin_atom(l->plugin)->close(l->self);
    plugin_unref(l->plugin);
    plugin_schema_free(l->schema);
    plugin_schema_free(NULL);
}

static void is_good(const struct kiri_schema *s)
{
    assert_int_equal(s->size, sizeof *s);
    assert_int_equal(s->n_fields, 3);
    assert_int_equal(s->period_ms, 250);
    assert_int_equal(s->context, 3);
    assert_int_equal(s->aggregate, 0);
    assert_string_equal(s->fields[0].name, "count");
    assert_string_equal(s->fields[0].symbol, "N");
    assert_string_equal(s->fields[0].unit, "times");
    assert_string_equal(s->fields[0].help, "Collects so far.");
    assert_true(s->fields[0].hi == 100 && s->fields[0].buckets == 10);
    assert_null(s->fields[0].choices);
    assert_string_equal(s->fields[1].name, "mood");
    assert_null(s->fields[1].symbol);
    assert_int_equal(s->fields[1].flags, KIRI_ALWAYS);
    assert_string_equal(s->fields[1].choices[0], "calm");
    assert_string_equal(s->fields[1].choices[1], "wild");
    assert_null(s->fields[1].choices[2]);
    assert_string_equal(s->fields[2].name, "half");
    assert_int_equal(s->fields[2].scale, KIRI_LEARNED);
    assert_int_equal(kiri_schema_check(s, NULL, 0), 0);
}

static void a_schema_is_copied_whole(void **state)
{
    struct loaded l = load(ATOM("good"));
    (void)state;

    /* The copy outlives the plugin. */
    plugin_atom(l.plugin)->close(l.self);
    plugin_unref(l.plugin);
    is_good(l.schema);
    plugin_schema_free(l.schema);
}

static void a_newer_plugin_knows_more_than_we_do(void **state)
{
    struct loaded l = load(ATOM("good_wide")), same = load(ATOM("good"));
    const struct kiri_option *o = plugin_options(l.plugin);
    (void)state;

    assert_int_equal(plugin_atom(l.plugin)->field_size, sizeof(struct kiri_field) + 24);
    is_good(l.schema);
    assert_int_equal(kiri_schema_hash(l.schema), kiri_schema_hash(same.schema));
    assert_string_equal(o[0].name, "start");
    assert_string_equal(o[1].range, "1s..1d");
    assert_string_equal(o[2].help, "Something.");
    assert_null(o[3].name);
    unload(&l);
    unload(&same);
}

static void an_older_plugin_knows_less(void **state)
{
    struct loaded l = load(ATOM("good_narrow"));
    const struct kiri_atom *a = plugin_atom(l.plugin);
    const struct kiri_schema *s = l.schema;
    (void)state;

    assert_int_equal(a->field_size, 64);
    assert_null(a->tokenize);
    assert_null(a->lessons);
    assert_int_equal(s->size, sizeof *s);
    assert_int_equal(s->n_fields, 2);
    assert_int_equal(s->period_ms, 250);
    assert_int_equal(s->context, 0);
    assert_string_equal(s->fields[0].name, "count");
    assert_true(s->fields[0].hi == 100);
    assert_int_equal(s->fields[0].max_len, 0);
    assert_null(s->fields[0].choices);
    assert_string_equal(s->fields[1].name, "half");
    assert_int_equal(s->fields[1].scale, KIRI_LEARNED);
    unload(&l);
}

static void a_bad_schema_is_refused_with_its_field(void **state)
{
    static const struct kiri_host host = { .abi = KIRI_ABI, .size = sizeof host };
    struct kiri_error err = { 0 };
    struct plugin *p = plugin_open(PROBE, ATOM("bad_schema"), &err);
    void *self = NULL;
    (void)state;

    assert_non_null(p);
    assert_int_equal(plugin_atom(p)->open(&host, &self), KIRI_OK);
    assert_null(plugin_schema(p, self, &err));
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_string_equal(err.text,
                        ATOM("bad_schema") ": its schema is not valid: cpu: lo must "
                                           "be < hi");
    plugin_atom(p)->close(self);
    plugin_unref(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_is_copied_whole),
        cmocka_unit_test(a_newer_plugin_knows_more_than_we_do),
        cmocka_unit_test(an_older_plugin_knows_less),
        cmocka_unit_test(a_bad_schema_is_refused_with_its_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
