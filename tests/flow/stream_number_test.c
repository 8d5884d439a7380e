/* tests/flow/stream_number_test.c mirrors host/flow/stream_number.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream_state.h"

#include <math.h>
#include <stdlib.h>

static const struct kiri_field field[] = {
    { .name = "x", .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS }
};
static const struct kiri_schema number = { .size = sizeof number,
                                           .n_fields = 1,
                                           .fields = field };

static struct stream *new_stream(uint32_t warmup, double rate)
{
    struct stream_options o = { .seed = 1, .warmup = warmup, .alarm_rate = rate };
    struct stream *s = stream_new(&number, &o, (char[99]){ 0 }, 99);

    assert_non_null(s);
    return s;
}

/* ---- the calibration alone: what a row's excess and its number come to ------------- */

static struct verdict told(struct stream *s, double excess, double x)
{
    struct verdict v = { .tail = 1 };

    double depth = rules_depth(&s->rules, x), far = rules_far(&s->rules, x);

    if (s->gen)
        assert_int_equal(stream_calibrate_number(s, (float)excess, depth, far, &v), 0);
    else
        rules_breach(&s->rules, depth);
    rules_see(&s->rules, x);
    return v;
}

/* Rows of a trained stream: excess and number as usual. */
static struct stream *calm(uint32_t n, struct gpt_rng *rng)
{
    struct stream *s = new_stream(750, 1e-3);

    for (uint32_t i = 0; i < 750 + n; i++) {
        s->gen = i >= 750;
        told(s, 0.3 * gpt_rng_gauss(rng), gpt_rng_gauss(rng));
    }
    return s;
}

static void a_gross_value_is_odd_early_in_life(void **state)
{
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 1);
    struct stream *s = calm(START_ROWS + 10, &rng);
    struct verdict v = told(s, 0.2, 200);
    assert_true(v.tail < 1e-3f && v.onset);
    stream_free(s);
}

/* An atom that watches this machine sees the training, right after it. */
static void what_the_training_did_to_the_range_is_no_alarm(void **state)
{
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 2);
    struct stream *s = calm(START_ROWS / 2, &rng);
    assert_true(told(s, 0.2, 200).tail == 1);
    stream_free(s);
}

static void a_value_out_of_the_range_does_not_hide_a_pattern_that_is_new(void **state)
{
    struct gpt_rng rng;
    int onsets = 0;
    (void)state;

    gpt_rng_seed(&rng, 3);
    struct stream *s = calm(1000, &rng);
    for (int k = 1; k <= 20; k++) { /* each but a little beyond the last */
        told(s, 0.3, 10 * pow(1.1, k));
        for (int i = 0; i < 20; i++)
            told(s, 0.3 * gpt_rng_gauss(&rng), gpt_rng_gauss(&rng));
    }
    for (int i = 0; i < 6; i++)
        onsets += told(s, 4, 0).onset; /* in the range, and not as ever */
    assert_int_equal(onsets, 1);
    stream_free(s);
}

/* Each was announced by the one before it, and none leaves the range. */
static void what_stays_far_out_is_odd_though_it_does_not_surprise(void **state)
{
    struct gpt_rng rng;
    int onsets = 0;
    (void)state;

    gpt_rng_seed(&rng, 6);
    struct stream *s = calm(1000, &rng);
    for (int i = 0; i < 6; i++)
        onsets += told(s, 0, 2.9).onset;
    assert_int_equal(onsets, 1);
    stream_free(s);
}

static void a_range_that_is_often_left_is_left_without_an_alarm(void **state)
{
    struct gpt_rng rng;
    uint64_t before = 0;
    (void)state;

    gpt_rng_seed(&rng, 4);
    struct stream *s = calm(1000, &rng);
    for (int k = 1; k <= 40; k++) {
        told(s, 0.1, 10 * pow(1.1, k));
        for (int i = 0; i < 30; i++)
            told(s, 0.3 * gpt_rng_gauss(&rng), gpt_rng_gauss(&rng));
        if (k == 20)
            before = s->alarms;
    }
    assert_true(s->alarms <= before + 1);
    stream_free(s);
}

