/* tests/eval/measure_test.c mirrors host/eval/measure.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eval/measure.h"

#include <math.h>
#include <string.h>

#define assert_near(a, b) assert_true(fabs((a) - (b)) <= 1e-9)
#define ROWS              50u
#define FIVE_MINUTES      300000

/* Fifty rows five minutes apart, ten of warm-up. Events: rows 20 to 24, 40 to 41. Alarms
 * open at row 5 (the warm-up's), 22 and 30, the last two for three rows each. */
struct stream {
    double score[ROWS];
    uint8_t odd[ROWS], alarm[ROWS], open[ROWS];
    int64_t ts[ROWS];
    struct judged judged;
};

static void make_stream(struct stream *s)
{
    *s = (struct stream){
        .judged = { .n = ROWS, .from = 10, .period_ms = FIVE_MINUTES, .per_row = .01 }
    };
    for (uint32_t i = 0; i < ROWS; i++) {
        s->odd[i] = (i >= 20 && i <= 24) || i == 40 || i == 41;
        s->alarm[i] = i == 5 || i == 22 || i == 30;
        s->open[i] = (i >= 22 && i <= 24) || (i >= 30 && i <= 32);
        s->score[i] = s->alarm[i] ? 9 : i % 3;
        s->ts[i] = (int64_t)i * FIVE_MINUTES;
    }
    s->judged.score = s->score;
    s->judged.odd = s->odd;
    s->judged.alarm = s->alarm;
    s->judged.open = s->open;
    s->judged.ts = s->ts;
}

static void one_stream(void **state)
{
    (void)state;
    struct stream s;
    struct measured m;

    make_stream(&s);
    assert_int_equal(measure(&s.judged, 0, &m), 0);
    assert_int_equal(m.m.rows, 50);
    assert_int_equal(m.m.judged, 40);
    assert_int_equal(m.m.odd, 7);
    assert_int_equal(m.m.events, 2);
    assert_int_equal(m.events.at[1].first, 40); /* as a row of the stream */
    assert_int_equal(m.m.alarms, 2);
    assert_int_equal(m.m.right, 1);
    assert_int_equal(m.m.found, 1);
    assert_int_equal(m.met[0], 22);
    assert_int_equal(m.met[1], EVENT_MISSED);
    assert_near(m.m.precision, .5);
    assert_near(m.m.recall, .5);
    assert_near(m.m.f1, .5);
    assert_near(m.m.rows_precision, 3 / 6.);
    assert_near(m.m.rows_recall, 3 / 7.);
    assert_near(m.m.delay_rows, 2);
    assert_near(m.m.delay_ms, 2 * FIVE_MINUTES);
    assert_near(m.m.days, 33 * FIVE_MINUTES / 86400e3);
    assert_near(m.m.promised, .33);
    measured_free(&m);
}

static void without_alarms_or_times_there_are_no_such_figures(void **state)
{
    (void)state;
    struct stream s;
    struct measured m;

    make_stream(&s);
    s.judged.alarm = s.judged.open = NULL;
    s.judged.ts = NULL;
    s.judged.period_ms = 0;
    assert_int_equal(measure(&s.judged, 5, &m), 0);
    assert_int_equal(m.m.has_alarms, 0);
    assert_true(isnan(m.m.f1) && isnan(m.m.delay_rows) && isnan(m.m.days));
    assert_false(isnan(m.m.auroc) || isnan(m.m.vus));
    measured_free(&m);
}

static void the_best_threshold_is_on_what_alarms_go_by(void **state)
{
    (void)state;
    struct stream s;
    struct measured m;
    double tail[ROWS];

    make_stream(&s);
    for (uint32_t i = 0; i < ROWS; i++) /* tells both events, which the score does not */
        tail[i] = s.odd[i] ? .001 : .5;
    assert_int_equal(measure(&s.judged, 0, &m), 0);
    assert_int_equal(m.m.by_tail, 0);
    assert_true(m.m.events_best.f1 < 1);
    measured_free(&m);
    s.judged.rare = tail;
    assert_int_equal(measure(&s.judged, 0, &m), 0);
    assert_int_equal(m.m.by_tail, 1);
    assert_near(m.m.events_best.f1, 1);
    assert_near(m.m.events_best.threshold, .001);
    measured_free(&m);
}

static void who_never_speaks_has_an_f1_of_zero(void **state)
{
    (void)state;
    struct stream s;
    struct measured m;

    make_stream(&s);
    memset(s.alarm, 0, sizeof s.alarm);
    memset(s.open, 0, sizeof s.open);
    assert_int_equal(measure(&s.judged, 0, &m), 0);
    assert_true(isnan(m.m.precision));
    assert_near(m.m.recall, 0);
    assert_near(m.m.f1, 0);
    assert_near(m.m.rows_f1, 0);
    measured_free(&m);
}

static void many_streams_are_averaged_and_pooled(void **state)
{
    (void)state;
    struct stream a, b;
    struct measured ma, mb;
    struct overall o;

    make_stream(&a);
    make_stream(&b);
    memset(b.odd, 0, sizeof b.odd); /* nothing to find, both alarms false */
    assert_int_equal(measure(&a.judged, 0, &ma), 0);
    assert_int_equal(measure(&b.judged, 0, &mb), 0);
    const struct judged *j[] = { &a.judged, &b.judged };
    const struct measured *m[] = { &ma, &mb };
    assert_int_equal(measure_all(j, m, 2, &o), 0);
    assert_int_equal(o.streams, 2);
    assert_int_equal(o.auroc.of, 1); /* b has none */
    assert_near(o.auroc.value, ma.m.auroc);
    assert_near(o.vus.value, ma.m.vus);
    assert_int_equal(o.all.judged, 80);
    assert_int_equal(o.all.events, 2);
    assert_near(o.all.precision, 1 / 4.);
    assert_near(o.all.recall, 1 / 2.);
    assert_near(o.all.rows_precision, 3 / 12.);
    assert_near(o.all.delay_rows, 2);
    assert_near(o.all.promised, .33 + .4);
    /* the same scores twice, once without an odd row: more to be above of */
    assert_true(o.all.ap < ma.m.ap);
    measured_free(&ma);
    measured_free(&mb);
}

static void medians(void **state)
{
    (void)state;
    double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 2, 9 };

    assert_near(median(odd, 3), 5);
    assert_near(median(even, 4), 3);
    assert_true(isnan(median(odd, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_stream),
        cmocka_unit_test(without_alarms_or_times_there_are_no_such_figures),
        cmocka_unit_test(the_best_threshold_is_on_what_alarms_go_by),
        cmocka_unit_test(who_never_speaks_has_an_f1_of_zero),
        cmocka_unit_test(many_streams_are_averaged_and_pooled),
        cmocka_unit_test(medians),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
