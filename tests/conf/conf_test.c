/* conf_test.c - what a molecule's file means, and all the ways in which it can be wrong.
 */
#include "broken.h"
#include "room.h"

#include <fcntl.h>

static struct conf *read_text(const char *text, struct conf_errors *e)
{
    room_write(text);
    return conf_read(room_file, e);
}

/* A text that must be read without a word. */
static struct conf *read_good(const char *text)
{
    struct conf_errors e = { 0 };
    struct conf *c = read_text(text, &e);

    if (!c || e.n)
        fail_msg("%s\n%s", text, buf_text(&e.text));
    conf_errors_free(&e);
    return c;
}

static void a_whole_molecule_becomes_structs(void **state)
{
    struct conf *c = read_good("molecule: workstation\n"
                               "state: ~/kiri\n"
                               "bus: { listen: [ipc:///run/kiri/bus, ipc://~/b] }\n"
                               "plugins: [/usr/lib/kiri/atoms, mine, ~/atoms]\n"
                               "atoms:\n"
                               "  pulse: { plugin: pulse, every: 5s, alarm: 2/day,\n"
                               "           learn: { warmup: 100, share: 5%, hold: 2h },"
                               " procfs: /proc }\n"
                               "  names:\n"
                               "    plugin: ./lib/names.so\n"
                               "    learn: off\n"
                               "    watch: \"\"\n"
                               "  drift:\n");
    char path[128];
    (void)state;

    assert_string_equal(c->file, room_file);
    assert_string_equal(c->molecule, "workstation");
    assert_string_equal(c->state, "/home/someone/kiri");
    assert_string_equal(c->listen[0].url, "ipc:///run/kiri/bus");
    assert_string_equal(c->listen[1].url, "ipc:///home/someone/b");
    assert_int_equal(c->n_listen, 2);
    assert_string_equal(c->plugins[0], "/usr/lib/kiri/atoms");
    snprintf(path, sizeof path, "%s/mine", room_dir);
    assert_string_equal(c->plugins[1], path);
    assert_string_equal(c->plugins[2], "/home/someone/atoms");
    assert_null(c->plugins[3]);
    assert_int_equal(c->n_atoms, 3);

    const struct conf_atom *a = &c->atoms[0];
    assert_string_equal(a->name, "pulse");
    assert_string_equal(a->plugin, "pulse");
    assert_true(a->line == 6 && a->col == 3);
    assert_int_equal(a->every_ms, 5000);
    assert_true(a->alarm == 2.0 / 86400);
    assert_int_equal(a->warmup, 100);
    assert_true(a->share > 0.0499 && a->share < 0.0501);
    assert_int_equal(a->hold_ms, 2 * 3600 * 1000);
    assert_int_equal(a->learn_off, 0);
    assert_int_equal(a->n_options, 1);
    assert_string_equal(a->options[0].name, "procfs");
    assert_string_equal(a->options[0].value, "/proc");
    assert_true(a->options[0].line == 7 && a->options[0].col == 65);
    assert_true(a->options[0].key_line == 7 && a->options[0].key_col == 57);

    a = &c->atoms[1];
    snprintf(path, sizeof path, "%s/./lib/names.so", room_dir);
    assert_string_equal(a->plugin, path);
    assert_int_equal(a->learn_off, 1);
    assert_string_equal(a->options[0].value, "");

    a = &c->atoms[2];
    assert_string_equal(a->plugin, "drift");
    assert_int_equal(a->n_options, 0);
    conf_free(c);
}

static void what_is_left_out_has_a_default(void **state)
{
    struct conf *c = read_good("atoms: { pulse: {} }\n");
    const struct conf_atom *a = &c->atoms[0];
    (void)state;

    assert_string_equal(c->molecule, "m"); /* the file is m.yaml */
    assert_string_equal(c->state, "/home/someone/.local/state/kiri");
    assert_null(c->listen);
    assert_null(c->plugins);
    assert_string_equal(a->plugin, "pulse");
    assert_int_equal(a->every_ms, 0);
    assert_true(a->alarm == 0);
    assert_int_equal(a->warmup, 750);
    assert_true(a->share == 0.25);
    assert_int_equal(a->hold_ms, 86400000);
    assert_int_equal(a->learn_off, 0);
    conf_free(c);
    conf_free(NULL);
}

