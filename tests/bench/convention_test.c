/* tests/bench/convention_test.c mirrors bench/convention.c. */
#include "bench/convention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_same_seed_gives_the_same_names(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < CONVENTIONS; kind++) {
        struct gpt_rng a, b;
        char x[NAME_CAP] = "", y[NAME_CAP], last[NAME_CAP] = "";
        int differ = 0;

        gpt_rng_seed(&a, 7);
        gpt_rng_seed(&b, 7);
        for (int i = 0; i < 200; i++) {
            convention_draw(kind, &a, x);
            convention_draw(kind, &b, y);
            assert_string_equal(x, y);
            assert_true(strlen(x) > 8 && strlen(x) < NAME_CAP - 16);
            assert_null(strchr(x, '\n'));
            differ += strcmp(x, last) != 0;
            memcpy(last, x, sizeof last);
        }
        assert_true(differ > 190);
    }
}

static void a_fault_makes_another_name(void **state)
{
    struct gpt_rng rng;
    char name[NAME_CAP], wrong[NAME_CAP];
    (void)state;

    gpt_rng_seed(&rng, 3);
    for (uint32_t kind = 0; kind < CONVENTIONS; kind++)
        for (enum fault f = 0; f < FAULTS; f++)
            for (int i = 0; i < 50; i++) {
                convention_draw(kind, &rng, name);
                memset(wrong, '?', sizeof wrong);
                if (fault_make(f, &rng, name, wrong))
                    continue;
                assert_non_null(memchr(wrong, '\0', sizeof wrong));
                assert_string_not_equal(name, wrong);
            }
}

/* Names with one place for the fault only. */
static void each_fault_is_what_its_name_says(void **state)
{
    static const struct {
        enum fault fault;
        const char *name, *wrong;
    } cases[] = {
        { FAULT_CASE, "abC1", "ABc1" },
        { FAULT_DOUBLED, "_a_", "_aa_" },
        { FAULT_DROPPED, "_a_", "__" },
        { FAULT_EXCHANGED, "ab", "ba" },
        { FAULT_SWAPPED, "one_two", "two_one" },
        { FAULT_CUT, "abcdefghi", "abcdef" },
        { FAULT_EXTENSION, "a.png", "a.png.exe" },
        { FAULT_COPY, "a.b.png", "a.b (1).png" },
        { FAULT_BLANK, "a.png", "a.png " },
        { FAULT_LOOKALIKE, "logo_e", "logo_\xd0\xb5" },
    };
    struct gpt_rng rng;
    char wrong[NAME_CAP];
    (void)state;

    gpt_rng_seed(&rng, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (fault_make(cases[i].fault, &rng, cases[i].name, wrong))
            fail_msg("no %s of %s", fault_name(cases[i].fault), cases[i].name);
        if (cases[i].fault != FAULT_LOOKALIKE) /* o is looked like, too */
            assert_string_equal(wrong, cases[i].wrong);
        else
            assert_true(strlen(wrong) == strlen(cases[i].name) + 1);
    }
    assert_int_equal(fault_make(FAULT_SEPARATOR, &rng, "abc", wrong), -1);
    assert_int_equal(fault_make(FAULT_SWAPPED, &rng, "abc", wrong), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_names),
        cmocka_unit_test(a_fault_makes_another_name),
        cmocka_unit_test(each_fault_is_what_its_name_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
