/* tests/eval/events_test.c mirrors host/eval/events.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "draw.h"
#include "eval/events.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void an_event_is_a_run_of_odd_rows(void **state)
{
    (void)state;
    static const uint8_t odd[] = { 1, 0, 0, 1, 1, 0, 1 };
    static const struct span want[] = { { 0, 0 }, { 3, 4 }, { 6, 6 } };
    struct spans s;

    assert_int_equal(spans_of(odd, 7, &s), 0);
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.at, want, sizeof want);
    spans_free(&s);
    assert_int_equal(spans_of(odd + 1, 2, &s), 0);
    assert_int_equal(s.n, 0);
    spans_free(&s);
}

static void an_alarm_opens_after_six_quiet_rows(void **state)
{
    (void)state;
    static const uint8_t alarm[] = { 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0 };
    static const uint8_t want[] = { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 };
    uint8_t onset[16];

    assert_int_equal(onsets_of(alarm, 16, onset), 2);
    assert_memory_equal(onset, want, 16);
    assert_int_equal(onsets_of(onset, 16, onset), 2); /* of onsets it changes nothing */
    assert_memory_equal(onset, want, 16);
}

static void alarms_are_right_inside_of_events_only(void **state)
{
    (void)state;
    static struct span span[] = { { 10, 19 }, { 30, 30 }, { 40, 49 } };
    static const struct spans events = { span, 3 };
    uint8_t onset[60] = { 0 };
    struct meeting m;

    onset[9] = onset[12] = onset[19] = onset[20] = onset[40] = 1;
    assert_int_equal(events_meet(&events, onset, 60, &m), 0);
    assert_int_equal(m.alarms, 5);
    assert_int_equal(m.right, 3);
    assert_int_equal(m.found, 2);
    assert_int_equal(m.row[0], 12); /* the first of two */
    assert_int_equal(m.row[1], EVENT_MISSED);
    assert_int_equal(m.row[2], 40);
    free(m.row);
}

/* Threshold by threshold, alarms and all. */
static double slowly(const double *score, const uint8_t *odd, uint32_t n,
                     const struct spans *events)
{
    uint8_t alarm[DRAW_ROWS];
    double best = 0;

    (void)odd;
    for (int level = DRAW_LEVELS; level >= -DRAW_LEVELS; level--) {
        struct meeting m;
        for (uint32_t i = 0; i < n; i++)
            alarm[i] = score[i] >= level;
        if (!onsets_of(alarm, n, alarm))
            continue;
        assert_int_equal(events_meet(events, alarm, n, &m), 0);
        best = fmax(best, f1_of((double)m.right / m.alarms, (double)m.found / events->n));
        free(m.row);
    }
    return best;
}

static void the_best_threshold_is_the_best_of_all(void **state)
{
    (void)state;
    double score[DRAW_ROWS];
    uint8_t odd[DRAW_ROWS];

    for (uint32_t seed = 1; seed <= 60; seed++) {
        uint32_t n = draw_stream(seed, score, odd);
        struct ranking r;
        struct spans events;
        struct best best;
        assert_int_equal(ranking_make(&r, score, odd, n), 0);
        assert_int_equal(spans_of(odd, n, &events), 0);
        assert_int_equal(events_best_f1(&r, &events, &best), 0);
        assert_true(fabs(best.f1 - slowly(score, odd, n, &events)) < 1e-12);
        ranking_free(&r);
        spans_free(&events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_a_run_of_odd_rows),
        cmocka_unit_test(an_alarm_opens_after_six_quiet_rows),
        cmocka_unit_test(alarms_are_right_inside_of_events_only),
        cmocka_unit_test(the_best_threshold_is_the_best_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
