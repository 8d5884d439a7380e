/* tests/flow/stream_blame_test.c mirrors host/flow/stream_blame.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream_blame.h"

/* Fields 1 and 3 are scored. */
enum { A = 1, B = 3 };

static uint32_t blamed(struct blame *b, float a, float of_b, int onset, int alarm)
{
    struct verdict v = { .onset = onset,
                         .alarm = alarm,
                         .n_fields = 2,
                         .row_blame = a >= of_b ? A : B,
                         .blame = a >= of_b ? A : B };

    v.field[0] = (struct verdict_field){ .field = A, .excess = a };
    v.field[1] = (struct verdict_field){ .field = B, .excess = of_b };
    blame_row(b, &v);
    assert_int_equal(v.row_blame, a >= of_b ? A : B);
    return v.blame;
}

static void without_an_alarm_each_row_is_about_itself(void **state)
{
    struct blame b = { 0 };
    (void)state;

    assert_int_equal(blamed(&b, 2, 1, 0, 0), A);
    assert_int_equal(blamed(&b, 0, 1, 0, 0), B);
}

static void an_alarm_is_about_what_its_rows_sum_up_to(void **state)
{
    static const struct {
        float a, b;
        uint32_t blamed;
    } rows[] = {
        { 5, 1, A },  /* the onset                          */
        { 0, 1, A },  /* 5 : 2, though this row is about B  */
        { -2, 4, B }, /* 3 : 6                              */
        { 2, 0, B },  /* 5 : 6                              */
        { 2, 0, A },  /* 7 : 6                              */
    };
    struct blame b = { 0 };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(blamed(&b, rows[i].a, rows[i].b, i == 0, 1), rows[i].blamed);
}

static void the_rows_just_before_it_count(void **state)
{
    struct blame b = { 0 };
    (void)state;

    (void)blamed(&b, 0, 90, 0, 0); /* too long ago */
    for (int i = 0; i < 5; i++)
        (void)blamed(&b, 0, 1, 0, 0);
    assert_int_equal(blamed(&b, 4, 0, 1, 1), B);
    assert_int_equal(blamed(&b, 2, 0, 0, 1), A);
}

static void what_an_alarm_before_was_about_is_forgotten(void **state)
{
    struct blame b = { 0 };
    (void)state;

    assert_int_equal(blamed(&b, 0, 90, 1, 1), B);
    for (uint32_t i = 0; i < QUIET_ROWS; i++)
        (void)blamed(&b, 0, 0, 0, 0);
    assert_int_equal(blamed(&b, 1, 0, 1, 1), A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_alarm_each_row_is_about_itself),
        cmocka_unit_test(an_alarm_is_about_what_its_rows_sum_up_to),
        cmocka_unit_test(the_rows_just_before_it_count),
        cmocka_unit_test(what_an_alarm_before_was_about_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
