/*
 * cell_lies_test.c - what a cell may say: it is held to ten lines a second, and whatever
 * no atom can say ends it (RELIABILITY B2, B10).
 */
#include "cell_life.h"

#include "load/cell.h"

static void b10_a_chatterer_is_held_to_ten_lines_a_second(void **state)
{
    (void)state;
    struct life l = life_behaving("chatter", "collect", "0");

    int rc = life_collect(&l);
    assert_true(rc == KIRI_OK ||
                rc == KIRI_EIO); /* on a slow machine it takes too long */
    assert_true(world.lines <= 20 * 3);
    assert_int_equal(world.notes, CELL_NOTES);
    life_end(&l);
}

static void b10_a_cell_that_lies_has_failed(void **state)
{
    static const char *const lies[] = { "huge", "empty", "kind",  "order",   "length",
                                        "text", "label", "short", "more",    "key",
                                        "cap",  "line",  "note",  "readable" };
    (void)state;

    for (size_t i = 0; i < COUNT(lies); i++) {
        struct life l = life_lying(lies[i]);

        if (!strstr(l.trouble.why,
                    "said what no atom can say in collect(); next try in "))
            fail_msg("%s: %s", lies[i], l.trouble.why);
        life_end(&l);
    }
}

static void b10_a_cell_that_floods_its_host_has_failed(void **state)
{
    (void)state;
    struct life l = life_lying("flood");

    life_says(&l, "its cell ");
    life_end(&l);
}

static void b2_a_cell_that_stops_in_mid_sentence_is_ended(void **state)
{
    static const char *const lies[] = { "half", "mute" };
    (void)state;

    for (size_t i = 0; i < COUNT(lies); i++) {
        struct life l = life_lying(lies[i]);

        life_says(&l,
                  "its cell was ended in collect(): not done within 2 s; next try in ");
        life_end(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b10_a_chatterer_is_held_to_ten_lines_a_second),
        cmocka_unit_test(b10_a_cell_that_lies_has_failed),
        cmocka_unit_test(b10_a_cell_that_floods_its_host_has_failed),
        cmocka_unit_test(b2_a_cell_that_stops_in_mid_sentence_is_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
