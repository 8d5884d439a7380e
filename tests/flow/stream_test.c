/* tests/flow/stream_test.c mirrors host/flow/stream.c and learn_turn.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream_state.h"
#include "world.h"

#include <math.h>
#include <string.h>

static const char *const up_down[] = { "down", "up", NULL };

static void until_trained_a_row_has_surprise_but_no_score(void **state)
{
    struct stream *s = world_stream(200, 1);
    struct world w = world_new(1);
    struct verdict v;
    (void)state;

    for (int i = 0; i < 200; i++) {
        world_step(s, &w, &v);
        assert_int_equal(v.state, STREAM_LEARNING);
        assert_int_equal(v.gen, 0);
        assert_true(v.surprise > 0 && v.score == 0 && v.tail == 1 && !v.alarm);
    }
    world_step(s, &w, &v);
    assert_int_equal(v.state, STREAM_NORMAL);
    assert_int_equal(v.gen, 1);
    stream_free(s);
}

static void what_it_learned_surprises_it_less(void **state)
{
    struct stream *s = world_stream(200, 1);
    struct world w = world_new(2);
    struct verdict v;
    double before = 0, after = 0;
    (void)state;

    for (int i = 0; i < 600; i++) {
        world_step(s, &w, &v);
        if (i < 200)
            before += (double)v.surprise / 200;
        if (i >= 400)
            after += (double)v.surprise / 200;
    }
    assert_true(after < 0.6 * before);
    stream_free(s);
}

static void the_field_that_broke_is_blamed_and_what_was_expected_is_said(void **state)
{
    struct stream *s = world_stream(300, 1);
    struct world w = world_new(3);
    struct verdict v;
    int blamed = 0, alarmed = 0;
    (void)state;

    for (int i = 0; i < 1200; i++)
        world_step(s, &w, &v);
    for (int i = 0; i < 10; i++) {
        struct stream_row row = world_next(&w);
        w.v[1].num = w.level > 0 ? -3.5 : 3.5;
        assert_int_equal(stream_push(s, &row, &v), 0);
        blamed += v.blame == 1;
        alarmed |= v.alarm;
        assert_string_equal(world_schema.fields[v.field[1].field].name, "b");
        if (i == 0) {
            assert_true(v.field[1].nats > 3);
            assert_in_range(v.field[1].n_expected, 1, STREAM_EXPECTED);
            assert_true(v.field[1].expected[0].p > 0.2f);
            assert_int_not_equal(v.field[1].expected[0].word, v.field[1].word);
            for (uint32_t k = 1; k < v.field[1].n_expected; k++)
                assert_true(v.field[1].expected[k - 1].p >= v.field[1].expected[k].p);
        }
    }
    assert_true(blamed >= 8);
    assert_true(alarmed);
    stream_free(s);
}

static void hour_and_weekday_are_not_words_and_are_not_scored(void **state)
{
    struct stream *s = world_stream(100, 1);
    struct world w = world_new(4);
    struct verdict v;
    (void)state;

    world_step(s, &w, &v);
    assert_int_equal(v.n_fields, 4);
    stream_free(s);
}

/* Rows an hour apart are learned. */
static int knows_the_hour_after(uint32_t hours)
{
    struct stream *s = world_stream(hours, 1);
    struct world w = world_new(4);
    struct stream_lesson lesson;

    for (uint32_t i = 0; i < hours; i++) {
        struct stream_row row = world_next(&w);
        row.ts = (int64_t)i * 3600000;
        assert_int_equal(stream_remember(s, &row), 0);
    }
    assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
    int knows = s->sides_on;
    stream_free(s);
    return knows;
}

static void a_week_of_rows_knows_the_clock(void **state)
{
    (void)state;
    assert_true(knows_the_hour_after(7 * 24));
    assert_false(knows_the_hour_after(7 * 24 - 1));
}

static void the_same_rows_give_the_same_verdicts_bit_for_bit(void **state)
{
    struct stream *a = world_stream(150, 7), *b = world_stream(150, 7);
    struct world wa = world_new(5), wb = world_new(5);
    (void)state;

    for (int i = 0; i < 500; i++) {
        struct verdict x, y;
        world_step(a, &wa, &x);
        world_step(b, &wb, &y);
        assert_true(x.surprise == y.surprise && x.score == y.score && x.tail == y.tail);
    }
    stream_free(a);
    stream_free(b);
}

static void another_seed_is_another_model(void **state)
{
    struct stream *a = world_stream(150, 7), *b = world_stream(150, 8);
    struct world wa = world_new(5), wb = world_new(5);
    struct verdict x, y;
    (void)state;

    world_step(a, &wa, &x);
    world_step(b, &wb, &y);
    assert_true(x.surprise != y.surprise);
    stream_free(a);
    stream_free(b);
}

static void a_row_is_scored_the_same_after_its_window_was_refilled(void **state)
{
    struct stream *a = world_stream(150, 7), *b = world_stream(150, 7);
    struct world wa = world_new(6), wb = world_new(6), extra = world_new(9);
    struct verdict x, y;
    (void)state;

    for (int i = 0; i < 300; i++) {
        world_step(a, &wa, &x);
        world_step(b, &wb, &y);
    }
    /* remembering breaks b's cached window: the next row reads a refilled one */
    struct stream_row row = world_next(&extra);
    assert_int_equal(stream_remember(b, &row), 0);
    assert_int_equal(stream_push(a, &row, &x), 0);
    world_step(a, &wa, &x);
    world_step(b, &wb, &y);
    assert_true(x.surprise == y.surprise);
    stream_free(a);
    stream_free(b);
}

