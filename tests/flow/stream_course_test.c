/* tests/flow/stream_course_test.c mirrors host/flow/stream_course.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream_course.h"

static void one_number_is_learned_in_sixty_short_steps_whatever_its_rows(void **state)
{
    (void)state;

    for (uint32_t rows = 100; rows < 10000; rows *= 3) {
        struct course c = course_first(1, 64, rows, rows);
        assert_int_equal(c.steps, 60);
        assert_true(c.lr_first == 0.005f && c.lr_last == 0.00125f);
        assert_int_equal(c.newest, COURSE_RECENT);
        assert_int_equal(course_held(1, 64, rows), 0);
    }
    assert_int_equal(course_turn(1, 64).steps, 5);
    assert_int_equal(course_first(1, 64, 750 + 10 * 128, 750).steps, 60 + 10 * 5);
}

static void several_numbers_are_learned_the_longer_the_more_rows_there_are(void **state)
{
    static const struct {
        uint32_t context, rows, least, most;
    } cases[] = {
        { 8, 120, 200, 200 }, /* a short first training stays one */
        { 8, 750, 200, 200 },
        { 8, 6000, 1000, COURSE_MOST }, /* some passes over them */
        { 1, 220, 1000, 5000 },         /* short windows: more of them */
        { 8, 1000000, COURSE_MOST, COURSE_MOST },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct course c = course_first(6, cases[i].context, cases[i].rows, 750);
        assert_in_range(c.steps, cases[i].least, cases[i].most);
        assert_int_equal(c.newest, 0); /* nothing is learned more than the rest */
    }
}

static void a_long_first_training_holds_rows_back(void **state)
{
    static const struct {
        uint32_t words, context, rows, held;
    } cases[] = {
        { 6, 8, 750, 0 },
        { 6, 8, COURSE_HOLDS - 1, 0 },
        { 6, 8, COURSE_HOLDS, COURSE_HOLDS / 6 },
        { 6, 8, 6000, 1000 },
        { 1, 64, 6000, 0 },
        { 9, 0, 6000, 0 },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(course_held(cases[i].words, cases[i].context, cases[i].rows),
                         cases[i].held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number_is_learned_in_sixty_short_steps_whatever_its_rows),
        cmocka_unit_test(several_numbers_are_learned_the_longer_the_more_rows_there_are),
        cmocka_unit_test(a_long_first_training_holds_rows_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
