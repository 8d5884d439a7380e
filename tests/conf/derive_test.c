/* derive_test.c - a molecule with atoms fewer and atoms more than its file has: what
 * `kiri load` and `kiri unload` make of it. */
#include "room.h"

static const char molecule[] = "state: /var/lib/x\n"
                               "atoms:\n"
                               "  a: { every: 2s }\n"
                               "  b:\n";
static struct conf *root;

static int make(void **state)
{
    struct conf_errors e = { 0 };

    if (room_make(state))
        return -1;
    room_write(molecule);
    root = conf_read(room_file, &e);
    return root ? 0 : -1;
}

static int drop(void **state)
{
    conf_free(root);
    return room_drop(state);
}

static struct conf *derive(const char *const *without, const char *text,
                           struct conf_errors *e)
{
    *e = (struct conf_errors){ 0 };
    return conf_derive(root, without, text, "by-hand", e);
}

static void an_atom_more_is_marked_and_the_rest_is_the_same(void **state)
{
    struct conf_errors e;
    struct conf *c = derive(NULL,
                            "{\"soil\": {\"plugin\": \"/x/soil.so\", "
                            "\"every\": \"3s\", \"path\": \"d/\\u00e9\"}}",
                            &e);
    (void)state;

    assert_non_null(c);
    assert_int_equal(c->n_atoms, 3);
    assert_string_equal(c->state, "/var/lib/x");
    assert_string_equal(c->file, room_file);
    assert_true(conf_atom_same(&c->atoms[0], &root->atoms[0]));
    assert_false(c->atoms[0].by_hand || c->atoms[1].by_hand);
    const struct conf_atom *soil = &c->atoms[2];
    assert_true(soil->by_hand);
    assert_string_equal(soil->name, "soil");
    assert_string_equal(soil->plugin, "/x/soil.so");
    assert_string_equal(soil->dir, "/var/lib/x");
    assert_int_equal(soil->every_ms, 3000);
    assert_int_equal(soil->n_options, 1);
    assert_string_equal(soil->options[0].value, "d/\xc3\xa9");
    conf_free(c);
    assert_int_equal(root->n_atoms, 2);
}

static void an_atom_fewer_leaves_the_others(void **state)
{
    static const char *const both[] = { "b", "a", NULL };
    struct conf_errors e;
    struct conf *c = derive(both + 1, NULL, &e);
    (void)state;

    assert_int_equal(c->n_atoms, 1);
    assert_string_equal(c->atoms[0].name, "b");
    conf_free(c);
    c = derive(both, NULL, &e);
    assert_non_null(c); /* a molecule without any runs on */
    assert_int_equal(c->n_atoms, 0);
    conf_free(c);
}

static void what_is_wrong_is_said_and_nothing_comes_of_it(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "{\"a\": {}}", "by-hand:1:2: atom `a` stands here a second time" },
        { "{\"No\": {}}", "`No` cannot be an atom's name" },
        { "{\"x\": {\"every\": \"soon\"}}", "`every`: soon is not a duration" },
        { "{\"x\": [1]}", "`x` must be a mapping" },
        { "[x]", "by-hand:1:1: atoms are a mapping" },
        { "{\"x\":", "by-hand:2:1: a value was expected" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct conf_errors e;

        assert_null(derive(NULL, cases[i].text, &e));
        if (!strstr(buf_text(&e.text), cases[i].says))
            fail_msg("%s: %s", cases[i].text, buf_text(&e.text));
        assert_int_equal(e.code, KIRI_BAD_CONFIG);
        conf_errors_free(&e);
    }
}

static void watching_plugins_can_be_turned_off(void **state)
{
    static const struct {
        const char *text;
        int fixed; /* -1: refused */
    } cases[] = {
        { "atoms: { a: }\n", 0 },
        { "watch-plugins: true\natoms: { a: }\n", 0 },
        { "watch-plugins: false\natoms: { a: }\n", 1 },
        { "watch-plugins: off\natoms: { a: }\n", -1 },
        { "watch-plugins: [false]\natoms: { a: }\n", -1 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct conf_errors e = { 0 };

        room_write(cases[i].text);
        struct conf *c = conf_read(room_file, &e);
        assert_int_equal(c ? c->fixed_plugins : -1, cases[i].fixed);
        conf_free(c);
        conf_errors_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_atom_more_is_marked_and_the_rest_is_the_same),
        cmocka_unit_test(an_atom_fewer_leaves_the_others),
        cmocka_unit_test(what_is_wrong_is_said_and_nothing_comes_of_it),
        cmocka_unit_test(watching_plugins_can_be_turned_off),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
