/*
 * tests/flow/stream_learned_test.c - streams whose numbers have a learned scale, alone
 * and among others; mirrors host/flow/stream_language.c too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/keep.h"
#include "flow/stream_state.h"

#include <math.h>
#include <stdlib.h>

static const struct kiri_field one_field[] = {
    { .name = "x", .unit = "C", .scale = KIRI_LEARNED }
};
static const struct kiri_schema one = { .size = sizeof one,
                                        .n_fields = 1,
                                        .fields = one_field };
static const char *const words[] = { "off", "on", NULL };
static const struct kiri_field two_fields[] = {
    { .name = "heat", .kind = KIRI_CHOICE, .choices = words, .flags = KIRI_ALWAYS },
    { .name = "x", .scale = KIRI_LEARNED },
};
static const struct kiri_schema two = { .size = sizeof two,
                                        .n_fields = 2,
                                        .fields = two_fields };

struct life {
    const struct kiri_schema *schema;
    struct gpt_rng rng;
    uint64_t id;
    union kiri_value v[2];
};

static struct life life_of(const struct kiri_schema *schema, uint64_t seed)
{
    struct life l = { .schema = schema };

    gpt_rng_seed(&l.rng, seed);
    return l;
}

/* A wave with noise; beside it a switch that says whether the wave is high. */
static struct stream_row next(struct life *l)
{
    double x = 20 + 5 * sin((double)l->id / 10) + 0.3 * gpt_rng_gauss(&l->rng);

    l->id++;
    if (l->schema == &two) {
        l->v[0].choice = x > 20;
        l->v[1].num = x;
    } else {
        l->v[0].num = x;
    }
    return (struct stream_row){ .id = l->id, .ts = (int64_t)l->id * 1000, .v = l->v };
}

static struct stream *new_stream(const struct kiri_schema *schema, uint32_t warmup)
{
    char why[200];
    struct stream *s =
        stream_new(schema, &(struct stream_options){ .seed = 1, .warmup = warmup }, why,
                   sizeof why);

    assert_non_null(s);
    return s;
}

static void step(struct stream *s, const struct stream_row *row, struct verdict *v)
{
    struct stream_lesson lesson;

    if (stream_due(s))
        assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(stream_push(s, row, v), 0);
}

static void a_value_that_never_came_is_the_oddest_and_says_what_was_expected(void **state)
{
    struct life l = life_of(&one, 1);
    struct stream *s = new_stream(&one, 300);
    float most = 0;
    struct verdict v;
    (void)state;

    for (int i = 0; i < 1200; i++) {
        struct stream_row row = next(&l);
        step(s, &row, &v);
        most = fmaxf(most, i >= 500 ? v.score : 0);
    }
    struct stream_row row = next(&l);
    l.v[0].num = 60;
    step(s, &row, &v);
    assert_true(v.score > most && v.score >= 10);
    assert_true(v.field[0].nats > 5);
    assert_true(v.field[0].covers.lo > 26 && v.field[0].covers.hi == INFINITY);
    assert_true(v.field[0].n_expected >= 1);
    assert_true(v.field[0].expected[0].covers.lo > 13);
    assert_true(v.field[0].expected[0].covers.hi < 27);
    stream_free(s);
}

static void a_learned_number_among_others_is_blamed(void **state)
{
    struct life l = life_of(&two, 2);
    struct stream *s = new_stream(&two, 300);
    struct verdict v;
    int blamed = 0;
    (void)state;

    for (int i = 0; i < 1000; i++) {
        struct stream_row row = next(&l);
        step(s, &row, &v);
    }
    for (int i = 0; i < 6; i++) { /* the switch goes on as ever */
        struct stream_row row = next(&l);
        l.v[1].num = 20 - (l.v[1].num - 20);
        step(s, &row, &v);
        blamed += v.blame == 1;
    }
    assert_true(blamed >= 4 && v.score > 3);
    stream_free(s);
}

