/* tests/eval/thin_test.c mirrors host/eval/thin.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eval/thin.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 1000u

/* A spike down at row 333, one of the score at 777, alarms there, a gap in the times. */
struct drawn {
    float x[ROWS];
    double score[ROWS];
    int64_t ts[ROWS];
    uint8_t odd[ROWS], alarm[ROWS], open[ROWS];
    char name[8];
    struct series series;
    struct measured measured;
};

static void draw(struct drawn *d)
{
    struct judged j;

    memset(d, 0, sizeof *d);
    strcpy(d->name, "load");
    for (uint32_t i = 0; i < ROWS; i++) {
        d->x[i] = i == 333 ? -50 : i == 500 ? NAN : 10 + (float)(i % 7);
        d->score[i] = i == 777 ? 12.3456 : .001 * i / ROWS;
        d->ts[i] = 60000 * (int64_t)(i < 600 ? i : i + 100);
        d->odd[i] = i >= 770 && i < 780;
        d->alarm[i] = d->open[i] = i == 777 || i == 900;
    }
    d->open[901] = 1;
    d->series = (struct series){ .n = ROWS,
                                 .signal = { { d->name, d->x } },
                                 .n_signals = 1,
                                 .ts = d->ts,
                                 .odd = d->odd,
                                 .score = d->score,
                                 .alarm = d->alarm,
                                 .open = d->open,
                                 .has_alarms = 1,
                                 .from = 100 };
    j = (struct judged){ .n = ROWS,
                         .from = 100,
                         .score = d->score,
                         .odd = d->odd,
                         .alarm = d->alarm,
                         .open = d->open,
                         .ts = d->ts };
    assert_int_equal(measure(&j, 0, &d->measured), 0);
}

static json_t *thin(const struct drawn *d, uint32_t most)
{
    struct buf out = { 0 };
    struct jsonw j = jsonw_into(&out);

    thin_write(&d->series, &d->measured, most, &j);
    json_t *root = json_loads(buf_text(&out), 0, NULL);
    assert_non_null(root);
    buf_free(&out);
    return root;
}

static double at(const json_t *list, size_t i)
{
    return json_number_value(json_array_get(list, i));
}

static void short_streams_are_whole(void **state)
{
    (void)state;
    struct drawn d;

    draw(&d);
    json_t *p = thin(&d, ROWS), *x = json_array_get(json_object_get(p, "x"), 0);
    assert_int_equal(json_integer_value(json_object_get(p, "k")), 1);
    assert_int_equal(json_array_size(x), ROWS);
    assert_true(at(x, 333) == -50);
    assert_true(json_is_null(json_array_get(x, 500)));
    json_t *t = json_object_get(p, "t"), *runs = json_array_get(t, 1);
    assert_true(at(t, 0) == 0 && at(t, 2) == 60000. * 1099);
    assert_int_equal(json_array_size(runs), 3); /* 599 minutes, 101 at once, 399 */
    assert_true(at(json_array_get(runs, 0), 1) == 599);
    assert_true(at(json_array_get(runs, 1), 0) == 101 * 60000.);
    json_decref(p);
    measured_free(&d.measured);
}

static void long_streams_lose_no_spike_event_or_alarm(void **state)
{
    (void)state;
    static const uint32_t most[] = { 999, 500, 100, 33, 10, 1 };
    struct drawn d;

    draw(&d);
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        json_t *p = thin(&d, most[i]);
        size_t k = (size_t)json_integer_value(json_object_get(p, "k"));
        json_t *lo = json_array_get(json_object_get(p, "lo"), 0),
               *s = json_object_get(p, "s"), *events = json_object_get(p, "events"),
               *alarms = json_object_get(p, "alarms"), *open = json_object_get(p, "open");
        assert_true(json_array_size(s) <= most[i]);
        assert_int_equal(json_array_size(lo), json_array_size(s));
        assert_true(at(lo, 333 / k) == -50);
        assert_true(fabs(at(s, 777 / k) - 12.3456) < .001);
        assert_int_equal(json_array_size(events), 1);
        assert_true(at(json_array_get(events, 0), 2) == 777);
        assert_int_equal(json_array_size(alarms), 2);
        assert_true(at(json_array_get(alarms, 0), 1) == 1);
        assert_true(at(json_array_get(alarms, 1), 0) == 900);
        assert_true(at(json_array_get(open, 1), 1) == 901);
        json_decref(p);
    }
    measured_free(&d.measured);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_streams_are_whole),
        cmocka_unit_test(long_streams_lose_no_spike_event_or_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
