/* tests/flow/stream_alone_test.c mirrors host/flow/stream_alone.c: texts, each of which
 * stands alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream.h"
#include "names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEARNED 88u
#define GOOD    40u

static const struct kiri_field fields[] = {
    { .name = "name", .kind = KIRI_TEXT, .flags = KIRI_ALWAYS, .max_len = 255 },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 1,
                                           .fields = fields };

static struct stream *new_stream(uint64_t seed, uint32_t warmup)
{
    struct stream_options o = { .seed = seed, .warmup = warmup };
    char why[128] = "";
    struct stream *s = stream_new(&schema, &o, why, sizeof why);

    assert_non_null(s);
    return s;
}

static void push(struct stream *s, const char *name, struct verdict *out)
{
    union kiri_value v = { .text = { name, (uint32_t)strlen(name) } };
    struct stream_row row = { .id = 1, .ts = 1, .v = &v };
    struct stream_lesson lesson;

    if (stream_due(s))
        assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(stream_push(s, &row, out), 0);
}

/* A stream that is about to learn 88 names; *rng goes on with others. */
static struct stream *trained(uint64_t seed, struct gpt_rng *rng)
{
    struct stream *s = new_stream(seed, LEARNED);
    char name[NAMES_CAP];
    struct verdict v;

    gpt_rng_seed(rng, 100 + seed);
    for (uint32_t i = 0; i < LEARNED; i++) {
        names_draw(rng, name);
        push(s, name, &v);
        assert_int_equal(v.state, STREAM_LEARNING);
    }
    return s;
}

static double sum_of(const struct verdict *v)
{
    double sum = 0;

    for (uint32_t k = 0; k < v->n_each; k++)
        sum += (double)v->each[k];
    return sum;
}

static void five_are_the_alarms(struct stream *s, uint64_t seed, struct gpt_rng *rng)
{
    double most_good = 0, least_bad = INFINITY;
    struct stream_facts facts;

    for (uint32_t i = 0; i < GOOD + NAMES_BAD; i++) {
        int bad = i % 9 == 8;
        char name[NAMES_CAP];
        struct verdict v;
        names_draw(rng, name);
        push(s, bad ? names_bad[i / 9] : name, &v);
        stream_facts(s, &facts);
        assert_true(facts.calibrated >= LEARNED); /* from the first on */
        if (v.alarm != bad)
            fail_msg("seed %u, %s: tail %g", (unsigned)seed,
                     bad ? names_bad[i / 9] : name, (double)v.tail);
        if (bad)
            least_bad = fmin(least_bad, sum_of(&v));
        else
            most_good = fmax(most_good, sum_of(&v));
    }
    assert_true(least_bad > 2 * most_good);
}

static void five_bad_names_are_the_alarms_among_forty_good_ones(void **state)
{
    uint64_t seeds = getenv("KIRI_FULL") ? 10 : 1;
    struct gpt_rng rng;

    gpt_rng_seed(&rng, 7);
    five_are_the_alarms(*state, 1, &rng);
    for (uint64_t seed = 2; seed <= seeds; seed++) {
        struct stream *s = trained(seed, &rng);
        five_are_the_alarms(s, seed, &rng);
        stream_free(s);
    }
}

/* Ten of them one after the other: none becomes the yardstick of the next. */
static void each_row_is_an_alarm_by_itself(void **state)
{
    struct stream *s = *state;
    struct stream_facts facts;
    struct verdict v;

    stream_facts(s, &facts);
    uint64_t before = facts.alarms;
    for (int i = 0; i < 10; i++) {
        push(s, names_bad[0], &v);
        assert_true(v.alarm && v.onset && !v.closed && v.state == STREAM_ALARM);
    }
    push(s, "acr_logo_demo_enUS_v03.svg", &v);
    assert_true(!v.alarm && !v.onset && v.closed && v.state == STREAM_NORMAL);
    stream_facts(s, &facts);
    assert_int_equal(facts.alarms, before + 10);
}

