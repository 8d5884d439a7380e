/*
 * tests/flow/stream_lessons_test.c mirrors host/flow/stream_lessons.c and
 * stream_windows.c. No model is trained where none is needed: alarms come and go with the
 * budget.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/keep.h"
#include "flow/keep_lessons.h"
#include "flow/stream_lessons.h"
#include "flow/stream_windows.h"
#include "model/safetensors.h"
#include "world.h"

#include <math.h>
#include <stdlib.h>

#define MINUTE 60000
#define HOUR   (60 * MINUTE)

static const struct kiri_field number[] = { { .name = "x", .scale = KIRI_LEARNED } };
static const struct kiri_schema one = { .size = sizeof one,
                                        .n_fields = 1,
                                        .fields = number };

/* A stream that scores as if it had been trained, and a row a minute. */
struct life {
    struct stream *s;
    struct gpt_rng rng;
    uint64_t id;
    int64_t ts;
    struct verdict v;
};

static struct life life_of(const struct kiri_schema *schema, int64_t hold_ms)
{
    struct stream_options o = {
        .seed = 1, .warmup = 100, .learn_off = 1, .hold_ms = hold_ms
    };
    struct life l = { .s = stream_new(schema, &o, (char[99]){ 0 }, 99) };

    assert_non_null(l.s);
    gpt_rng_seed(&l.rng, 1);
    l.s->gen = l.s->gens = 1;
    return l;
}

static void live_as(struct life *l, uint32_t n, double x)
{
    union kiri_value v[5] = { { .num = 0 } };

    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t f = 0; f < 3; f++)
            v[f].num = x + 0.1 * gpt_rng_gauss(&l->rng);
        if (stream_schema(l->s)->n_fields > 1) {
            v[3].choice = 1;
            v[4].choice = 0;
        }
        l->ts += MINUTE;
        struct stream_row row = { .id = ++l->id, .ts = l->ts, .v = v };
        assert_int_equal(stream_push(l->s, &row, &l->v), 0);
    }
}

/* n rows that are odd, or usual, as the budget has it. */
static void odd(struct life *l, uint32_t n, double x)
{
    l->s->options.alarm_rate = 1;
    live_as(l, n, x);
}

static void usual(struct life *l, uint32_t n, double x)
{
    l->s->options.alarm_rate = 1e-13;
    live_as(l, n, x);
}

static uint32_t rows_that(const struct stream *s, enum lesson lesson)
{
    uint32_t n = 0;

    for (uint64_t r = s->rows - s->n_kept; r < s->rows; r++)
        n += s->kept[r % STREAM_KEEPS]->lesson == lesson;
    return n;
}

static void an_alarm_that_closes_before_the_hold_is_left_out(void **state)
{
    struct life l = life_of(&world_schema, HOUR);
    (void)state;

    usual(&l, 30, 0);
    odd(&l, 20, 3);
    assert_int_equal(rows_that(l.s, LESSON_WAITS), 20);
    usual(&l, 30, 0);
    assert_int_equal(l.v.alarm, 0);
    assert_int_equal(rows_that(l.s, LESSON_WAITS), 0);
    /* and so are the quiet rows before it was known to be over */
    assert_int_equal(rows_that(l.s, LESSON_LEFT_OUT), 20 + QUIET_ROWS - 1);
    assert_int_equal(rows_that(l.s, LESSON_LEARN), 80 - 20 - (QUIET_ROWS - 1));
    stream_free(l.s);
}

static void an_alarm_that_stays_is_learned_from_its_onset_on(void **state)
{
    struct life l = life_of(&world_schema, HOUR);
    struct stream_facts facts;
    (void)state;

    usual(&l, 30, 0);
    odd(&l, 60, 3);
    stream_facts(l.s, &facts);
    assert_int_equal(facts.waiting, 60);
    odd(&l, 1, 3); /* the 61st minute: an hour after the onset */
    assert_int_equal(l.v.alarm, 1);
    assert_int_equal(rows_that(l.s, LESSON_LEARN), 91);
    odd(&l, 5, 3);
    usual(&l, 20, 3);
    assert_int_equal(rows_that(l.s, LESSON_LEARN), 116);
    stream_free(l.s);
}

static void without_a_hold_nothing_waits(void **state)
{
    struct life l = life_of(&one, 0);
    (void)state;

    usual(&l, 30, 0);
    odd(&l, 20, 3);
    assert_int_equal(l.v.alarm, 1);
    assert_int_equal(rows_that(l.s, LESSON_LEARN), 50);
    stream_free(l.s);
}

