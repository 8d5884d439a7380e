/* tests/bench/peers/decades_test.c mirrors bench/peers/decades.c. */
#include "bench/peers/decades.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WARMUP 100u
#define ROWS   500u

/* Scores of ROWS rows of usual excesses about .5 and numbers about 0, but for row `at`.
 */
static void run(uint32_t at, double excess, double x, double score[ROWS])
{
    struct decades d;

    assert_int_equal(decades_init(&d, WARMUP), 0);
    for (uint32_t r = 0; r < ROWS; r++) {
        double usual = .4 + .2 * (r * 7919 % 100) / 100, place = r * 104729 % 97;
        assert_int_equal(decades_push(&d, r == at ? excess : usual, r == at ? x : place,
                                      &score[r]),
                         0);
    }
    decades_fini(&d);
}

static void usual_rows_are_a_decade_or_two_at_most(void **state)
{
    (void)state;
    double score[ROWS];

    run(ROWS, 0, 0, score);
    for (uint32_t r = WARMUP; r < ROWS; r++)
        assert_true(score[r] < 3);
}

static void excess_beyond_six_nats_is_not_told_apart(void **state)
{
    (void)state;
    double six[ROWS], sixty[ROWS];

    run(400, 6, 50, six);
    run(400, 60, 50, sixty);
    assert_true(six[400] > 5);
    for (uint32_t r = 0; r < ROWS; r++)
        assert_true(six[r] == sixty[r]);
}

/* The mean of six keeps the five rows behind it high: they are no peaks. */
static void an_incident_peaks_once(void **state)
{
    (void)state;
    double score[ROWS];

    run(400, 6, 50, score);
    for (uint32_t r = 401; r < 400 + WARMUP / 5; r++)
        assert_true(score[r] <= score[400] / 100);
}

static void leaving_the_range_is_ten_decades_odder(void **state)
{
    (void)state;
    double in[ROWS], out[ROWS];

    run(400, 6, 50, in);
    run(400, 6, 500, out);
    assert_true(fabs(out[400] - in[400] - RULES_SCORE) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_rows_are_a_decade_or_two_at_most),
        cmocka_unit_test(excess_beyond_six_nats_is_not_told_apart),
        cmocka_unit_test(an_incident_peaks_once),
        cmocka_unit_test(leaving_the_range_is_ten_decades_odder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
