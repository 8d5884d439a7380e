/* tests/flow/stream_calibrate_test.c mirrors host/flow/stream_calibrate.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream_state.h"
#include "world.h"

#include <math.h>

#define MANY 100u /* tokens: what the model believes of so many never counts */

/* A stream of which only the calibration is used: n rows of noise around 0. */
static struct stream *calm(uint32_t n, struct gpt_rng *rng)
{
    struct stream *s = world_stream(100, 1);
    struct verdict v;

    for (uint32_t i = 0; i < n; i++) {
        v = (struct verdict){ .tail = 1 };
        assert_int_equal(stream_calibrate(s, (float)(0.1 * gpt_rng_gauss(rng)), MANY, &v),
                         0);
    }
    return s;
}

static void without_a_past_nothing_is_odd(void **state)
{
    struct gpt_rng rng;
    struct verdict v = { .tail = 1 };
    (void)state;

    gpt_rng_seed(&rng, 1);
    struct stream *s = calm(STREAM_BLIND - 1, &rng);
    assert_int_equal(stream_calibrate(s, 50, MANY, &v), 0);
    assert_true(v.tail == 1 && !v.alarm);
    stream_free(s);
}

/* Training keeps a CPU busy: an atom that watches this machine sees it, right after. */
static void what_the_training_did_is_no_measure(void **state)
{
    struct gpt_rng rng;
    struct verdict v = { .tail = 1 };
    (void)state;

    gpt_rng_seed(&rng, 6);
    struct stream *s = calm(0, &rng);
    for (uint32_t i = 0; i < 240; i++) {
        float x = i < 12 ? 1 : (float)(0.1 * gpt_rng_gauss(&rng));
        assert_int_equal(stream_calibrate(s, x, MANY, &v), 0);
        assert_int_equal(v.alarm, 0);
    }
    for (int i = 0; i < 6; i++)
        assert_int_equal(stream_calibrate(s, 1, MANY, &v), 0);
    assert_true(v.tail < 1e-6f);
    stream_free(s);
}

static void an_incident_does_not_become_its_own_yardstick(void **state)
{
    struct gpt_rng rng;
    struct verdict v;
    float last = 1;
    (void)state;

    gpt_rng_seed(&rng, 2);
    struct stream *s = calm(240, &rng);
    s->options.alarm_rate = 1e-12; /* look at the tail, not at the alarm */
    for (int i = 0; i < 6; i++) {
        v = (struct verdict){ .tail = 1 };
        assert_int_equal(stream_calibrate(s, 0.6f, MANY, &v), 0);
        assert_true(v.tail <= last);
        last = v.tail;
    }
    float all_six = last;
    for (uint32_t i = 6; i < GUARD_ROWS; i++) {
        v = (struct verdict){ .tail = 1 };
        assert_int_equal(stream_calibrate(s, 0.6f, MANY, &v), 0);
        assert_true(v.tail <= all_six * 1.001f);
    }
    assert_true(all_six < 1e-4f);
    stream_free(s);
}

/* A machine at rest: one field of six goes to the word beside its own, and then far. */
static void what_the_model_half_expected_is_not_rare_however_calm_the_past(void **state)
{
    struct verdict v = { .tail = 1 };
    (void)state;

    struct stream *s = world_stream(100, 1);
    for (uint32_t i = 0; i < 300; i++)
        assert_int_equal(stream_calibrate(s, 0, 6, &v), 0);
    assert_int_equal(stream_calibrate(s, 1.7f / 6, 6, &v), 0);
    assert_true(v.tail > 0.03f && !v.alarm);
    for (uint32_t i = 0; i < QUIET_ROWS; i++)
        assert_int_equal(stream_calibrate(s, 0, 6, &v), 0);
    assert_int_equal(stream_calibrate(s, 9.0f / 6, 6, &v), 0);
    assert_true(v.tail < 1e-4f && v.onset);
    stream_free(s);
}

/* Its six-row mean lingers; the rows after it are as usual. */
static void a_rows_own_tail_is_not_that_of_the_row_before(void **state)
{
    struct gpt_rng rng;
    struct verdict v = { .tail = 1 };
    (void)state;

    gpt_rng_seed(&rng, 8);
    struct stream *s = calm(1000, &rng);
    assert_int_equal(stream_calibrate(s, 3, MANY, &v), 0);
    assert_true(v.tail < 1e-6f && v.row_tail < 1e-6f);
    for (uint32_t i = 1; i < QUIET_ROWS; i++) {
        assert_int_equal(stream_calibrate(s, 0, MANY, &v), 0);
        assert_true(v.tail < 1e-4f && v.row_tail > 0.1f);
    }
    stream_free(s);
}