static void times_that_run_backwards_make_no_alarm_older(void **state)
{
    struct life l = life_of(&world_schema, HOUR);
    (void)state;

    usual(&l, 30, 0);
    odd(&l, 30, 3);
    l.ts -= 24 * (int64_t)HOUR;
    odd(&l, 31, 3); /* 29 minutes, one jump, 30 minutes */
    assert_int_equal(rows_that(l.s, LESSON_WAITS), 61);
    odd(&l, 2, 3);
    assert_int_equal(rows_that(l.s, LESSON_WAITS), 0);
    stream_free(l.s);
}

static void what_was_learned_for_long_is_a_measure_for_tails(void **state)
{
    static const struct {
        int64_t step;  /* between rows, ms */
        uint32_t rows; /* of an alarm until it is settled: by rows, or half a day */
    } cases[] = {
        { 1000, 60 + SHIFT_ROWS },
        { 5 * MINUTE, 60 * 1000 / (5 * MINUTE) + 1 + 12 * 12 },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct life l = life_of(&one, MINUTE);
        uint32_t n = 0;

        usual(&l, 30, 0);
        l.s->options.alarm_rate = 1;
        for (; !lessons_settled(l.s) && n < 4000; n++) {
            l.ts += cases[i].step - MINUTE;
            live_as(&l, 1, 3);
        }
        assert_in_range(n, cases[i].rows, cases[i].rows + 2);
        stream_free(l.s);
    }
}

static uint32_t judge(struct life *l, uint64_t from, uint64_t to,
                      enum stream_judgement judgement)
{
    uint32_t rows;

    assert_int_equal(stream_judge(l->s, from, to, judgement, &rows), 0);
    return rows;
}

/* The pasts of several numbers have what is normal, whatever was said before. */
static void the_last_word_about_a_row_counts(void **state)
{
    struct life l = life_of(&world_schema, HOUR);
    (void)state;

    usual(&l, 100, 0);
    odd(&l, 20, 3);
    usual(&l, 60, 0);
    uint32_t gauges = l.s->yard.of[BY_ROW].gauge.past.n,
             tails = l.s->yard.of[BY_ROW].tail.n;

    assert_int_equal(gauges, 180 - START_ROWS - GUARD_ROWS);
    assert_int_equal(tails, gauges - (19 + QUIET_ROWS - 1)); /* the onset is in */
    assert_int_equal(judge(&l, 101, 120, STREAM_DISMISSED), 20);
    assert_int_equal(l.s->yard.of[BY_ROW].tail.n, tails + 19);
    assert_int_equal(l.s->yard.of[BY_SIX].tail.n, tails + 19);
    assert_int_equal(l.s->yard.of[BY_SIX].gauge.past.n, gauges);
    assert_int_equal(rows_that(l.s, LESSON_DISMISSED), 20);

    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(judge(&l, 101, 120, STREAM_APPROVED), 20);
        assert_int_equal(l.s->yard.of[BY_ROW].tail.n, tails - 1);
        assert_int_equal(l.s->yard.of[BY_ROW].gauge.past.n, gauges - 20);
        assert_int_equal(l.s->yard.of[BY_SIX].gauge.past.n, gauges - 20);
        assert_int_equal(rows_that(l.s, LESSON_APPROVED), 20);
    }
    assert_int_equal(judge(&l, 101, 120, STREAM_DISMISSED), 20);
    assert_int_equal(l.s->yard.of[BY_ROW].tail.n, tails + 19);
    assert_int_equal(l.s->yard.of[BY_ROW].gauge.past.n, gauges);
    assert_int_equal(judge(&l, 5000, 6000, STREAM_DISMISSED), 0);
    assert_int_equal(l.s->judged, 80);
    stream_free(l.s);
}

static void a_row_behind_the_guard_is_judged_as_well(void **state)
{
    struct life l = life_of(&world_schema, HOUR);
    (void)state;

    usual(&l, 100, 0);
    odd(&l, 10, 3);
    uint32_t gauges = l.s->yard.of[BY_ROW].gauge.past.n,
             tails = l.s->yard.of[BY_ROW].tail.n;

    assert_int_equal(judge(&l, 101, 105, STREAM_APPROVED), 5);
    assert_int_equal(judge(&l, 106, 110, STREAM_DISMISSED), 5);
    assert_int_equal(l.s->waiting, 0);
    usual(&l, GUARD_ROWS, 0); /* all ten come out of it */
    assert_int_equal(l.s->yard.of[BY_ROW].gauge.past.n, gauges + GUARD_ROWS - 5);
    assert_int_equal(l.s->yard.of[BY_ROW].tail.n, tails + GUARD_ROWS - 5);
    stream_free(l.s);
}

