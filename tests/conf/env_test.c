/* env_test.c - what comes from the environment is text, and only that. */
#include "room.h"

/* `state: "<value>"` with this file around it. */
static struct conf *read_value(const char *value, struct conf_errors *e)
{
    char text[512];

    snprintf(text, sizeof text,
             "atoms:\n  pulse:\n    every: ${env:EVERY:-2s}\n    note: %s\n", value);
    room_write(text);
    return conf_read(room_file, e);
}

static void is_read_as(const char *value, const char *expected)
{
    struct conf_errors e = { 0 };
    struct conf *c = read_value(value, &e);

    if (!c)
        fail_msg("%s: %s", value, buf_text(&e.text));
    assert_string_equal(c->atoms[0].options[0].value, expected);
    conf_free(c);
}

static void a_variable_stands_for_its_value(void **state)
{
    (void)state;
    setenv("KIRI_WORD", "hi", 1);
    setenv("KIRI_EMPTY", "", 1);
    unsetenv("KIRI_GONE");
    is_read_as("${env:KIRI_WORD}", "hi");
    is_read_as("'a${env:KIRI_WORD}b${env:KIRI_WORD}'", "ahibhi");
    is_read_as("${env:KIRI_GONE:-there}", "there");
    is_read_as("${env:KIRI_EMPTY:-there}", "there"); /* as in a shell */
    is_read_as("${env:KIRI_EMPTY}", "");
    is_read_as("${env:KIRI_GONE:-}", "");
    is_read_as("'${env:KIRI_GONE:-a: [b] $x}'", "a: [b] $x");
}

static void a_dollar_is_a_dollar(void **state)
{
    (void)state;
    is_read_as("5$", "5$");
    is_read_as("$HOME", "$HOME");
    is_read_as("$$", "$$");
    is_read_as("$${env:KIRI_WORD}", "${env:KIRI_WORD}");
    is_read_as("$$$${x}", "$$${x}");
}

static void what_comes_in_is_never_yaml_nor_looked_through_again(void **state)
{
    struct conf_errors e = { 0 };
    struct conf *c;
    (void)state;

    setenv("KIRI_WORD", "x }\nstate: /evil # ${env:HOME}\n\"", 1);
    is_read_as("${env:KIRI_WORD}", "x }\nstate: /evil # ${env:HOME}\n\"");
    setenv("EVERY", "[5s]", 1);
    c = read_value("x", &e);
    assert_null(c);
    assert_true(says(&e, room_file, "3:12: `every`: [5s] is not a duration"));
    conf_errors_free(&e);
    setenv("EVERY", "7s", 1);
    c = read_value("x", &e);
    assert_int_equal(c->atoms[0].every_ms, 7000);
    conf_free(c);
    unsetenv("EVERY");
}

static void keys_are_left_alone(void **state)
{
    struct conf_errors e = { 0 };
    (void)state;

    room_write("atoms: { \"${env:KIRI_WORD}\": {} }\n");
    assert_null(conf_read(room_file, &e));
    assert_true(says(&e, room_file, "1:10: `${env:KIRI_WORD}` cannot be an atom's name"));
    conf_errors_free(&e);
}

static void what_is_no_text_is_refused(void **state)
{
    struct conf_errors e = { 0 };
    (void)state;

    setenv("KIRI_WORD", "\xc3(", 1);
    assert_null(read_value("${env:KIRI_WORD}", &e));
    assert_true(says(&e, room_file,
                     "4:11: the value of KIRI_WORD in the environment is "
                     "not UTF-8 text"));
    conf_errors_free(&e);
}

/* 2,000 times 100 KiB would be 200 MB. */
static void an_expansion_is_no_bomb(void **state)
{
    struct conf_errors e = { 0 };
    struct buf text = { 0 };
    char *large = malloc(100001);
    (void)state;

    assert_non_null(large);
    memset(large, 'x', 100000);
    large[100000] = '\0';
    setenv("KIRI_WORD", large, 1);
    buf_puts(&text, "plugins:\n");
    for (int i = 0; i < 2000; i++)
        buf_puts(&text, "  - ${env:KIRI_WORD}\n");
    room_write(buf_text(&text));
    assert_null(conf_read(room_file, &e));
    assert_true(says(&e, room_file,
                     "4:5: with what comes from the environment, the molecule is larger "
                     "than 256 KiB"));
    conf_errors_free(&e);
    buf_free(&text);
    free(large);
    unsetenv("KIRI_WORD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_stands_for_its_value),
        cmocka_unit_test(a_dollar_is_a_dollar),
        cmocka_unit_test(what_comes_in_is_never_yaml_nor_looked_through_again),
        cmocka_unit_test(keys_are_left_alone),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(an_expansion_is_no_bomb),
    };

    return cmocka_run_group_tests(tests, room_make, room_drop);
}