/* A few rows are no measure of one alone, though they are of what comes in runs. */
static void a_row_alone_is_measured_by_more_rows(void **state)
{
    struct gpt_rng rng;
    struct verdict v = { .tail = 1 };
    (void)state;

    gpt_rng_seed(&rng, 9);
    struct stream *s = calm(FIELDS_ENOUGH, &rng);
    assert_int_equal(stream_calibrate(s, 3, MANY, &v), 0);
    assert_true(v.tail < 1e-6f && v.row_tail >= 1);
    stream_free(s);
}

/* Or how usual a row was would be hidden by how little was believed of it. */
static void a_usual_row_alone_has_a_tail(void **state)
{
    struct gpt_rng rng;
    struct verdict v = { .tail = 1 };
    int below = 0;
    (void)state;

    gpt_rng_seed(&rng, 10);
    struct stream *s = calm(1000, &rng);
    for (int i = 0; i < 1000; i++) {
        float x = (float)(0.1 * gpt_rng_gauss(&rng));
        assert_int_equal(stream_calibrate(s, x, 6, &v), 0);
        assert_true(v.row_tail < 1);
        below += v.row_tail < 0.5f;
    }
    assert_in_range(below, 150, 600);
    stream_free(s);
}

static void without_past_rows_are_measured_by_those_until_then(void **state)
{
    struct stream_options o = { .warmup = 100, .past_off = 1 };
    struct gpt_rng rng;
    struct verdict first = { .tail = 1 }, v = { .tail = 1 };
    (void)state;

    gpt_rng_seed(&rng, 11);
    struct stream *s = calm(1000, &rng);
    stream_adjust(s, &o);
    uint32_t past = s->yard.of[BY_ROW].tail.n;
    assert_int_equal(stream_calibrate(s, 1, MANY, &first), 0);
    for (int i = 0; i < 300; i++)
        assert_int_equal(stream_calibrate(s, i % 10 ? 0 : 1, MANY, &v), 0);
    assert_int_equal(stream_calibrate(s, 1, MANY, &v), 0);
    assert_float_equal(v.row_tail, first.row_tail, 0);
    assert_int_equal(s->yard.of[BY_ROW].tail.n, past);
    stream_free(s);
}

static void many_small_ones_are_as_odd_as_one_large(void **state)
{
    struct gpt_rng rng;
    struct verdict v = { .tail = 1 };
    (void)state;

    gpt_rng_seed(&rng, 3);
    struct stream *s = calm(1000, &rng);
    for (int i = 0; i < 6; i++)
        assert_int_equal(stream_calibrate(s, 0.3f, MANY, &v), 0); /* 3 deviations each */
    assert_true(v.tail < 1e-3f);
    stream_free(s);
}

/* A row of eight fields of noise; what the third does beside is lost in the mean. */
static struct verdict eight_fields(struct stream *s, struct gpt_rng *rng, float third)
{
    struct verdict v = { .tail = 1, .n_fields = 8 };
    float sum = 0;

    for (uint32_t i = 0; i < v.n_fields; i++) {
        v.field[i].excess = (float)(0.5 * gpt_rng_gauss(rng)) + (i == 2 ? third : 0);
        sum += v.field[i].excess;
    }
    assert_int_equal(stream_calibrate(s, sum / (float)v.n_fields, MANY, &v), 0);
    return v;
}

static void what_one_field_does_for_long_is_an_alarm(void **state)
{
    struct verdict v = { .tail = 1 };
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 7);
    struct stream *s = world_stream(100, 1);
    for (int i = 0; i < 2000; i++)
        eight_fields(s, &rng, 0);
    uint64_t alarms = s->alarms;
    for (int i = 0; i < 6; i++)
        v = eight_fields(s, &rng, 1.2f); /* of all: two deviations of their mean of six */
    assert_true(v.tail < 1e-3f);
    assert_int_equal(s->alarms, alarms + 1);
    stream_free(s);
}

static void rows_of_an_alarm_are_no_measure_for_the_next(void **state)
{
    struct gpt_rng rng;
    struct verdict v = { .tail = 1 };
    (void)state;

    gpt_rng_seed(&rng, 4);
    struct stream *s = calm(500, &rng);
    uint32_t before = s->yard.of[BY_ROW].tail.n + s->n_guarded;
    for (int i = 0; i < 60; i++)
        assert_int_equal(stream_calibrate(s, 5, MANY, &v), 0);
    assert_int_equal(v.alarm, 1);
    for (uint32_t i = 0; i < 2 * GUARD_ROWS; i++)
        assert_int_equal(stream_calibrate(s, 0, MANY, &v), 0);
    assert_int_equal(v.alarm, 0);
    assert_int_equal(s->alarms, 1);
    /* the onset, and the quiet rows but those that waited for the close */
    assert_int_equal(s->yard.of[BY_ROW].tail.n + s->n_guarded,
                     before + 1 + 2 * GUARD_ROWS - (QUIET_ROWS + 4));
    stream_free(s);
}