static void what_was_approved_is_out_of_range_again(void **state)
{
    struct life l = life_of(&one, HOUR);
    (void)state;

    usual(&l, 200, 0);
    struct breaches before = l.s->rules.breaches;
    odd(&l, 20, 9);
    usual(&l, 50, 0);
    assert_true(rules_depth(&l.s->rules, 9) < 0.05);
    judge(&l, 201, 220, STREAM_APPROVED);
    assert_true(rules_depth(&l.s->rules, 9) > 1);
    assert_true(rules_depth(&l.s->rules, 0) < 0.05);
    assert_true(l.s->rules.breaches.seen < before.seen + 0.05 &&
                l.s->rules.breaches.depth < before.depth + 0.05);
    stream_free(l.s);
}

static void what_was_dismissed_stays_in_range_while_it_is_remembered(void **state)
{
    struct life l = life_of(&one, HOUR);
    (void)state;

    usual(&l, 200, 0);
    odd(&l, 20, 9);
    usual(&l, 50, 0);
    assert_false(lessons_usual(l.s, 9));
    judge(&l, 201, 220, STREAM_DISMISSED);
    usual(&l, RULES_RANGE, 0);
    assert_true(rules_depth(&l.s->rules, 9) > 1);
    assert_true(lessons_usual(l.s, 9));
    assert_false(lessons_usual(l.s, 9.5));
    usual(&l, STREAM_KEEPS - RULES_RANGE, 0);
    assert_false(lessons_usual(l.s, 9));
    stream_free(l.s);
}

