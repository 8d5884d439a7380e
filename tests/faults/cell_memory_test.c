/*
 * cell_memory_test.c - A9: memory runs out at each request of the host's side of a cell:
 * what cannot go on says so, and nothing is left behind, no block, no child, no file.
 */
#include "load/cell_world.h"

#include "faults/nth_malloc.h"
#include "load/cell.h"

#include <kiri/schema.h>

#include <jansson.h>

static struct cell_world world;

/* open(), its schema, a row; and its end. */
static int live(struct plugin *p, struct kiri_error *err)
{
    const struct kiri_atom *a = plugin_atom(p);
    struct kiri_schema *s = NULL;
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_obs obs = { .size = sizeof obs, .n = 4, .v = v };
    void *self = plugin_context(p);
    int rc = a->open(&world.table, &self);

    if (rc == KIRI_OK && !(s = plugin_schema(p, self, err)))
        rc = KIRI_ENOMEM;
    if (rc == KIRI_OK)
        rc = a->collect(self, &obs);
    int failed = nth_malloc_stop();
    assert_true(rc == KIRI_OK || (failed && (rc == KIRI_ENOMEM || rc == KIRI_EIO)));
    a->close(self);
    plugin_schema_free(s);
    return rc == KIRI_OK ? 0 : -1;
}

static int attempt(void *ctx)
{
    struct kiri_error err = { 0 };
    unsigned files = *(unsigned *)ctx;
    struct plugin *p = plugin_open_isolated(CELL_HELPER, ATOM("caged"), &err);
    int rc = p ? live(p, &err) : -1;

    if (!p)
        assert_true(nth_malloc_stop() && err.text[0]);
    plugin_unref(p);
    no_children_left();
    assert_int_equal(open_files(), files);
    return rc;
}

static void a_cell_lives_or_says_why_not(void **state)
{
    unsigned files = open_files();
    long refused, tried;
    (void)state;

    cell_world_init(&world);
    cell_world_options(&world, "mode", "well", "where", "collect", "after", "0", "word",
                       "hello", "fifo", "", NULL);
    assert_int_equal(attempt(&files), 0); /* what libraries keep is there from now on */
    assert_int_equal(nth_malloc_sweep(attempt, &files, getenv("KIRI_FULL") ? 1 : 3,
                                      &refused, &tried),
                     0);
    assert_in_range(refused, 5, tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_lives_or_says_why_not),
    };

    json_set_alloc_funcs(nth_malloc_steady, nth_malloc_steady_free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