static void the_letters_that_do_not_belong_are_told(void **state)
{
    struct stream *s = *state;
    const char *name = "acr_logo demo_enUS_v03.svg"; /* a space for a _ */
    struct verdict v;
    uint32_t worst = 0;
    char word[KIRI_WORD_CAP];

    push(s, name, &v);
    assert_int_equal(v.field[0].each, 0);
    assert_int_equal(v.field[0].n_each, strlen(name) + 1);
    for (uint32_t k = 1; k < v.n_each; k++)
        if (v.each[k] > v.each[worst])
            worst = k;
    assert_int_equal(worst, 8);
    assert_int_equal(v.field[0].word, ' ');
    kiri_word(&schema, v.field[0].expected[0].word, word, sizeof word);
    assert_string_equal(word, "_");
    assert_true(v.field[0].expected[0].p > 0.5f);

    push(s, "acr_logo_demo_enUS_v03.sv", &v); /* it may have gone on, and that is said */
    assert_true(v.each[25] > 3);
    assert_int_equal(v.field[0].word, kiri_schema_bos(&schema));
    kiri_word(&schema, v.field[0].expected[0].word, word, sizeof word);
    assert_string_equal(word, "g");
}

static void every_byte_and_every_length_is_a_row(void **state)
{
    struct stream *s = *state;
    char all[256];
    struct verdict v;

    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    all[255] = '\0';
    push(s, all, &v);
    assert_int_equal(v.n_each, 256);
    assert_true(isfinite(v.surprise) && v.alarm);
    push(s, "", &v);
    assert_int_equal(v.n_each, 1);
    push(s, "x", &v);
    assert_int_equal(v.n_each, 2);
}

static void the_same_names_give_the_same_verdicts_bit_for_bit(void **state)
{
    struct stream *a = new_stream(5, 9), *b = new_stream(5, 9); /* nine: no folds */
    struct gpt_rng rng;
    char name[NAMES_CAP];
    struct verdict x, y;
    (void)state;

    gpt_rng_seed(&rng, 105);
    for (int i = 0; i < 140; i++) { /* over a turn */
        names_draw(&rng, name);
        push(a, name, &x);
        push(b, name, &y);
        assert_true(x.surprise == y.surprise && x.score == y.score && x.tail == y.tail);
    }
    assert_int_equal(x.gen, 2);
    stream_free(a);
    stream_free(b);
}

static int enough(void *ctx, uint32_t done, uint32_t all)
{
    uint32_t *calls = ctx;

    assert_true(done <= all);
    return ++*calls == 7;
}

static void a_training_that_is_given_up_changes_nothing(void **state)
{
    struct gpt_rng rng;
    struct stream *s = new_stream(1, LEARNED);
    char name[NAMES_CAP];
    struct verdict v;
    struct stream_lesson lesson;
    uint32_t calls = 0;
    (void)state;

    gpt_rng_seed(&rng, 101);
    for (uint32_t i = 0; i < LEARNED; i++) {
        names_draw(&rng, name);
        push(s, name, &v);
    }
    assert_int_equal(stream_due(s), STREAM_WARMUP);
    assert_int_equal(stream_learn(s, NULL, enough, &calls, &lesson), -1);
    assert_int_equal(calls, 7);
    assert_int_equal(stream_due(s), STREAM_WARMUP);
    assert_int_equal(lesson.gen, 0);
    stream_free(s);
}

/* What most tests share. */
static int train_shared(void **state)
{
    struct gpt_rng rng;
    struct verdict v;
    struct stream *s = trained(1, &rng);

    push(s, "acr_logo_demo_enUS_v03.svg", &v);
    *state = s;
    return 0;
}

static int free_shared(void **state)
{
    stream_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_bad_names_are_the_alarms_among_forty_good_ones),
        cmocka_unit_test(each_row_is_an_alarm_by_itself),
        cmocka_unit_test(the_letters_that_do_not_belong_are_told),
        cmocka_unit_test(every_byte_and_every_length_is_a_row),
        cmocka_unit_test(the_same_names_give_the_same_verdicts_bit_for_bit),
        cmocka_unit_test(a_training_that_is_given_up_changes_nothing),
    };

    return cmocka_run_group_tests(tests, train_shared, free_shared);
}