static void a_relative_state_starts_at_the_file(void **state)
{
    struct conf *c = read_good("state: here\natoms: { pulse: }\n");
    char path[128];
    (void)state;

    snprintf(path, sizeof path, "%s/here", room_dir);
    assert_string_equal(c->state, path);
    conf_free(c);
}

static void quoted_words_and_extremes_are_fine(void **state)
{
    static const char *const good[] = {
        "molecule: \"no\"\natoms: { \"off\": {} }\n",
        "atoms: { pulse: { every: 10ms, alarm: .5/week, learn: { warmup: 50 } } }\n",
        "atoms: { pulse: { every: 1d, alarm: 1/24h, learn: { warmup: 1000000 } } }\n",
        "bus: {}\natoms: { a: }\n",
        "bus: { listen: [ tcp://127.0.0.1:4711 ] }\natoms: { a: }\n",
        "atoms: { a: { learn: {} } }\n",
        "atoms: { a: { x: [1, 2], y: { z: 1 } } }\n", /* conf_options judges options */
        "{\"atoms\": {\"pulse\": {\"every\": \"5s\"}}}\n", /* JSON is YAML */
        "atoms: { a23456789012345678901234567890-2: }\n",
    };
    (void)state;

    for (size_t i = 0; i < COUNT(good); i++)
        conf_free(read_good(good[i]));
}

#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" /* 50 */

/* D2: an unknown or misspelt key, a wrong type, a bad name, out of range, twins. */
static void broken_molecules_are_refused_where_they_break(void **state)
{
    struct broken broken[BROKEN_MOST];
    char *block;
    size_t n = broken_read(broken, &block);
    (void)state;

    assert_true(n >= 80);
    for (size_t i = 0; i < n; i++) {
        struct conf_errors e = { 0 };
        struct conf *c = read_text(broken[i].text, &e);

        if (c || !says(&e, room_file, broken[i].part))
            fail_msg("%s\nexpected: %s\ngot: %s", broken[i].text, broken[i].part,
                     buf_text(&e.text));
        assert_int_equal(e.code, KIRI_BAD_CONFIG);
        conf_errors_free(&e);
    }
    free(block);
}

static void all_errors_come_in_one_run(void **state)
{
    struct conf_errors e = { 0 };
    struct conf *c = read_text("molecule: No\n"
                               "sate: /x\n"
                               "bus: { listen: [http://x, ipc://y] }\n"
                               "plugins: []\n"
                               "atoms:\n"
                               "  Pulse: { every: x, alarm: y, learn: { warmup: z } }\n"
                               "  b: &b { every: 1ms }\n"
                               "  c: *b\n"
                               "  b: {}\n",
                               &e);
    static const char *const parts[] = {
        "1:11:", "2:1:",  "3:17:",        "3:27:", "4:10:", "6:3:", "6:19:",
        "6:29:", "6:49:", "7:6: anchors", "7:18:", "8:6:",  "9:3:"
    };
    (void)state;

    assert_null(c);
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!says(&e, room_file, parts[i]))
            fail_msg("%s is not in\n%s", parts[i], buf_text(&e.text));
    assert_int_equal(e.n, COUNT(parts));
    conf_errors_free(&e);
}

static void more_than_1024_atoms_are_refused(void **state)
{
    struct conf_errors e = { 0 };
    struct buf b = { 0 };
    struct conf *c;
    (void)state;

    buf_puts(&b, "atoms:\n");
    for (int i = 0; i < 1024; i++)
        buf_putf(&b, "  a%d:\n", i);
    c = read_good(b.data);
    assert_int_equal(c->n_atoms, 1024);
    assert_string_equal(c->atoms[1023].name, "a1023");
    conf_free(c);
    buf_puts(&b, "  more:\n");
    assert_null(read_text(b.data, &e));
    assert_true(says(&e, room_file, "2:3: `atoms` has 1025: 1 to 1024 are possible"));
    conf_errors_free(&e);
    buf_free(&b);
}

static void a_path_of_107_bytes_is_the_longest_socket(void **state)
{
    struct conf *c = read_good("bus: { listen: [ipc:///" LONG LONG "xxxxxx] }\n"
                               "atoms: { pulse: }\n");
    (void)state;

    assert_int_equal(strlen(c->listen[0].url), strlen("ipc://") + 107);
    conf_free(c);
}