static void what_stays_is_the_new_normal(void **state)
{
    struct gpt_rng rng;
    struct verdict v = { .tail = 1 };
    uint32_t rows = 0;
    (void)state;

    gpt_rng_seed(&rng, 5);
    struct stream *s = calm(500, &rng);
    do {
        float x = (float)(2 + 0.1 * gpt_rng_gauss(&rng));
        assert_int_equal(stream_calibrate(s, x, MANY, &v), 0);
    } while (v.alarm && ++rows < 4 * SHIFT_ROWS);
    assert_in_range(rows, SHIFT_ROWS, 2 * SHIFT_ROWS);
    stream_free(s);
}

static const struct kiri_field name = {
    .name = "name", .kind = KIRI_TEXT, .flags = KIRI_ALWAYS, .max_len = 8
};
static const struct kiri_schema names = { .size = sizeof names,
                                          .n_fields = 1,
                                          .fields = &name };

/* A stream of texts of which only the calibration is used: n rows were held back. */
static struct stream *texts(uint32_t n, double rate, struct gpt_rng *rng)
{
    struct stream_options o = { .seed = 1, .alarm_rate = rate };
    struct stream *s = stream_new(&names, &o, (char[99]){ 0 }, 99);

    for (uint32_t i = 0; i < n; i++) {
        struct school_mark one = { .sum = (float)(10 + gpt_rng_gauss(rng)),
                                   .worst = (float)(2 + 0.3 * gpt_rng_gauss(rng)) };
        assert_int_equal(stream_calibrate_seed(s, &one, 1), 0);
    }
    return s;
}

/* Alarms are remembered as less than they were, and yet they do not become more. */
static void texts_as_usual_alarm_as_often_as_promised(void **state)
{
    const double rate = 1e-3;
    const int rows = 60000;
    (void)state;

    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct gpt_rng rng;
        gpt_rng_seed(&rng, seed);
        struct stream *s = texts(88, rate, &rng);
        for (int i = 0; i < rows; i++) {
            struct verdict v = { .tail = 1 };
            float sum = (float)(10 - log(1 - gpt_rng_uniform(&rng)));
            float worst = (float)(2 + 0.3 * gpt_rng_gauss(&rng));
            assert_int_equal(stream_calibrate_sum(s, sum, worst, &v), 0);
        }
        assert_in_range(s->alarms, rows * rate / 2, rows * rate * 2);
        stream_free(s);
    }
}

/* Of texts: what was held back from the training is past enough, and a far one does not
 * become the yardstick of the next. */
static void a_text_has_a_tail_at_once_and_is_an_alarm_by_itself(void **state)
{
    struct gpt_rng rng;
    struct verdict v;
    (void)state;

    gpt_rng_seed(&rng, 7);
    struct stream *s = texts(PAST_ENOUGH, 1e-2, &rng);
    for (int i = 0; i < 60; i++) {
        int odd = i % 2;
        v = (struct verdict){ .tail = 1 };
        assert_int_equal(stream_calibrate_sum(s, odd ? 500 : 10, 2, &v), 0);
        assert_int_equal(v.alarm, odd);
        assert_int_equal(v.onset, odd);
        assert_int_equal(v.closed, i > 0 && !odd);
    }
    v = (struct verdict){ .tail = 1 };
    assert_int_equal(stream_calibrate_sum(s, 10, 9, &v), 0); /* one letter is enough */
    assert_int_equal(v.alarm, 1);
    assert_int_equal(s->alarms, 31);
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_past_nothing_is_odd),
        cmocka_unit_test(what_the_training_did_is_no_measure),
        cmocka_unit_test(an_incident_does_not_become_its_own_yardstick),
        cmocka_unit_test(what_the_model_half_expected_is_not_rare_however_calm_the_past),
        cmocka_unit_test(a_rows_own_tail_is_not_that_of_the_row_before),
        cmocka_unit_test(a_row_alone_is_measured_by_more_rows),
        cmocka_unit_test(a_usual_row_alone_has_a_tail),
        cmocka_unit_test(without_past_rows_are_measured_by_those_until_then),
        cmocka_unit_test(many_small_ones_are_as_odd_as_one_large),
        cmocka_unit_test(what_one_field_does_for_long_is_an_alarm),
        cmocka_unit_test(rows_of_an_alarm_are_no_measure_for_the_next),
        cmocka_unit_test(what_stays_is_the_new_normal),
        cmocka_unit_test(texts_as_usual_alarm_as_often_as_promised),
        cmocka_unit_test(a_text_has_a_tail_at_once_and_is_an_alarm_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
