/*
 * plugins_test.c - B11: what was built against the header of version 1, of today and of
 * tomorrow is the same atom to today's host.
 * usage: plugins_test FOLDER NAME..., where FOLDER/{v1,today,next}/NAME.so are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/plugin.h"

#include <kiri/testing.h>

#include <math.h>
#include <string.h>

#define PROBE KIRI_BUILD_DIR "/tests/load/probe-helper"

static const char *const makers[] = { "v1", "today", "next" };
static const char *folder;
static char **names;

/* One atom in this host: opened with its defaults. */
struct guest {
    struct plugin *plugin;
    struct kiri_schema *schema; /* NULL: open() said no */
    struct kiri_test *services;
    void *self;
    int opened;
};

static struct guest invite(const char *maker, const char *name)
{
    struct kiri_error err = { 0 };
    struct guest g = { 0 };
    char path[512];

    snprintf(path, sizeof path, "%s/%s/%s.so", folder, maker, name);
    g.plugin = plugin_open(PROBE, path, &err);
    if (!g.plugin)
        fail_msg("%s", err.text);
    g.services = kiri_test_new(plugin_atom(g.plugin));
    g.opened = plugin_atom(g.plugin)->open(&g.services->host, &g.self);
    if (g.opened == KIRI_OK) {
        g.schema = plugin_schema(g.plugin, g.self, &err);
        if (!g.schema)
            fail_msg("%s", err.text);
    }
    return g;
}

static void dismiss(struct guest *g)
{
    plugin_atom(g->plugin)->close(g->self);
    plugin_schema_free(g->schema);
    g->self = NULL;
    kiri_test_done(g->services); /* closes NULL once more: that is fine, too */
    plugin_unref(g->plugin);
}

static int collect(struct guest *g, union kiri_value *v, struct kiri_obs *row)
{
    *row = (struct kiri_obs){ .size = sizeof *row, .n = g->schema->n_fields, .v = v };
    kiri_missing(g->schema, v);
    return plugin_atom(g->plugin)->collect(g->self, row);
}

static void are_the_same(const struct guest *a, const struct guest *b, const char *name)
{
    const struct kiri_option *o = plugin_options(a->plugin);
    const struct kiri_option *p = plugin_options(b->plugin);

    assert_string_equal(plugin_atom(a->plugin)->name, plugin_atom(b->plugin)->name);
    for (; o->name && p->name; o++, p++) {
        assert_string_equal(o->name, p->name);
        assert_int_equal(o->type, p->type);
    }
    assert_true(!o->name && !p->name);
    if (a->opened != b->opened)
        fail_msg("%s: open says %d and %d", name, a->opened, b->opened);
    if (a->schema)
        assert_int_equal(kiri_schema_hash(a->schema), kiri_schema_hash(b->schema));
}

static void every_plugin_is_the_same_whoever_built_it(void **state)
{
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_obs row;
    (void)state;

    for (char **name = names; *name; name++) {
        struct guest today = invite("today", *name);

        for (size_t m = 0; m < sizeof makers / sizeof *makers; m++) {
            struct guest g = invite(makers[m], *name);

            are_the_same(&today, &g, *name);
            for (int i = 0; g.schema && i < 5; i++)
                assert_in_range(collect(&g, v, &row) - KIRI_EBUG, 0,
                                KIRI_NONE - KIRI_EBUG);
            dismiss(&g);
        }
        dismiss(&today);
    }
}

static void all_of_the_contract_works_whoever_built_it(void **state)
{
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_obs row;
    (void)state;

    for (size_t m = 0; m < sizeof makers / sizeof *makers; m++) {
        struct guest g = invite(makers[m], "whole");

        assert_int_equal(g.schema->n_fields, 9);
        assert_string_equal(g.schema->fields[8].name, "verb");
        for (int i = 1; i <= 6; i++) {
            assert_int_equal(collect(&g, v, &row), i % 3 ? KIRI_OK : KIRI_MORE);
            assert_true(v[0].num == i && v[1].num == 10 * i && v[2].num == i / 2.0);
            assert_int_equal(v[3].choice, i % 2);
            assert_memory_equal(v[4].text.ptr, "row ", 4);
            assert_string_equal(v[5].words.ptr[1], "one");
            assert_int_equal(v[6].choice, -1);
            assert_memory_equal(row.label, "row ", 4);
        }
        assert_int_equal(g.services->notes, 6);
        assert_string_equal(g.services->body, "one more");
        assert_string_equal(g.services->line, "open after 0");
        assert_int_equal(plugin_atom(g.plugin)->fd(g.self), -1);
        assert_int_equal(g.services->broken, 0);
        dismiss(&g);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plugin_is_the_same_whoever_built_it),
        cmocka_unit_test(all_of_the_contract_works_whoever_built_it),
    };

    if (argc < 3)
        return fprintf(stderr, "usage: %s FOLDER NAME...\n", argv[0]), 64;
    folder = argv[1];
    names = argv + 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