static void a_file_that_others_may_write_is_refused(void **state)
{
    struct conf_errors e = { 0 };
    (void)state;

    room_write("atoms: { pulse: }\n");
    assert_int_equal(chmod(room_file, 0602), 0);
    assert_null(conf_read(room_file, &e));
    assert_true(says(&e, room_file, " anybody may write to it (mode 0602): chmod o-w "));
    assert_int_equal(e.code, KIRI_BAD_CONFIG);
    conf_errors_free(&e);
}

static void what_is_no_file_is_said_at_once(void **state)
{
    struct conf_errors e = { 0 };
    char fifo[96];
    (void)state;

    assert_null(conf_read("/nowhere/at/all.yaml", &e));
    assert_true(says(&e, "/nowhere/at/all.yaml", " No such file or directory"));
    assert_int_equal(e.code, KIRI_NO_INPUT);
    conf_errors_free(&e);

    assert_null(conf_read(room_dir, &e));
    assert_true(says(&e, room_dir, " it is a directory, not a file"));
    assert_int_equal(e.code, KIRI_NO_INPUT);
    conf_errors_free(&e);

    snprintf(fifo, sizeof fifo, "%s/fifo", room_dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(conf_read(fifo, &e));
    assert_true(says(&e, fifo, " it is not a regular file"));
    conf_errors_free(&e);
    unlink(fifo);
}

static void a_large_file_is_not_read_to_its_end(void **state)
{
    struct conf_errors e = { 0 };
    (void)state;

    room_write("a: 1\n");
    assert_int_equal(truncate(room_file, (off_t)1 << 30),
                     0); /* 1 GiB, none of it on disk */
    assert_null(conf_read(room_file, &e));
    assert_true(says(&e, room_file, "1:1: the file is larger than 256 KiB"));
    conf_errors_free(&e);
}

static void without_a_usable_name_the_file_must_say_one(void **state)
{
    struct conf_errors e = { 0 };
    char other[96], line[256];
    (void)state;

    snprintf(other, sizeof other, "%s/My File.yaml", room_dir);
    room_write("atoms: { pulse: }\n");
    assert_int_equal(rename(room_file, other), 0);
    assert_null(conf_read(other, &e));
    snprintf(line, sizeof line,
             "%s:1:1: `My File` cannot be this molecule's name, taken from "
             "the file's; say",
             other);
    assert_non_null(strstr(e.text.data, line));
    conf_errors_free(&e);
    unlink(other);
}

static void the_usual_state_follows_the_environment(void **state)
{
    struct conf *c;
    (void)state;

    assert_int_equal(setenv("STATE_DIRECTORY", "/var/lib/kiri:/x", 1), 0);
    c = read_good("atoms: { pulse: }\n");
    assert_string_equal(c->state, "/var/lib/kiri");
    conf_free(c);
    unsetenv("STATE_DIRECTORY");
    assert_int_equal(setenv("XDG_STATE_HOME", "/x/state", 1), 0);
    c = read_good("atoms: { pulse: }\n");
    assert_string_equal(c->state, "/x/state/kiri");
    conf_free(c);
    unsetenv("XDG_STATE_HOME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_molecule_becomes_structs),
        cmocka_unit_test(what_is_left_out_has_a_default),
        cmocka_unit_test(a_relative_state_starts_at_the_file),
        cmocka_unit_test(quoted_words_and_extremes_are_fine),
        cmocka_unit_test(broken_molecules_are_refused_where_they_break),
        cmocka_unit_test(all_errors_come_in_one_run),
        cmocka_unit_test(more_than_1024_atoms_are_refused),
        cmocka_unit_test(a_path_of_107_bytes_is_the_longest_socket),
        cmocka_unit_test(a_file_that_others_may_write_is_refused),
        cmocka_unit_test(what_is_no_file_is_said_at_once),
        cmocka_unit_test(a_large_file_is_not_read_to_its_end),
        cmocka_unit_test(without_a_usable_name_the_file_must_say_one),
        cmocka_unit_test(the_usual_state_follows_the_environment),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
