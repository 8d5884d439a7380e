/*
 * The option table: what is on a command line, and what is not.
 */
#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SEED, LOUD };

static const struct command sample = {
    .name = "sample",
    .arguments = "FILE",
    .least = 1,
    .most = 2,
    .about = "",
    .examples = "",
    .exits = "",
    .option = { { "seed", "N", "" }, { "loud", NULL, "" }, { "set", "X", "" } },
    .repeats = "set",
};

/* argv is a NULL-terminated array of at most 7 words after the command's name. */
static int parse(const char *const *words, struct call *call)
{
    static char copy[8][32];
    static char *argv[8];
    int argc = 1;

    argv[0] = copy[0];
    for (; *words; words++, argc++) {
        snprintf(copy[argc], sizeof copy[argc], "%s", *words);
        argv[argc] = copy[argc];
    }
    return command_parse(&sample, argc, argv, call);
}

#define PARSE(call, ...) parse((const char *const[]){ __VA_ARGS__, NULL }, call)

static void options_may_stand_anywhere(void **state)
{
    struct call call;

    (void)state;
    assert_int_equal(PARSE(&call, "a", "--seed", "7", "b", "--loud"), 0);
    assert_string_equal(call.value[SEED], "7");
    assert_string_equal(call.value[LOUD], "");
    assert_int_equal(call.n_words, 2);
    assert_string_equal(call.word[0], "a");
    assert_string_equal(call.word[1], "b");
}

static void a_value_may_follow_an_equals_sign(void **state)
{
    struct call call;

    (void)state;
    assert_int_equal(PARSE(&call, "--seed=a=b", "x"), 0);
    assert_string_equal(call.value[SEED], "a=b");
    assert_null(call.value[LOUD]);
}

static void what_repeats_is_kept_in_its_order(void **state)
{
    struct call call;

    (void)state;
    assert_int_equal(PARSE(&call, "--set", "a", "x", "--seed=1", "--set=b", "--seed=2"),
                     0);
    assert_int_equal(call.n_each, 2);
    assert_string_equal(call.each[0], "a");
    assert_string_equal(call.each[1], "b");
    assert_null(call.each[2]);
    assert_string_equal(call.value[SEED], "2"); /* of others the last one counts */
}

static void a_value_may_begin_with_a_dash(void **state)
{
    struct call call;

    (void)state;
    assert_int_equal(PARSE(&call, "x", "--seed", "-5"), 0);
    assert_string_equal(call.value[SEED], "-5");
}

static void after_two_dashes_nothing_is_an_option(void **state)
{
    struct call call;

    (void)state;
    assert_int_equal(PARSE(&call, "--", "--seed", "-"), 0);
    assert_string_equal(call.word[0], "--seed");
    assert_string_equal(call.word[1], "-");
    assert_null(call.value[SEED]);
}

static void what_does_not_fit_is_a_usage_error(void **state)
{
    struct call call;

    (void)state;
    assert_int_equal(PARSE(&call, "x", "--sead", "1"), KIRI_USAGE);
    assert_int_equal(PARSE(&call, "x", "-s"), KIRI_USAGE);
    assert_int_equal(PARSE(&call, "x", "--see=1"), KIRI_USAGE);
    assert_int_equal(PARSE(&call, "x", "--seed"), KIRI_USAGE);
    assert_int_equal(PARSE(&call, "x", "--loud=1"), KIRI_USAGE);
    assert_int_equal(PARSE(&call, "--loud"), KIRI_USAGE);
    assert_int_equal(PARSE(&call, "x", "y", "z"), KIRI_USAGE);
}

static void help_is_asked_for_wherever_it_stands(void **state)
{
    struct call call;

    (void)state;
    assert_int_equal(PARSE(&call, "--help"), -1);
    assert_int_equal(PARSE(&call, "x", "--loud", "-h"), -1);
    assert_int_equal(PARSE(&call, "--seed", "--help", "x"), 0); /* a value */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(a_value_may_follow_an_equals_sign),
        cmocka_unit_test(what_repeats_is_kept_in_its_order),
        cmocka_unit_test(a_value_may_begin_with_a_dash),
        cmocka_unit_test(after_two_dashes_nothing_is_an_option),
        cmocka_unit_test(what_does_not_fit_is_a_usage_error),
        cmocka_unit_test(help_is_asked_for_wherever_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
