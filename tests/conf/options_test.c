/* options_test.c - an atom's options against a plugin's table. */
#include "room.h"

static const struct kiri_option table[] = {
    { "name", KIRI_OPT_TEXT, "", NULL, "What it is called." },
    { "ratio", KIRI_OPT_NUMBER, "0.5", "0..1", "How much of it." },
    { "count", KIRI_OPT_INTEGER, "8", "1..64", "How many." },
    { "deep", KIRI_OPT_BOOL, "false", NULL, NULL },
    { "language", KIRI_OPT_CHOICE, "default", "default|classic",
      "Which words it speaks." },
    { "pause", KIRI_OPT_DURATION, "1s", "100ms..1d", NULL },
    { "procfs", KIRI_OPT_PATH, "/proc", NULL, "Where procfs is." },
    { "url", KIRI_OPT_URL, "", NULL, NULL },
    { "bus", KIRI_OPT_BUS, "unix:path=/run/dbus", NULL, NULL },
    { "free", KIRI_OPT_NUMBER, "1", NULL, NULL },
    { "watch", KIRI_OPT_PATHS, "~/new", NULL, "The folders to watch." },
    { .name = NULL },
};

/* "atoms: { pulse: { <options> } }": its first option begins at 1:19. */
static struct conf *read_options(const char *options)
{
    struct conf_errors e = { 0 };
    char text[1024];
    struct conf *c;

    snprintf(text, sizeof text, "atoms: { pulse: { %s } }\n", options);
    room_write(text);
    c = conf_read(room_file, &e);
    if (!c)
        fail_msg("%s", buf_text(&e.text));
    return c;
}

static void options_of_every_type_are_accepted(void **state)
{
    static const char *const good[] = {
        "",
        "name: anything",
        "name: ''",
        "name: \"two words\"",
        "ratio: 0",
        "ratio: 1",
        "ratio: .25",
        "ratio: 1e-3",
        "count: 1",
        "count: 64",
        "deep: true",
        "deep: false",
        "language: classic",
        "pause: 100ms",
        "pause: 1d",
        "procfs: /x",
        "procfs: ~/x",
        "url: https://example.org/",
        "bus: unix:path=/x",
        "free: -17.5",
        "watch: /x",
        "watch: [/x]",
        "watch: [~/x, 'two words', ../y]",
        "count: 3, ratio: 1, deep: true, every: 5s, alarm: 1/day, learn: off",
    };
    (void)state;

    for (size_t i = 0; i < COUNT(good); i++) {
        struct conf_errors e = { 0 };
        struct conf *c = read_options(good[i]);

        if (conf_options(&c->atoms[0], table, &e))
            fail_msg("%s: %s", good[i], buf_text(&e.text));
        conf_free(c);
    }
}

