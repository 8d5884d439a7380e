/* cell_backoff_test.c - B1: 1, 2, 4 .. 60 s, each +-20 %; five failures in ten minutes
 * are the end; ten minutes without one begin anew. */
#include "room.h"

#include "load/cell_backoff.h"

#define MINUTE 60000

static void pauses_double_to_a_minute(void **state)
{
    static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
    struct cell_backoff b = { 0 };
    int64_t now = 5;
    (void)state;

    for (size_t i = 0; i < COUNT(seconds); i++, now += 3 * MINUTE)
        assert_int_equal(cell_backoff(&b, now, 0.5), seconds[i] * 1000);
}

static void dice_move_a_pause_by_a_fifth(void **state)
{
    static const struct {
        double dice;
        int64_t pause;
    } cases[] = { { 0, 800 }, { 0.25, 900 }, { 0.5, 1000 }, { 1, 1200 } };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cell_backoff b = { 0 };
        assert_int_equal(cell_backoff(&b, 0, cases[i].dice), cases[i].pause);
    }
}

static void the_fifth_failure_in_ten_minutes_is_the_last(void **state)
{
    static const struct {
        int64_t apart; /* ms between failures */
        int last;      /* which one ends it; 0: none of twenty */
    } cases[] = {
        { 0, 5 },          { 1000, 5 },   { 2 * MINUTE, 5 },
        { 150000 - 1, 5 }, { 150000, 0 }, { 5 * MINUTE, 0 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cell_backoff b = { 0 };
        int last = 0;

        for (int k = 1; k <= 20 && !last; k++)
            if (cell_backoff(&b, k * cases[i].apart, 0.5) < 0)
                last = k;
        assert_int_equal(last, cases[i].last);
    }
}

static void a_long_quiet_is_forgiven(void **state)
{
    struct cell_backoff b = { 0 };
    (void)state;

    for (int64_t now = 1; now <= 4; now++)
        (void)cell_backoff(&b, now, 0.5);
    assert_int_equal(cell_backoff(&b, 4 + CELL_WINDOW_MS, 0.5), 1000);
    assert_int_equal(cell_backoff(&b, 5 + CELL_WINDOW_MS, 0.5), 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_to_a_minute),
        cmocka_unit_test(dice_move_a_pause_by_a_fifth),
        cmocka_unit_test(the_fifth_failure_in_ten_minutes_is_the_last),
        cmocka_unit_test(a_long_quiet_is_forgiven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