static void the_language_is_refitted_as_the_stream_moves(void **state)
{
    struct life l = life_of(&one, 3);
    struct stream *s = new_stream(&one, 200);
    struct verdict v;
    (void)state;

    for (int i = 0; i < 3000; i++) {
        struct stream_row row = next(&l);
        l.v[0].num += i < 1000 ? 0 : 100; /* from then on, another level */
        step(s, &row, &v);
    }
    assert_true(v.field[0].covers.lo >= 100 && v.field[0].covers.hi <= 130);
    assert_true(v.surprise < 4);
    stream_free(s);
}

static int give_up(void *ctx, uint32_t done, uint32_t all)
{
    (void)all;
    return done == *(uint32_t *)ctx;
}

static void a_learning_given_up_leaves_the_words_as_they_were(void **state)
{
    struct life l = life_of(&one, 4), same = life_of(&one, 4);
    struct stream *a = new_stream(&one, 200), *b = new_stream(&one, 200);
    struct stream_lesson lesson;
    struct verdict x, y;
    uint32_t at = 3;
    (void)state;

    for (int i = 0; i < 600; i++) {
        struct stream_row p = next(&l), q = next(&same);
        if (stream_due(b))
            assert_int_equal(stream_learn(b, NULL, give_up, &at, &lesson), -1);
        step(a, &p, &x);
        step(b, &q, &y);
        assert_true(x.surprise == y.surprise && x.score == y.score && x.tail == y.tail);
        assert_int_equal(x.field[0].word, y.field[0].word);
    }
    stream_free(a);
    stream_free(b);
}

/* Now and then x leaves its range, far, or to infinity, which is 1e308 when it is read
 * back from the store. */
static struct stream_row now_and_then(struct life *l, double infinite)
{
    struct stream_row row = next(l);
    double *x = &l->v[l->schema == &two].num;

    if (l->id == 300)
        *x += 10;
    else if (l->id % 200 == 100)
        *x = (double)l->id;
    else if (l->id % 90 == 7)
        *x = infinite;
    return row;
}

static void goes_on(const struct kiri_schema *schema)
{
    struct life l = life_of(schema, 5), again = life_of(schema, 5);
    struct stream *a = new_stream(schema, 200), *b = new_stream(schema, 200);
    struct kiri_error err = { 0 };
    struct verdict x, y;
    size_t len;

    for (int i = 0; i < 450; i++) {
        struct stream_row row = now_and_then(&l, (double)INFINITY);
        step(a, &row, &x);
    }
    void *bytes = keep_save(a, "x", &len);
    assert_non_null(bytes);
    assert_int_equal(keep_load(b, bytes, len, NULL, &err), 0);
    keep_history(b, 450);
    for (int i = 0; i < 450; i++) {
        struct stream_row row = now_and_then(&again, 1e308);
        assert_int_equal(stream_remember(b, &row), 0);
    }
    for (int i = 0; i < 500; i++) { /* through several learnings */
        struct stream_row p = now_and_then(&l, (double)INFINITY);
        struct stream_row q = now_and_then(&again, (double)INFINITY);
        step(a, &p, &x);
        step(b, &q, &y);
        assert_true(x.surprise == y.surprise && x.score == y.score && x.tail == y.tail);
        assert_true(x.gen == y.gen && x.alarm == y.alarm);
    }
    stream_free(a);
    stream_free(b);
    free(bytes);
}

static void what_was_saved_goes_on_bit_for_bit(void **state)
{
    (void)state;
    goes_on(&one);
    goes_on(&two);
}

/* What a file of a stream holds after n more rows. */
static void *saved(struct stream *s, struct life *l, int n, size_t *len)
{
    struct verdict v;

    for (int i = 0; i < n; i++) {
        struct stream_row row = next(l);
        step(s, &row, &v);
    }
    void *bytes = keep_save(s, "x", len);
    assert_non_null(bytes);
    return bytes;
}

