/* parts_test.c - listeners, retention, who may write to a file, what is the same atom. */
#include "room.h"

static struct conf *read_good(const char *text)
{
    struct conf_errors e = { 0 };
    struct conf *c;

    room_write(text);
    c = conf_read(room_file, &e);
    if (!c || e.n)
        fail_msg("%s\n%s", text, buf_text(&e.text));
    return c;
}

static void every_scheme_has_what_it_needs(void **state)
{
    struct conf *c = read_good("bus:\n"
                               "  socket-mode: 0660\n"
                               "  listen:\n"
                               "    - ipc://~/bus\n"
                               "    - { url: \"tcp://127.0.0.1:4711\" }\n"
                               "    - { url: \"tls+tcp://[::]:4712\", cert: c.pem,\n"
                               "        key: ~/k.pem }\n"
                               "    - url: ws://*:4713/kiri\n"
                               "      token: 0123456789abcdef\n"
                               "      origins: [http://localhost:8080, https://x.org]\n"
                               "atoms: { pulse: }\n");
    const struct conf_listen *l = c->listen;
    char path[128];
    (void)state;

    assert_int_equal(c->n_listen, 4);
    assert_int_equal(c->socket_mode, 0660);
    assert_string_equal(l[0].url, "ipc:///home/someone/bus");
    assert_true(l[0].line == 4 && l[0].col == 7 && !l[0].cert && !l[0].token);
    assert_string_equal(l[1].url, "tcp://127.0.0.1:4711");
    assert_string_equal(l[2].url, "tls+tcp://[::]:4712");
    snprintf(path, sizeof path, "%s/c.pem", room_dir);
    assert_string_equal(l[2].cert, path);
    assert_string_equal(l[2].key, "/home/someone/k.pem");
    assert_string_equal(l[3].url, "ws://*:4713/kiri");
    assert_string_equal(l[3].token, "0123456789abcdef");
    assert_string_equal(l[3].origins[0], "http://localhost:8080");
    assert_string_equal(l[3].origins[1], "https://x.org");
    assert_null(l[3].origins[2]);
    assert_string_equal(c->warnings, "");
    conf_free(c);
}

static void an_open_door_is_a_warning(void **state)
{
    struct conf *c = read_good("bus: { listen: [\"tcp://0.0.0.0:4711\"] }\n"
                               "atoms: { pulse: }\n");
    (void)state;

    assert_non_null(strstr(c->warnings, "m.yaml:1:17: tcp://0.0.0.0:4711: whoever can "
                                        "connect there hears everything"));
    conf_free(c);
}

static void a_token_that_others_may_read_is_a_warning_and_never_shown(void **state)
{
    static const char text[] = "bus: { listen: [{ url: \"ws://h:1\", token: %s,\n"
                               "   origins: [http://x] }] }\natoms: { pulse: }\n";
    struct conf_errors e = { 0 };
    char full[256];
    struct conf *c;
    (void)state;

    snprintf(full, sizeof full, text, "secretsecretsecret");
    room_write(full);
    assert_int_equal(chmod(room_file, 0644), 0);
    c = conf_read(room_file, &e);
    assert_non_null(c);
    assert_non_null(strstr(c->warnings, "1:43: others may read this file"));
    assert_null(strstr(c->warnings, "secretsecret"));
    conf_free(c);

    setenv("KIRI_TOKEN", "secretsecretsecret", 1);
    snprintf(full, sizeof full, text, "\"${env:KIRI_TOKEN}\"");
    room_write(full);
    assert_int_equal(chmod(room_file, 0644), 0);
    c = conf_read(room_file, &e);
    assert_non_null(c);
    assert_string_equal(c->warnings, "");
    conf_free(c);

    setenv("KIRI_TOKEN", "secret", 1);
    assert_null(conf_read(room_file, &e));
    assert_null(strstr(e.text.data, "`secret`"));
    conf_errors_free(&e);
}