static void rows_as_usual_alarm_as_often_as_promised(void **state)
{
    const double rate = 5e-3;
    const uint32_t rows = 20000;
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 5);
    struct stream *s = new_stream(750, rate);
    for (uint32_t i = 0; i < 750 + rows; i++) {
        s->gen = i >= 750;
        told(s, 0.3 * gpt_rng_gauss(&rng), gpt_rng_gauss(&rng));
    }
    assert_in_range(s->alarms, rows * rate / 2, rows * rate * 2);
    stream_free(s);
}

/* ---- whole streams ----------------------------------------------------------------- */

static struct verdict seen(struct stream *s, uint64_t id, double x)
{
    union kiri_value value = { .num = x };
    struct stream_row row = { id, (int64_t)id * 1000, &value };
    struct stream_lesson lesson;
    struct verdict v;

    if (stream_due(s))
        assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(stream_push(s, &row, &v), 0);
    return v;
}

/* A host that ended during the warm-up has its rows only from the store. */
static void a_warm_up_that_was_stored_is_as_one_that_was_seen(void **state)
{
    struct stream *a = new_stream(200, 1e-3), *b = new_stream(200, 1e-3);
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 6);
    for (uint64_t i = 1; i <= 240; i++) {
        union kiri_value x = { .num = gpt_rng_gauss(&rng) + (i == 150 ? 20 : 0) };
        struct stream_row row = { i, (int64_t)i * 1000, &x };
        if (i > 160)
            seen(b, i, x.num);
        else
            assert_int_equal(stream_remember(b, &row), 0);
        seen(a, i, x.num);
    }
    struct verdict v = seen(a, 241, 100), w = seen(b, 241, 100);
    assert_true(v.tail == w.tail && v.tail < 1e-2f && v.score == w.score);
    stream_free(a);
    stream_free(b);
}

/* ---- twice as busy from one hour on -------------------------------- */

enum { DAY = 288, SHIFT = 500, SPIKE = SHIFT + 400 }; /* rows of five minutes */

/* Two waves a day with noise. */
static double busy(uint64_t row, struct gpt_rng *rng)
{
    double day = 2 * M_PI * (double)row / DAY;
    double x = 40 + 10 * sin(day) + 4 * sin(2 * day) + 2 * gpt_rng_gauss(rng);

    return row < SHIFT ? x : 2 * x;
}

static void a_shift_is_alarmed_and_becomes_usual_within_a_day(void **state)
{
    uint64_t lives = getenv("KIRI_FULL") ? 10 : 1;
    (void)state;

    for (uint64_t seed = 1; seed <= lives; seed++) {
        struct stream *s = new_stream(300, 1.0 / DAY);
        struct gpt_rng rng;
        int at_the_shift = 0, after_a_day = 0, at_the_spike = 0;

        gpt_rng_seed(&rng, seed);
        for (uint64_t i = 0; i < SPIKE + 3; i++) {
            union kiri_value x = { .num = busy(i, &rng) };
            struct stream_row row = { i + 1, (int64_t)i * 300000, &x };
            struct stream_lesson lesson;
            struct verdict v;
            if (i >= SPIKE)
                x.num = 400;
            if (stream_due(s))
                assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
            assert_int_equal(stream_push(s, &row, &v), 0);
            at_the_shift += i >= SHIFT && i < SHIFT + 12 && v.onset;
            after_a_day += i >= SHIFT + DAY && i < SPIKE && v.alarm;
            at_the_spike += i >= SPIKE && v.onset;
        }
        assert_int_equal(at_the_shift, 1);
        assert_in_range(after_a_day, 0, 2 * QUIET_ROWS); /* the budget's own */
        assert_int_equal(at_the_spike, 1);
        stream_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gross_value_is_odd_early_in_life),
        cmocka_unit_test(what_the_training_did_to_the_range_is_no_alarm),
        cmocka_unit_test(a_value_out_of_the_range_does_not_hide_a_pattern_that_is_new),
        cmocka_unit_test(what_stays_far_out_is_odd_though_it_does_not_surprise),
        cmocka_unit_test(a_range_that_is_often_left_is_left_without_an_alarm),
        cmocka_unit_test(rows_as_usual_alarm_as_often_as_promised),
        cmocka_unit_test(a_warm_up_that_was_stored_is_as_one_that_was_seen),
        cmocka_unit_test(a_shift_is_alarmed_and_becomes_usual_within_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