static void an_open_alarm_goes_on_with_what_it_is_about(void **state)
{
    struct life l = life_of(&two, 7);
    struct stream *a = new_stream(&two, 200), *b = new_stream(&two, 200);
    struct verdict v;
    size_t len;
    (void)state;

    free(saved(a, &l, 300, &len));
    a->alarm = (struct alarm){ .open = 1 };
    a->blame.sum[0] = 40;
    void *bytes = saved(a, &l, 0, &len);
    assert_int_equal(keep_load(b, bytes, len, NULL, NULL), 0);
    assert_true(b->alarm.open && b->blame.sum[0] == 40 && b->blame.sum[1] == 0);
    v = (struct verdict){ .alarm = 1, .n_fields = 2, .blame = 1, .row_blame = 1 };
    v.field[0] = (struct verdict_field){ .field = 0, .excess = 0 };
    v.field[1] = (struct verdict_field){ .field = 1, .excess = 9 };
    blame_row(&b->blame, &v);
    assert_int_equal(v.blame, 0);
    stream_free(a);
    stream_free(b);
    free(bytes);
}

static void a_model_serves_under_another_warmup(void **state)
{
    static const uint32_t warmups[] = { 400, 20, 3000 };
    struct life l = life_of(&one, 8);
    struct stream *a = new_stream(&one, 400);
    size_t len;
    void *bytes = saved(a, &l, 700, &len);
    (void)state;

    assert_true(a->rules.held.n > 1);
    for (size_t i = 0; i < sizeof warmups / sizeof *warmups; i++) {
        struct stream *b = new_stream(&one, warmups[i]);
        struct kiri_error err = { 0 };
        if (keep_load(b, bytes, len, NULL, &err))
            fail_msg("warm-up %u: %s", warmups[i], err.text);
        stream_free(b);
    }
    stream_free(a);
    free(bytes);
}

static void a_missing_value_is_a_word_and_no_value_of_the_scale(void **state)
{
    struct life l = life_of(&one, 6);
    struct stream *s = new_stream(&one, 200);
    struct verdict v = { 0 };
    (void)state;

    for (int i = 0; i < 900; i++) {
        struct stream_row row = next(&l);
        if (i % 7 == 0)
            l.v[0].num = (double)NAN;
        step(s, &row, &v);
        if (i > 300 && i % 7 == 0) {
            assert_true(isnan(v.field[0].covers.lo));
            assert_true(isfinite(v.score) && isfinite(v.surprise));
        }
    }
    stream_free(s);
}

static void nothing_but_missing_values_is_no_language_and_no_fault(void **state)
{
    struct stream *s = new_stream(&one, 100);
    union kiri_value nan = { .num = (double)NAN };
    struct verdict v;
    (void)state;

    for (uint64_t i = 1; i <= 400; i++)
        step(s, &(struct stream_row){ .id = i, .ts = (int64_t)i, .v = &nan }, &v);
    assert_true(v.surprise < 0.5f && !v.alarm);
    nan.num = INFINITY;
    step(s, &(struct stream_row){ .id = 401, .ts = 401, .v = &nan }, &v);
    assert_true(isfinite(v.surprise) && v.surprise > 2);
    stream_free(s);
}

static void a_constant_stream_is_quiet_until_it_changes(void **state)
{
    struct stream *s = new_stream(&one, 200);
    union kiri_value x = { .num = 42 };
    struct verdict v;
    (void)state;

    for (uint64_t i = 1; i <= 1500; i++) {
        step(s, &(struct stream_row){ .id = i, .ts = (int64_t)i, .v = &x }, &v);
        assert_true(v.score < 1 && !v.alarm);
    }
    x.num = 43;
    step(s, &(struct stream_row){ .id = 1501, .ts = 1501, .v = &x }, &v);
    assert_true(v.score >= 10 && v.alarm);
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_value_that_never_came_is_the_oddest_and_says_what_was_expected),
        cmocka_unit_test(a_learned_number_among_others_is_blamed),
        cmocka_unit_test(the_language_is_refitted_as_the_stream_moves),
        cmocka_unit_test(a_learning_given_up_leaves_the_words_as_they_were),
        cmocka_unit_test(what_was_saved_goes_on_bit_for_bit),
        cmocka_unit_test(an_open_alarm_goes_on_with_what_it_is_about),
        cmocka_unit_test(a_model_serves_under_another_warmup),
        cmocka_unit_test(a_missing_value_is_a_word_and_no_value_of_the_scale),
        cmocka_unit_test(nothing_but_missing_values_is_no_language_and_no_fault),
        cmocka_unit_test(a_constant_stream_is_quiet_until_it_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
