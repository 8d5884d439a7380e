/*
 * tests/flow/stream_shift_test.c - what becomes of an incident that stays, and of one on
 * which people have given their word: streams of a row a minute, one alarm a day. In
 * full, days; else the same, shorter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE 60000
#define DAY    1440u /* rows */

static const struct kiri_field fields[] = {
    { .name = "a", .scale = KIRI_LEARNED }, { .name = "b", .scale = KIRI_LEARNED },
    { .name = "c", .scale = KIRI_LEARNED }, { .name = "d", .scale = KIRI_LEARNED },
    { .name = "e", .scale = KIRI_LEARNED }, { .name = "f", .scale = KIRI_LEARNED },
};
#define FIELDS 6u
static const struct kiri_schema one = { .size = sizeof one,
                                        .n_fields = 1,
                                        .fields = fields };
static const struct kiri_schema several = { .size = sizeof several,
                                            .n_fields = FIELDS,
                                            .fields = fields };
static const struct kiri_schema few = {
    .size = sizeof few, .n_fields = 2, .fields = fields, .context = 4
};

/* How long all is as usual before, what "six hours" and "a day" are, in rows. */
struct length {
    uint32_t warmup, before, hours, day;
};
static const struct length full = { 750, 3000, 360, DAY };
static const struct length sample = { 300, 900, 60, 240 };

static int in_full(void)
{
    return getenv("KIRI_FULL") != NULL;
}

struct life {
    struct stream *s;
    uint32_t n_fields;
    struct gpt_rng rng;
    double level;
    uint64_t id;
    union kiri_value v[FIELDS];
    struct verdict verdict;
};

static struct life life_of(const struct kiri_schema *schema, uint64_t seed,
                           const struct length *length, uint32_t hold)
{
    struct stream_options o = { .seed = seed,
                                .warmup = length->warmup,
                                .alarm_rate = 1.0 / length->day,
                                .hold_ms = (int64_t)hold * MINUTE };
    struct life l = { .n_fields = schema->n_fields };

    l.s = stream_new(schema, &o, (char[99]){ 0 }, 99);
    assert_non_null(l.s);
    gpt_rng_seed(&l.rng, seed);
    return l;
}

/* Numbers around 20 that share nine tenths of what moves them. */
static void next(struct life *l)
{
    l->id++;
    l->level = 0.98 * l->level + sqrt(1 - 0.98 * 0.98) * gpt_rng_gauss(&l->rng);
    for (uint32_t i = 0; i < l->n_fields; i++)
        l->v[i].num =
            20 + 3 * (sqrt(0.9) * l->level + sqrt(0.1) * gpt_rng_gauss(&l->rng));
}

