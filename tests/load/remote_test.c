/* remote_test.c - plugin: remote, which only knows the schema that it was told. */
#include "room.h"

#include "load/remote.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char schema[] = "{\"fields\":[{\"name\":\"soil\",\"lo\":0,\"hi\":100}]}";

/* A small state in memory. */
struct pairs {
    struct {
        char key[64];
        char value[4096];
        uint32_t len;
    } pair[64];
    uint32_t n;
    const char *file;
    char said[1024];
};

static int get(void *ctx, const char *key, void *buf, uint32_t cap)
{
    struct pairs *p = ctx;

    for (uint32_t i = 0; i < p->n; i++)
        if (strcmp(p->pair[i].key, key) == 0) {
            memcpy(buf, p->pair[i].value, cap < p->pair[i].len ? cap : p->pair[i].len);
            return (int)p->pair[i].len;
        }
    return 0;
}

static int put(void *ctx, const char *key, const void *buf, uint32_t len)
{
    struct pairs *p = ctx;
    uint32_t i = 0;

    assert_true(len <= sizeof p->pair[0].value);
    while (i < p->n && strcmp(p->pair[i].key, key) != 0)
        i++;
    if (i == sizeof p->pair / sizeof *p->pair)
        return KIRI_ENOMEM;
    p->n += i == p->n;
    snprintf(p->pair[i].key, sizeof p->pair[i].key, "%s", key);
    memcpy(p->pair[i].value, buf, len);
    p->pair[i].len = len;
    return KIRI_OK;
}

static const char *option(void *ctx, const char *name)
{
    const struct pairs *p = ctx;

    return strcmp(name, "schema") == 0 ? (p->file ? p->file : "") : NULL;
}

static void say(void *ctx, int level, const char *line)
{
    struct pairs *p = ctx;

    (void)level;
    snprintf(p->said, sizeof p->said, "%s", line);
}

static struct kiri_host host_of(struct pairs *p)
{
    return (struct kiri_host){ .abi = KIRI_ABI,
                               .size = sizeof(struct kiri_host),
                               .ctx = p,
                               .log = say,
                               .option = option,
                               .kv_get = get,
                               .kv_put = put };
}

static int open_with(struct pairs *p, struct kiri_schema **s)
{
    const struct kiri_host host = host_of(p);
    struct kiri_error err = { 0 };
    char *file = plugin_find("remote", NULL, &err);
    struct plugin *plugin = file ? plugin_open("/nowhere", file, &err) : NULL;
    void *self;

    if (!plugin)
        fail_msg("%s", err.text);
    assert_true(remote_is(plugin));
    assert_false(plugin_changed(plugin));
    self = plugin_context(plugin);
    int rc = plugin_atom(plugin)->open(&host, &self);
    struct plugin_trouble trouble;
    if (rc == KIRI_OK)
        *s = plugin_schema(plugin, self, &err);
    plugin_trouble(plugin, self, &trouble);
    snprintf(p->said, sizeof p->said, "%s", trouble.why);
    plugin_atom(plugin)->close(self);
    plugin_unref(plugin);
    free(file);
    return rc;
}

static void without_a_schema_it_is_not_open_yet(void **state)
{
    struct pairs p = { 0 };
    struct kiri_schema *s;

    (void)state;
    assert_int_equal(open_with(&p, &s), KIRI_NONE);
}

static void it_knows_the_schema_that_was_kept(void **state)
{
    struct pairs p = { 0 };
    struct kiri_schema *s = NULL;

    (void)state;
    assert_int_equal(remote_keep(put, &p, schema, strlen(schema)), KIRI_OK);
    assert_int_equal(open_with(&p, &s), KIRI_OK);
    assert_non_null(s);
    assert_string_equal(s->fields[0].name, "soil");
    plugin_schema_free(s);
}

static void a_long_schema_is_kept_in_parts(void **state)
{
    static const size_t lengths[] = {
        1, 4071, 4072, 4073, 8168, 30000, REMOTE_SCHEMA_MOST
    };
    char *text = malloc(REMOTE_SCHEMA_MOST + 1);

    (void)state;
    for (size_t i = 0; i <= REMOTE_SCHEMA_MOST; i++)
        text[i] = (char)('a' + i % 23);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct pairs p = { 0 };
        size_t len = 0;
        assert_int_equal(remote_keep(put, &p, text, lengths[i]), KIRI_OK);
        char *back = remote_recall(get, &p, &len);
        assert_non_null(back);
        assert_int_equal(len, lengths[i]);
        assert_memory_equal(back, text, len);
        free(back);
        /* a shorter one after it does not end in its rest */
        assert_int_equal(remote_keep(put, &p, schema, strlen(schema)), KIRI_OK);
        back = remote_recall(get, &p, &len);
        assert_string_equal(back, schema);
        free(back);
    }
    struct pairs p = { 0 };
    assert_int_equal(remote_keep(put, &p, text, REMOTE_SCHEMA_MOST + 1), KIRI_ENOMEM);
    free(text);
}

static void a_schema_that_is_not_whole_is_none(void **state)
{
    struct pairs p = { 0 };
    char text[9000];
    size_t len;

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(remote_keep(put, &p, text, sizeof text), KIRI_OK);
    p.pair[1].value[100] = 'y';
    assert_null(remote_recall(get, &p, &len));
    p.pair[1].value[100] = 'x';
    char *back = remote_recall(get, &p, &len);
    assert_non_null(back);
    free(back);
    p.n = 2; /* the last part never came to the disk */
    assert_null(remote_recall(get, &p, &len));
    p.pair[0].value[3] = 'x';
    assert_null(remote_recall(get, &p, &len));
}

static void the_yaml_may_name_a_file(void **state)
{
    char path[] = "/tmp/kiri-remote-test-XXXXXX";
    int fd = mkstemp(path);
    struct pairs p = { .file = path };
    struct kiri_schema *s = NULL;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, schema, strlen(schema)), (ssize_t)strlen(schema));
    assert_int_equal(open_with(&p, &s), KIRI_OK);
    assert_string_equal(s->fields[0].name, "soil");
    plugin_schema_free(s);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(open_with(&p, &s), KIRI_ECONFIG);
    assert_non_null(strstr(p.said, path));
    close(fd);
    unlink(path);
    assert_int_equal(open_with(&p, &s), KIRI_ECONFIG);
    assert_non_null(strstr(p.said, path));
}

static void a_probe_of_it_starts_no_child(void **state)
{
    struct plugin_probe probe;
    struct kiri_error err;

    (void)state;
    assert_int_equal(plugin_probe("/nowhere", REMOTE_PATH, &probe, &err), 0);
    assert_string_equal(probe.name, "remote");
    assert_string_equal(probe.options[0].name, "schema");
    assert_null(probe.options[1].name);
    plugin_probe_free(&probe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_schema_it_is_not_open_yet),
        cmocka_unit_test(it_knows_the_schema_that_was_kept),
        cmocka_unit_test(a_long_schema_is_kept_in_parts),
        cmocka_unit_test(a_schema_that_is_not_whole_is_none),
        cmocka_unit_test(the_yaml_may_name_a_file),
        cmocka_unit_test(a_probe_of_it_starts_no_child),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