static void a_window_counts_rows_as_they_may_be_learned(void **state)
{
    static const float weights[] = { [LESSON_LEARN] = 1, [LESSON_DISMISSED] = 4, 0 };
    struct life l = life_of(&world_schema, HOUR);
    struct stream *s = l.s;
    struct windows w = { 0 };
    struct gpt_rng rng;
    int seen[3] = { 0 };
    (void)state;

    usual(&l, 60, 0);
    odd(&l, 40, 3);
    judge(&l, 61, 80, STREAM_DISMISSED);
    s->scored = 1000; /* the training is long ago */
    gpt_rng_seed(&rng, 1);
    assert_int_equal(windows_init(&w, &world_schema, gpt_shape_of(s->gpt)->context), 0);
    for (int i = 0; i < 50; i++) {
        windows_draw(&w, s, 256, &rng);
        for (uint32_t k = 0; k < STREAM_BATCH; k++) {
            const struct gpt_example *e = &w.example[k];
            float most = 0;
            for (uint32_t t = 0; t < e->n; t++) {
                assert_true(e->mask[t] == 0 || e->mask[t] == weights[LESSON_LEARN] ||
                            e->mask[t] == weights[LESSON_DISMISSED]);
                most = fmaxf(most, e->mask[t]);
                seen[e->mask[t] > 1 ? 2 : e->mask[t] > 0]++;
            }
            assert_true(most > 0);
        }
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
    windows_fini(&w);
    stream_free(s);
}

static void where_nothing_may_be_learned_no_generation_comes(void **state)
{
    struct life l = life_of(&one, HOUR);
    struct stream_lesson lesson;
    (void)state;

    usual(&l, STREAM_TURN, 0);
    l.s->options.learn_off = 0;
    judge(&l, 1, STREAM_TURN, STREAM_APPROVED);
    assert_int_equal(stream_due(l.s), STREAM_A_TURN);
    assert_int_equal(stream_learn(l.s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(lesson.gen, 1);
    assert_int_equal(lesson.steps, 0);
    assert_int_equal(stream_due(l.s), STREAM_NOTHING);
    stream_free(l.s);
}

static void the_scale_is_fitted_to_what_may_be_learned(void **state)
{
    struct life l = life_of(&one, HOUR);
    struct stream_lesson lesson;
    (void)state;

    usual(&l, STREAM_TURN - 20, 0);
    odd(&l, 20, 9);
    l.s->options.learn_off = 0;
    assert_int_equal(stream_learn(l.s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(lesson.gen, 2);
    assert_true(l.s->language.edges[0].hi < 1);
    usual(&l, STREAM_TURN, 0);
    judge(&l, STREAM_TURN - 19, STREAM_TURN, STREAM_DISMISSED);
    assert_int_equal(stream_learn(l.s, NULL, NULL, NULL, &lesson), 0);
    assert_true(l.s->language.edges[0].hi > 8);
    stream_free(l.s);
}

static void a_turn_passed_over_leaves_the_generation(void **state)
{
    struct life l = life_of(&one, HOUR);
    (void)state;

    usual(&l, STREAM_TURN, 0);
    l.s->options.learn_off = 0;
    assert_int_equal(stream_due(l.s), STREAM_A_TURN);
    stream_skip(l.s);
    assert_int_equal(stream_due(l.s), STREAM_NOTHING);
    usual(&l, STREAM_TURN, 0);
    assert_int_equal(l.v.gen, 1);
    assert_int_equal(stream_due(l.s), STREAM_A_TURN);
    stream_free(l.s);
}

/* Saved, and brought back with the rows that the store has: all but `lost`. */
static struct life restarted(struct life *l, uint64_t lost)
{
    struct life again = life_of(stream_schema(l->s), HOUR);
    struct kiri_error err = { 0 };
    size_t len;
    void *bytes = keep_save(l->s, "a", &len);

    assert_non_null(bytes);
    assert_int_equal(keep_load(again.s, bytes, len, NULL, &err), 0);
    keep_history(again.s, l->s->n_kept);
    for (uint64_t id = 1; id <= l->id; id++) {
        union kiri_value v[5] = { { .num = l->s->kept[id - 1]->number } };
        struct stream_row row = { .id = id, .ts = (int64_t)id * MINUTE, .v = v };
        if (id != lost)
            assert_int_equal(stream_remember(again.s, &row), 0);
    }
    again.id = l->id;
    again.ts = l->ts;
    again.rng = l->rng;
    free(bytes);
    return again;
}

static void a_restart_knows_what_may_be_learned(void **state)
{
    struct life l = life_of(&one, HOUR);
    (void)state;

    usual(&l, 200, 0);
    odd(&l, 10, 5);
    usual(&l, 30, 0);
    odd(&l, 10, 7);
    usual(&l, 30, 0);
    judge(&l, 201, 205, STREAM_APPROVED);
    judge(&l, 241, 245, STREAM_DISMISSED);
    odd(&l, 40, 3); /* open */
    struct life a = restarted(&l, 0);
    struct life b = restarted(&l, 203);
    for (enum lesson k = LESSON_LEARN; k <= LESSON_DISMISSED; k++) {
        assert_true(rows_that(a.s, k) == rows_that(l.s, k) && rows_that(l.s, k) > 0);
        assert_int_equal(rows_that(b.s, k), rows_that(l.s, k) - (k == LESSON_APPROVED));
    }
    assert_true(a.s->waiting == l.s->waiting && a.s->judged == l.s->judged);
    assert_true(lessons_usual(a.s, 7) && !lessons_usual(a.s, 5));
    odd(&l, 19, 3); /* its hour is over with the next one */
    odd(&a, 19, 3);
    assert_true(a.s->waiting > 0 && a.s->waiting == l.s->waiting);
    odd(&l, 2, 3);
    odd(&a, 2, 3);
    assert_true(a.s->waiting == 0 && l.s->waiting == 0);
    assert_int_equal(judge(&l, 300, 320, STREAM_APPROVED), 21);
    assert_int_equal(judge(&a, 300, 320, STREAM_APPROVED), 21);
    for (int i = 0; i < 20; i++) {
        usual(&l, 1, i % 3);
        usual(&a, 1, i % 3);
        assert_true(a.v.score == l.v.score && a.v.tail == l.v.tail);
    }
    stream_free(l.s);
    stream_free(a.s);
    stream_free(b.s);
}

static void a_file_from_before_knows_no_lessons_and_is_fine(void **state)
{
    struct life l = life_of(&one, HOUR);
    struct safetensors_writer *w = safetensors_writer_new();
    struct kiri_error err = { 0 };
    size_t len;
    (void)state;

    safetensors_put(w, "x", TENSOR_F32, 1, &(uint64_t){ 1 }, &(float){ 1 });
    void *bytes = safetensors_build(w, &len);
    struct safetensors *st = safetensors_parse(bytes, len, &err);
    assert_non_null(st);
    assert_int_equal(keep_lessons_get(l.s, st, &err), 0);
    assert_int_equal(l.s->n_recalled, 0);
    safetensors_free(st);
    safetensors_writer_free(w);
    free(bytes);
    stream_free(l.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alarm_that_closes_before_the_hold_is_left_out),
        cmocka_unit_test(an_alarm_that_stays_is_learned_from_its_onset_on),
        cmocka_unit_test(without_a_hold_nothing_waits),
        cmocka_unit_test(times_that_run_backwards_make_no_alarm_older),
        cmocka_unit_test(what_was_learned_for_long_is_a_measure_for_tails),
        cmocka_unit_test(the_last_word_about_a_row_counts),
        cmocka_unit_test(a_row_behind_the_guard_is_judged_as_well),
        cmocka_unit_test(what_was_approved_is_out_of_range_again),
        cmocka_unit_test(what_was_dismissed_stays_in_range_while_it_is_remembered),
        cmocka_unit_test(a_window_counts_rows_as_they_may_be_learned),
        cmocka_unit_test(where_nothing_may_be_learned_no_generation_comes),
        cmocka_unit_test(the_scale_is_fitted_to_what_may_be_learned),
        cmocka_unit_test(a_turn_passed_over_leaves_the_generation),
        cmocka_unit_test(a_restart_knows_what_may_be_learned),
        cmocka_unit_test(a_file_from_before_knows_no_lessons_and_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