static const struct {
    const char *options, *part;
} broken[] = {
    { "coutn: 3", "1:19: unknown key `coutn`, did you mean `count`?" },
    { "evry: 5s", "1:19: unknown key `evry`, did you mean `every`?" },
    { "alarms: 1/day", "1:19: unknown key `alarms`, did you mean `alarm`?" },
    { "periood: 5s",
      "1:19: unknown key `periood`: allowed are plugin, every, alarm, learn, isolate, "
      "name, "
      "ratio, count, deep, language, pause, procfs, url, bus, free and watch" },
    { "count: 0", "1:26: `count`: 0 is not in 1..64 (How many.)" },
    { "count: 65", "1:26: `count`: 65 is not in 1..64 (How many.)" },
    { "count: 2.5", "1:26: `count`: 2.5 is not a whole number in 1..64 (How many.)" },
    { "count: many", "1:26: `count`: many is not a whole number in 1..64" },
    { "count: 99999999999999999999",
      "1:26: `count`: 99999999999999999999 is not a whole" },
    { "count: ''", "1:26: `count`: it is empty; say a whole number" },
    { "count: [1]",
      "1:26: `count` takes a whole number, not a list or a mapping (How many.)" },
    { "count: {a: 1}", "1:26: `count` takes a whole number, not a list or a mapping" },
    { "ratio: 1.01", "1:26: `ratio`: 1.01 is not in 0..1 (How much of it.)" },
    { "ratio: nan", "1:26: `ratio`: nan is not a number in 0..1" },
    { "ratio: inf", "1:26: `ratio`: inf is not a number" },
    { "ratio: 0x1", "1:26: `ratio`: 0x1 is not a number" },
    { "ratio: 1e999", "1:26: `ratio`: 1e999 is not a number" },
    { "ratio: 50%", "1:26: `ratio`: 50% is not a number" },
    { "free: x", "1:25: `free`: x is not a number" },
    { "deep: yes", "1:25: `deep`: yes is not true or false" },
    { "deep: 1", "1:25: `deep`: 1 is not true or false" },
    { "deep: ", ": `deep`: it is empty; say true or false" },
    { "language: clasic",
      "1:29: `language`: clasic is not one of default|classic, did you mean "
      "`classic`? (Which words it speaks.)" },
    { "language: french",
      "1:29: `language`: french is not one of default|classic (Which" },
    { "language: ", ": `language`: it is empty; say one of default|classic" },
    { "language: default|classic", "1:29: `language`: default|classic is not one of" },
    { "pause: 99ms", "1:26: `pause`: 99ms is not in 100ms..1d" },
    { "pause: soon",
      "1:26: `pause`: soon is not a duration such as 250ms, 5s, 10m or 8h in" },
    { "pause: 5", "1:26: `pause`: 5 is not a duration" },
    { "procfs: ''", "1:27: `procfs`: it is empty; say a path (Where procfs is.)" },
    { "name: [a, b]",
      "1:25: `name` takes a text, not a list or a mapping (What it is called.)" },
    { "url: [a]", "1:24: `url` takes a URL, not a list" },
    { "watch: ''", "1:26: `watch`: it is empty; say a path or a list of paths (The" },
    { "watch: []",
      "1:26: `watch` takes a path or a list of paths, not a mapping, nor a" },
    { "watch: {a: /x}", "1:26: `watch` takes a path or a list of paths, not a mapping" },
    { "watch: [/x, [/y]]",
      "1:26: `watch` takes a path or a list of paths, not a mapping" },
    { "watch: [/x, '']", "1:26: `watch`: it is empty; say a path or a list of paths" },
    { "watch: \"/x\\n/y\"",
      "1:26: `watch`: a path here cannot have a line break in it: rename that folder" },
    { "watch: [/x, \"/a\\nb\"]", "1:26: `watch`: a path here cannot have a line break" },
    { "procfs: [/x]", "1:27: `procfs` takes a path, not a list or a mapping" },
    { "count: \"\\e[31m\"", "1:26: `count`: \\x1b[31m is not a whole number" },
};

static void wrong_options_are_refused_with_range_and_help(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(broken); i++) {
        struct conf_errors e = { 0 };
        struct conf *c = read_options(broken[i].options);

        if (conf_options(&c->atoms[0], table, &e) != 1 ||
            !says(&e, room_file, broken[i].part))
            fail_msg("%s\nexpected: %s\ngot: %s", broken[i].options, broken[i].part,
                     buf_text(&e.text));
        conf_errors_free(&e);
        conf_free(c);
    }
}

static void all_wrong_options_are_said_at_once(void **state)
{
    struct conf_errors e = { 0 };
    struct conf *c = read_options("count: 0, xyzzy: 1, ratio: 7, deep: maybe");
    (void)state;

    assert_int_equal(conf_options(&c->atoms[0], table, &e), 4);
    assert_int_equal(e.n, 4);
    conf_errors_free(&e);
    conf_free(c);
}

static void a_required_option_is_missed_where_its_atom_stands(void **state)
{
    static const struct kiri_option needs[] = {
        { "watch", KIRI_OPT_PATH, NULL, NULL, "The folder to watch." },
        { "mode", KIRI_OPT_CHOICE, NULL, "fast|slow", NULL },
        { .name = NULL },
    };
    struct conf_errors e = { 0 };
    struct conf *c = read_options("");
    (void)state;

    assert_int_equal(conf_options(&c->atoms[0], needs, &e), 2);
    assert_true(says(&e, room_file,
                     "1:10: atom `pulse` needs `watch`: a path (The folder to watch.)"));
    assert_true(says(&e, room_file, "1:10: atom `pulse` needs `mode`: one of fast|slow"));
    conf_errors_free(&e);
    conf_free(c);
    c = read_options("watch: /x, mode: slow");
    assert_int_equal(conf_options(&c->atoms[0], needs, &e), 0);
    conf_free(c);
}