static void push(struct life *l)
{
    struct stream_row row = { .id = l->id, .ts = (int64_t)l->id * MINUTE, .v = l->v };
    struct stream_lesson lesson;

    if (stream_due(l->s))
        assert_int_equal(stream_learn(l->s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(stream_push(l->s, &row, &l->verdict), 0);
}

/* What came of some rows: alarms that opened, rows with an open one, and the first of
 * these (none: as many as there were rows). */
struct lived {
    uint32_t onsets, open, first;
};

static void note(struct lived *out, const struct verdict *v, uint32_t i)
{
    out->onsets += (uint32_t)v->onset;
    if (!v->alarm)
        return;
    if (!out->open++)
        out->first = i;
}

/* n rows, `by` times as much as usual. */
static struct lived live(struct life *l, uint32_t n, double by)
{
    struct lived out = { .first = n };

    for (uint32_t i = 0; i < n; i++) {
        next(l);
        for (uint32_t k = 0; k < l->n_fields; k++)
            l->v[k].num *= by;
        push(l);
        note(&out, &l->verdict, i);
    }
    return out;
}

/* A pattern of n rows: another level, and waves of an hour. */
static struct lived live_oddly(struct life *l, uint32_t n)
{
    struct lived out = { .first = n };

    for (uint32_t i = 0; i < n; i++) {
        next(l);
        for (uint32_t k = 0; k < l->n_fields; k++)
            l->v[k].num = 40 + 5 * sin(0.1 * i) + 0.5 * gpt_rng_gauss(&l->rng);
        push(l);
        note(&out, &l->verdict, i);
    }
    return out;
}

/* Twice as busy from one hour on, and then a spike. Quiet is what is as quiet as usual: a
 * budget of one a day is not none. */
static void shift(const struct kiri_schema *schema, uint64_t seed,
                  const struct length *length, uint32_t hold)
{
    struct life l = life_of(schema, seed, length, hold);

    live(&l, length->before, 1);
    struct lived at_once = live(&l, hold + length->day, 2);
    struct lived later = live(&l, length->day, 2);
    struct lived spike = live(&l, 10, 6);
    if (in_full())
        printf("%u fields, seed %u, hold %u: alarm after %u rows; until a day after the "
               "hold %u onsets, %u rows open; in the day behind it %u, %u; a spike's "
               "after %u\n",
               schema->n_fields, (uint32_t)seed, hold, at_once.first, at_once.onsets,
               at_once.open, later.onsets, later.open, spike.first);
    assert_in_range(at_once.first, 0, 5);
    assert_in_range(later.onsets, 0, 2);
    assert_in_range(later.open, 0, length->day / 20);
    assert_in_range(spike.first, 0, 5);
    stream_free(l.s);
}

static void a_shift_is_an_alarm_and_quiet_a_day_after_its_hold(void **state)
{
    (void)state;

    for (uint64_t seed = 1; in_full() && seed <= 5; seed++)
        for (uint32_t hold = 0; hold <= DAY; hold += DAY) {
            shift(&one, seed, &full, hold);
            shift(&several, seed, &full, hold);
        }
    if (!in_full())
        shift(&few, 1, &sample, 60);
}

/* Onsets in the second of two times six hours of a pattern, the first judged. */
static uint32_t second_time(const struct kiri_schema *schema, uint64_t seed,
                            const struct length *length, enum stream_judgement judgement)
{
    struct life l = life_of(schema, seed, length, length->day);
    uint32_t rows;

    live(&l, length->before, 1);
    uint64_t from = l.id + 1;
    struct lived first = live_oddly(&l, length->hours);
    assert_in_range(first.first, 0, 5);
    assert_int_equal(stream_judge(l.s, from, from + length->hours - 1, judgement, &rows),
                     0);
    assert_int_equal(rows, length->hours);
    live(&l, length->day, 1);
    struct lived again = live_oddly(&l, length->hours);
    if (in_full())
        printf("%u fields, seed %u, %s: %u onsets the first time, %u the next\n",
               schema->n_fields, (uint32_t)seed,
               judgement == STREAM_APPROVED ? "approved" : "dismissed", first.onsets,
               again.onsets);
    stream_free(l.s);
    return again.onsets;
}

static void what_was_dismissed_is_not_alarmed_the_next_time(void **state)
{
    (void)state;

    for (uint64_t seed = 1; in_full() && seed <= 5; seed++) {
        assert_int_equal(second_time(&one, seed, &full, STREAM_DISMISSED), 0);
        assert_int_equal(second_time(&several, seed, &full, STREAM_DISMISSED), 0);
    }
    if (!in_full())
        assert_int_equal(second_time(&few, 1, &sample, STREAM_DISMISSED), 0);
}

static void what_was_approved_is_alarmed_the_next_time(void **state)
{
    (void)state;

    for (uint64_t seed = 1; in_full() && seed <= 5; seed++) {
        assert_true(second_time(&one, seed, &full, STREAM_APPROVED) > 0);
        assert_true(second_time(&several, seed, &full, STREAM_APPROVED) > 0);
    }
    if (!in_full())
        assert_true(second_time(&few, 1, &sample, STREAM_APPROVED) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shift_is_an_alarm_and_quiet_a_day_after_its_hold),
        cmocka_unit_test(what_was_dismissed_is_not_alarmed_the_next_time),
        cmocka_unit_test(what_was_approved_is_alarmed_the_next_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
