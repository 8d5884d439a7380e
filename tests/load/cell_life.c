#include "cell_life.h"

#include "load/cell.h"

struct cell_world world;

struct life life_of(struct plugin *plugin)
{
    struct life l = { .plugin = plugin };

    assert_non_null(plugin);
    l.atom = plugin_atom(plugin);
    return l;
}

struct life life_isolated(const char *exe, const char *so)
{
    struct kiri_error err = { 0 };
    struct plugin *p = plugin_open_isolated(exe, so, &err);

    if (!p)
        fail_msg("%s", err.text);
    return life_of(p);
}

int life_open(struct life *l)
{
    struct kiri_error err = { 0 };

    l->self = plugin_context(l->plugin);
    int rc = l->atom->open(&world.table, &l->self);
    plugin_trouble(l->plugin, l->self, &l->trouble);
    if (rc == KIRI_OK) {
        l->schema = plugin_schema(l->plugin, l->self, &err);
        if (!l->schema)
            fail_msg("%s", err.text);
        return rc;
    }
    l->atom->close(l->self);
    return rc;
}

int life_collect(struct life *l)
{
    l->obs = (struct kiri_obs){
        .size = sizeof l->obs, .n = l->schema->n_fields, .time_ms = 1234, .v = l->v
    };
    kiri_missing(l->schema, l->v);
    int rc = l->atom->collect(l->self, &l->obs);
    plugin_trouble(l->plugin, l->self, &l->trouble);
    return rc;
}

void life_end(struct life *l)
{
    if (l->schema)
        l->atom->close(l->self);
    plugin_schema_free(l->schema);
    plugin_unref(l->plugin);
    no_children_left();
}

struct life life_caged(void)
{
    struct life l = life_isolated(CELL_HELPER, ATOM("caged"));
    int rc = life_open(&l);

    if (rc != KIRI_OK)
        fail_msg("open: %d %s", rc, l.trouble.why);
    return l;
}

void life_behave(const char *mode, const char *where, const char *after)
{
    cell_world_init(&world);
    cell_world_options(&world, "mode", mode, "where", where, "after", after, "word",
                       "hello", "fifo", "", NULL);
}

struct life life_behaving(const char *mode, const char *where, const char *after)
{
    life_behave(mode, where, after);
    return life_caged();
}

struct life life_lying(const char *lie)
{
    char dir[] = "/tmp/kiri-cell-XXXXXX", exe[64];

    assert_non_null(mkdtemp(dir));
    snprintf(exe, sizeof exe, "%s/cell-%s", dir, lie);
    assert_int_equal(symlink(CELL_HELPER, exe), 0);
    cell_world_init(&world);
    struct life l = life_isolated(exe, ATOM("caged"));
    assert_int_equal(life_open(&l), KIRI_OK);
    assert_int_equal(life_collect(&l), KIRI_EIO);
    no_children_left();
    unlink(exe);
    rmdir(dir);
    return l;
}

void life_says(const struct life *l, const char *sentence)
{
    if (strncmp(l->trouble.why, sentence, strlen(sentence)) != 0)
        fail_msg("it says: %s\nnot: %s", l->trouble.why, sentence);
}