static void a_plugin_without_options_takes_none(void **state)
{
    static const struct kiri_option none[] = { { .name = NULL } };
    struct conf_errors e = { 0 };
    struct conf *c = read_options("procfs: /proc");
    (void)state;

    assert_int_equal(conf_options(&c->atoms[0], none, &e), 1);
    assert_true(says(&e, room_file,
                     "1:19: unknown key `procfs`: allowed are plugin, every, alarm, "
                     "learn and isolate"));
    conf_errors_free(&e);
    conf_free(c);
}

static void is(char *made, const char *expected)
{
    if (!expected)
        assert_null(made);
    else
        assert_string_equal(made ? made : "(none)", expected);
    free(made);
}

static void values_come_from_the_file_or_the_fallback(void **state)
{
    struct conf *c = read_options("count: 3, procfs: ~/proc, name: ''");
    const struct conf_atom *a = &c->atoms[0];
    char relative[128];
    (void)state;

    is(conf_option_value(a, table, "count"), "3");
    is(conf_option_value(a, table, "ratio"), "0.5");
    is(conf_option_value(a, table, "procfs"), "/home/someone/proc");
    is(conf_option_value(a, table, "name"), "");
    is(conf_option_value(a, table, "url"), "");
    is(conf_option_value(a, table, "absent"), NULL);
    is(conf_option_value(a, table, "every"), NULL);
    conf_free(c);

    c = read_options("procfs: fixtures/proc");
    snprintf(relative, sizeof relative, "%s/fixtures/proc", room_dir);
    is(conf_option_value(&c->atoms[0], table, "procfs"), relative);
    conf_free(c);
}

static void paths_are_given_a_line_each(void **state)
{
    struct conf *c = read_options("procfs: /proc");
    char lines[256];
    (void)state;

    is(conf_option_value(&c->atoms[0], table, "watch"), "/home/someone/new");
    conf_free(c);
    c = read_options("watch: /a b");
    is(conf_option_value(&c->atoms[0], table, "watch"), "/a b");
    conf_free(c);
    c = read_options("watch: [~/in, /out, here]");
    snprintf(lines, sizeof lines, "/home/someone/in\n/out\n%s/here", room_dir);
    is(conf_option_value(&c->atoms[0], table, "watch"), lines);
    conf_free(c);
}

/* A reload replaces an atom whose folders changed, and no other. */
static void a_list_that_changed_makes_another_atom(void **state)
{
    static const struct {
        const char *now, *then;
        int same;
    } cases[] = {
        { "watch: [/a, /b]", "watch: [/a, /b]", 1 },
        { "watch: [/a, /b]", "watch: [/a]", 0 },
        { "watch: [/a]", "watch: [/a, /b]", 0 },
        { "watch: [/a, /b]", "watch: [/a, /c]", 0 },
        { "watch: /a", "watch: [/a]", 0 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct conf *now = read_options(cases[i].now),
                    *then = read_options(cases[i].then);

        assert_int_equal(conf_atom_same(&now->atoms[0], &then->atoms[0]), cases[i].same);
        conf_free(now);
        conf_free(then);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_every_type_are_accepted),
        cmocka_unit_test(wrong_options_are_refused_with_range_and_help),
        cmocka_unit_test(all_wrong_options_are_said_at_once),
        cmocka_unit_test(a_required_option_is_missed_where_its_atom_stands),
        cmocka_unit_test(a_plugin_without_options_takes_none),
        cmocka_unit_test(values_come_from_the_file_or_the_fallback),
        cmocka_unit_test(paths_are_given_a_line_each),
        cmocka_unit_test(a_list_that_changed_makes_another_atom),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