static void retention_is_said_in_units(void **state)
{
    struct conf *c = read_good("retention: { journal: 2h, journal-size: 32MiB, "
                               "observations: 30d, scores: 1y, roll-up: 1w, size: 1GB }\n"
                               "atoms: { pulse: }\n");
    const struct conf_retention *r = &c->retention;
    (void)state;

    assert_int_equal(r->journal_ms, 7200000);
    assert_int_equal(r->journal_bytes, 33554432);
    assert_int_equal(r->observations_ms, 2592000000);
    assert_int_equal(r->scores_ms, 31536000000);
    assert_int_equal(r->rollup_after_ms, 604800000);
    assert_int_equal(r->size_bytes, 1000000000);
    conf_free(c);
    c = read_good("retention: {}\natoms: { pulse: }\n");
    assert_int_equal(c->retention.journal_ms, 0);
    assert_int_equal(c->socket_mode, 0600);
    conf_free(c);
}

static void only_what_others_cannot_change_is_trusted(void **state)
{
    uid_t us = geteuid();
    gid_t group = getegid();
    const struct {
        mode_t mode;
        uid_t uid;
        gid_t gid;
        int guard;
        const char *why;
    } cases[] = {
        { 0600, us, group, 0, NULL },
        { 0644, 0, group, 0, NULL },
        { 0664, us, group, 0, NULL }, /* a group of one's own, as Debian makes it */
        { 0664, us, group + 1, 1, "its group (gid" },
        { 0602, us, group, -1, "anybody may write to it (mode 0602): chmod o-w x" },
        { 0600, us + 1, group, 1, "it belongs to uid" },
        { 0602, us + 1, group + 1, -1, "anybody may write" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stat st = { .st_mode = S_IFREG | cases[i].mode,
                           .st_uid = cases[i].uid,
                           .st_gid = cases[i].gid };
        char why[256] = "";

        assert_int_equal(conf_guard("x", &st, why, sizeof why), cases[i].guard);
        if (cases[i].why)
            assert_ptr_equal(strstr(why, cases[i].why), why);
    }
}

static void an_atom_is_the_same_when_nothing_about_it_changed(void **state)
{
    static const struct {
        const char *a, *b;
        int same;
    } cases[] = {
        { "x: 1, y: [2]", "y: [2], x: 1", 1 },
        { "every: 1s", "every: 1000ms", 1 },
        { "alarm: 1/day", "alarm: 1/24h", 1 },
        { "learn: { warmup: 750 }", "plugin: a", 1 },
        { "x: 1", "x: 2", 0 },
        { "x: 1", "x: 1, y: 2", 0 },
        { "x: 1", "y: 1", 0 },
        { "x: [1]", "x: 1", 0 },
        { "every: 1s", "every: 2s", 0 },
        { "alarm: 1/day", "alarm: 2/day", 0 },
        { "learn: off", "learn: {}", 0 },
        { "learn: { warmup: 51 }", "learn: { warmup: 52 }", 0 },
        { "learn: { share: 25%, hold: 24h }", "learn: {}", 1 },
        { "learn: { share: 25% }", "learn: { share: 26% }", 0 },
        { "learn: { hold: 0s }", "learn: { hold: 1ms }", 0 },
        { "plugin: b", "plugin: c", 0 },
        { "isolate: none", "plugin: a", 1 },
        { "isolate: process", "isolate: none", 0 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[128];
        struct conf *a, *b;

        snprintf(text, sizeof text, "atoms: { a: { %s } }\n", cases[i].a);
        a = read_good(text);
        snprintf(text, sizeof text, "# other lines\natoms:\n  a: { %s }\n", cases[i].b);
        b = read_good(text);
        if (conf_atom_same(&a->atoms[0], &b->atoms[0]) != cases[i].same)
            fail_msg("{ %s } and { %s }", cases[i].a, cases[i].b);
        conf_free(a);
        conf_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme_has_what_it_needs),
        cmocka_unit_test(an_open_door_is_a_warning),
        cmocka_unit_test(a_token_that_others_may_read_is_a_warning_and_never_shown),
        cmocka_unit_test(retention_is_said_in_units),
        cmocka_unit_test(only_what_others_cannot_change_is_trusted),
        cmocka_unit_test(an_atom_is_the_same_when_nothing_about_it_changed),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
