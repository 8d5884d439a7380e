/* option_test.c mirrors sdk/src/option.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kiri/option.h>

static void every_type_says_what_it_takes(void **state)
{
    static const struct {
        uint32_t type;
        const char *what;
        int is_place;
    } cases[] = {
        { KIRI_OPT_TEXT, "a text", 0 },
        { KIRI_OPT_NUMBER, "a number", 0 },
        { KIRI_OPT_INTEGER, "a whole number", 0 },
        { KIRI_OPT_BOOL, "true or false", 0 },
        { KIRI_OPT_CHOICE, "one of", 0 },
        { KIRI_OPT_DURATION, "a duration", 0 },
        { KIRI_OPT_PATH, "a path", 1 },
        { KIRI_OPT_URL, "a URL", 1 },
        { KIRI_OPT_BUS, "a D-Bus address", 1 },
        { KIRI_OPT_PATHS, "a path or a list of paths", 1 },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(kiri_option_what(cases[i].type), cases[i].what);
        assert_int_equal(kiri_option_is_place(cases[i].type), cases[i].is_place);
    }
}

static void a_type_that_is_none_is_not_named(void **state)
{
    static const uint32_t none[] = { KIRI_OPT_PATHS + 1, 99, UINT32_MAX };
    (void)state;

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_null(kiri_option_what(none[i]));
        assert_int_equal(kiri_option_is_place(none[i]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_says_what_it_takes),
        cmocka_unit_test(a_type_that_is_none_is_not_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
