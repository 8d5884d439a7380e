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
    }
    assert_int_equal(course_turn().steps, 5);
}

static void
several_numbers_take_longer_and_the_longer_the_more_rows_there_are(void **state)
{
    (void)state;

    assert_int_equal(course_first(6, 8, 100, 750).steps, 200);
    assert_int_equal(course_first(6, 8, 750, 750).steps, 200);
    assert_int_equal(course_first(6, 8, 3000, 750).steps, 800);
    assert_int_equal(course_first(6, 8, UINT32_MAX, 750).steps, 1500);
}

static void short_windows_need_many_steps(void **state)
{
    (void)state;

    assert_int_equal(course_first(8, 1, 220, 220).steps, 6000);
    assert_int_equal(course_first(8, 1, 220, 220).look, 500);
    assert_int_equal(course_first(8, 8, 220, 220).look, 0);
    assert_int_equal(course_first(1, 1, 220, 220).steps,
                     60); /* one number is one number */
}

static void who_learns_anew_takes_as_many_steps_as_the_turns_did(void **state)
{
    uint32_t turns = 10 * course_turn().steps;
    (void)state;

    assert_int_equal(course_first(1, 64, 750 + 10 * 128, 750).steps, 60 + turns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number_is_learned_in_sixty_short_steps_whatever_its_rows),
        cmocka_unit_test(
            several_numbers_take_longer_and_the_longer_the_more_rows_there_are),
        cmocka_unit_test(short_windows_need_many_steps),
        cmocka_unit_test(who_learns_anew_takes_as_many_steps_as_the_turns_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