static int give_up(void *ctx, uint32_t done, uint32_t all)
{
    (void)ctx, (void)all;
    return done >= 3;
}

static void a_learning_given_up_changes_nothing(void **state)
{
    struct stream *a = world_stream(150, 7), *b = world_stream(150, 7);
    struct world wa = world_new(7), wb = world_new(7);
    struct stream_lesson lesson;
    struct verdict x, y;
    (void)state;

    for (int i = 0; i < 256; i++) {
        if (stream_due(a))
            assert_int_equal(stream_learn(a, NULL, give_up, NULL, &lesson), -1);
        world_step(a, &wa, &x);
        world_step(b, &wb, &y);
        assert_true(x.surprise == y.surprise && x.gen == y.gen);
    }
    stream_free(a);
    stream_free(b);
}

static void learning_off_never_trains(void **state)
{
    struct stream_options o = { .seed = 1, .warmup = 50, .learn_off = 1 };
    struct stream *s = stream_new(&world_schema, &o, NULL, 0);
    struct world w = world_new(8);
    struct verdict v;
    (void)state;

    for (int i = 0; i < 100; i++) {
        assert_int_equal(stream_due(s), STREAM_NOTHING);
        world_step(s, &w, &v);
    }
    assert_int_equal(v.gen, 0);
    stream_free(s);
}

static void a_context_field_is_seen_but_never_scored(void **state)
{
    static const struct kiri_field two[] = {
        { .name = "load", .kind = KIRI_NUMBER, .buckets = 8, .lo = 0, .hi = 1 },
        { .name = "mode",
          .kind = KIRI_CHOICE,
          .choices = up_down,
          .flags = KIRI_CONTEXT },
    };
    static const struct kiri_schema seen = { .size = sizeof seen,
                                             .n_fields = 2,
                                             .fields = two };
    struct stream_options o = { .seed = 1, .warmup = 60 };
    struct stream *s = stream_new(&seen, &o, NULL, 0);
    struct stream_lesson lesson;
    struct verdict v;
    (void)state;

    for (uint64_t i = 0; i < 100; i++) {
        union kiri_value row[2] = { { .num = (double)(i % 7) / 7 },
                                    { .choice = i % 3 == 0 } };
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &(struct stream_row){ i, (int64_t)i, row }, &v),
                         0);
        assert_int_equal(v.n_fields, 1);
        assert_int_equal(v.field[0].field, 0);
    }
    stream_free(s);
}

static void text_is_scored_byte_by_byte_and_its_worst_byte_named(void **state)
{
    static const struct kiri_field name[] = {
        { .name = "name", .kind = KIRI_TEXT, .max_len = 8 }
    };
    static const struct kiri_schema names = { .size = sizeof names,
                                              .n_fields = 1,
                                              .fields = name };
    static const char *const good[] = { "abab", "ababab", "ab", "abababab" };
    struct stream_options o = { .seed = 1, .warmup = 200 };
    struct stream *s = stream_new(&names, &o, NULL, 0);
    struct stream_lesson lesson;
    struct verdict v;
    union kiri_value row[1];
    (void)state;

    for (uint64_t i = 0; i < 260; i++) {
        const char *text = good[i % 4];
        row[0].text.ptr = text;
        row[0].text.len = (uint32_t)strlen(text);
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &(struct stream_row){ i, 0, row }, &v), 0);
    }
    float usual = v.surprise;
    row[0].text.ptr = "abXb";
    row[0].text.len = 4;
    assert_int_equal(stream_push(s, &(struct stream_row){ 999, 0, row }, &v), 0);
    assert_true(v.surprise > 2 * usual);
    assert_int_equal(v.field[0].word, 'X');
    stream_free(s);
}

static void a_language_that_must_be_learned_is_refused_with_a_sentence(void **state)
{
    static const struct kiri_field learned[] = {
        { .name = "x", .kind = KIRI_WORDS, .max_len = 8 }
    };
    static const struct kiri_schema s = { .size = sizeof s,
                                          .n_fields = 1,
                                          .fields = learned };
    char why[200] = "";
    (void)state;

    assert_null(stream_new(&s, &(struct stream_options){ .seed = 1 }, why, sizeof why));
    assert_non_null(strstr(why, "field x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(until_trained_a_row_has_surprise_but_no_score),
        cmocka_unit_test(what_it_learned_surprises_it_less),
        cmocka_unit_test(the_field_that_broke_is_blamed_and_what_was_expected_is_said),
        cmocka_unit_test(hour_and_weekday_are_not_words_and_are_not_scored),
        cmocka_unit_test(a_week_of_rows_knows_the_clock),
        cmocka_unit_test(the_same_rows_give_the_same_verdicts_bit_for_bit),
        cmocka_unit_test(another_seed_is_another_model),
        cmocka_unit_test(a_row_is_scored_the_same_after_its_window_was_refilled),
        cmocka_unit_test(a_learning_given_up_changes_nothing),
        cmocka_unit_test(learning_off_never_trains),
        cmocka_unit_test(a_context_field_is_seen_but_never_scored),
        cmocka_unit_test(text_is_scored_byte_by_byte_and_its_worst_byte_named),
        cmocka_unit_test(a_language_that_must_be_learned_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
