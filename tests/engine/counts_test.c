/* tests/engine/counts_test.c mirrors host/engine/counts.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/counts.h"
#include "engine/gpt.h"

#include <math.h>
#include <stdlib.h>

enum { VOCAB = 7, BOS = VOCAB - 1, ORDER = 3, LONG = 40 };

/* A session of drawn words between two BOS. */
static void draw(struct gpt_rng *rng, uint16_t id[LONG])
{
    id[0] = id[LONG - 1] = BOS;
    for (int t = 1; t < LONG - 1; t++)
        id[t] = (uint16_t)gpt_rng_below(rng, gpt_rng_below(rng, BOS) + 1);
}

static struct counts *learned(unsigned sessions)
{
    struct counts *c = counts_new(VOCAB, ORDER);
    struct gpt_rng rng;
    uint16_t id[LONG];

    assert_non_null(c);
    gpt_rng_seed(&rng, 3);
    for (unsigned i = 0; i < sessions; i++) {
        draw(&rng, id);
        assert_int_equal(counts_learn(c, id, LONG), 0);
    }
    return c;
}

/* P(next) after these words. */
static double after(const struct counts *c, const uint16_t *past, unsigned n,
                    uint16_t next)
{
    struct counts_past at;

    counts_begin(&at);
    for (unsigned i = 0; i < n; i++)
        counts_step(c, &at, past[i]);
    return counts_next(c, &at, next);
}

static void probabilities_sum_to_one_after_any_past(void **state)
{
    struct counts *c = learned(9);
    struct gpt_rng rng;

    (void)state;
    gpt_rng_seed(&rng, 8);
    for (int i = 0; i < 200; i++) {
        struct counts_past past;
        double p[VOCAB], sum = 0, belief = 0;
        counts_begin(&past);
        for (uint32_t n = gpt_rng_below(&rng, 6); n > 0; n--)
            counts_step(c, &past, (uint16_t)gpt_rng_below(&rng, VOCAB));
        counts_belief(c, &past, p);
        for (uint16_t w = 0; w < VOCAB; w++) {
            double one = counts_next(c, &past, w);
            assert_true(one > 0);
            assert_true(fabs(one - p[w]) < 1e-12);
            sum += one;
            belief += p[w];
        }
        assert_true(fabs(sum - 1) < 1e-12);
        assert_true(fabs(belief - 1) < 1e-12);
    }
    counts_free(c);
}

static void nothing_learned_is_every_word_alike(void **state)
{
    struct counts *c = counts_new(VOCAB, ORDER);
    const uint16_t past[] = { BOS, 2, 3 };

    (void)state;
    for (uint16_t w = 0; w < VOCAB; w++)
        assert_true(fabs(after(c, past, 3, w) - 1.0 / VOCAB) < 1e-15);
    counts_free(c);
}

/* By hand: of one session 0 1 and its end. */
static void it_is_what_kneser_and_ney_say(void **state)
{
    const uint16_t id[] = { BOS, 0, 1, BOS };
    struct counts *c = counts_new(VOCAB, 1);
    double one, two;

    (void)state;
    assert_int_equal(counts_learn(c, id, 4), 0);
    /* three words, three different ones: (1 - 1/2 + 3/2 * 1/7) / 3 */
    one = (0.5 + 1.5 / VOCAB) / 3;
    assert_true(fabs(after(c, id, 0, 1) - one) < 1e-15);
    /* after 0 came 1, once */
    two = 0.5 + 0.5 * one;
    assert_true(fabs(after(c, id, 2, 1) - two) < 1e-15);
    counts_free(c);
}

static void a_shorter_past_counts_what_came_before(void **state)
{
    /* 2 follows 1 often, always after 0; 3 follows it after two different words */
    const uint16_t id[] = { BOS, 0, 1, 2, 0, 1, 2, 0, 1, 2, 4, 1, 3, 5, 1, 3, BOS };
    const uint16_t past[] = { 3, 1 };
    struct counts *c = counts_new(VOCAB, 2);

    (void)state;
    assert_int_equal(counts_learn(c, id, 17), 0);
    assert_true(after(c, past, 2, 3) > after(c, past, 2, 2));
    counts_free(c);
}

static void an_unseen_past_backs_off_to_the_shorter_one(void **state)
{
    const uint16_t id[] = { BOS, 0, 1, 2, 0, 1, 2, BOS };
    const uint16_t seen[] = { 0, 1 }, unseen[] = { 4, 1 };
    struct counts *c = counts_new(VOCAB, 2);

    (void)state;
    assert_int_equal(counts_learn(c, id, 8), 0);
    assert_true(fabs(after(c, unseen, 2, 2) - after(c, seen + 1, 1, 2)) < 1e-15);
    assert_true(after(c, seen, 2, 2) > after(c, unseen, 2, 2));
    assert_true(after(c, unseen, 2, 2) > .5);
    counts_free(c);
}

static void what_was_never_seen_is_least_probable(void **state)
{
    const uint16_t id[] = { BOS, 0, 1, 0, 1, BOS }, past[] = { BOS, 0 };
    struct counts *c = counts_new(VOCAB, ORDER);

    (void)state;
    assert_int_equal(counts_learn(c, id, 6), 0);
    assert_true(counts_knows(c, 0));
    assert_false(counts_knows(c, 5));
    for (uint16_t w = 0; w < VOCAB; w++)
        assert_true(w == 5 || after(c, past, 2, w) >= after(c, past, 2, 5));
    counts_free(c);
}

static void what_is_unlearned_was_never_there(void **state)
{
    struct counts *c = learned(9), *less = learned(8);
    struct gpt_rng rng;
    uint16_t id[LONG], other[LONG];

    (void)state;
    gpt_rng_seed(&rng, 3);
    for (int i = 0; i < 9; i++)
        draw(&rng, id);
    draw(&rng, other);
    double before = after(c, id, 20, id[20]);
    counts_unlearn(c, id, LONG);
    for (unsigned n = 0; n < LONG; n++)
        assert_true(after(c, other, n, other[n]) == after(less, other, n, other[n]));
    counts_relearn(c, id, LONG);
    assert_true(after(c, id, 20, id[20]) == before);
    counts_free(c);
    counts_free(less);
}

/* Its nodes in three lists. */
struct lists {
    uint32_t *parent, *count, n;
    uint16_t *word;
};

static struct lists lists_of(const struct counts *c)
{
    uint32_t n = counts_nodes(c);
    struct lists l = { calloc(n, sizeof *l.parent), calloc(n, sizeof *l.count), n,
                       calloc(n, sizeof *l.word) };

    assert_true(l.parent && l.count && l.word);
    counts_read(c, l.parent, l.word, l.count);
    return l;
}

static void lists_free(struct lists *l)
{
    free(l->parent);
    free(l->count);
    free(l->word);
}

static void it_is_the_same_out_of_a_file(void **state)
{
    struct counts *c = learned(5), *d;
    struct lists l = lists_of(c);
    struct gpt_rng rng;
    uint16_t id[LONG];
    const char *why;

    (void)state;
    d = counts_restore(VOCAB, ORDER, l.n, l.parent, l.word, l.count, &why);
    assert_non_null(d);
    gpt_rng_seed(&rng, 77);
    for (int i = 0; i < 4; i++) {
        draw(&rng, id);
        for (unsigned n = 0; n < LONG; n++)
            assert_true(after(c, id, n, id[n]) == after(d, id, n, id[n]));
    }
    assert_int_equal(counts_nodes(d), l.n);
    lists_free(&l);
    counts_free(c);
    counts_free(d);
}

static void what_does_not_hold_together_is_refused(void **state)
{
    struct counts *c = learned(2);
    struct lists l = lists_of(c);
    const char *why;

    (void)state;
    for (int k = 0; k < 6; k++) {
        struct lists m = lists_of(c);
        uint32_t order = ORDER, n = l.n;
        switch (k) {
        case 0: m.parent[3] = 3; break;
        case 1: m.parent[3] = UINT32_MAX; break;
        case 2: m.word[3] = VOCAB; break;
        case 3: m.parent[4] = m.parent[3], m.word[4] = m.word[3]; break;
        case 4: order = 1; break;
        default: n = 0; break;
        }
        assert_null(counts_restore(VOCAB, order, n, m.parent, m.word, m.count, &why));
        assert_non_null(why);
        lists_free(&m);
    }
    lists_free(&l);
    counts_free(c);
}

static void more_pasts_than_there_is_room_for_are_not_learned(void **state)
{
    enum { MANY = 60000, TIMES = 4 };
    uint16_t *id = calloc(MANY, sizeof *id);
    struct counts *c = counts_new(UINT16_MAX, 4);
    struct gpt_rng rng;
    struct counts_past past;

    (void)state;
    assert_non_null(id);
    gpt_rng_seed(&rng, 1);
    for (int i = 0; i < TIMES; i++) {
        for (uint32_t t = 0; t < MANY; t++)
            id[t] = (uint16_t)gpt_rng_below(&rng, UINT16_MAX);
        assert_int_equal(counts_learn(c, id, MANY), 0);
    }
    assert_true(counts_nodes(c) <= COUNTS_NODES_MOST);
    counts_unlearn(c, id, MANY);
    counts_begin(&past);
    for (uint32_t t = 0; t < 100; t++) {
        double p = counts_next(c, &past, id[t]);
        assert_true(p > 0 && p <= 1);
        counts_step(c, &past, id[t]);
    }
    counts_free(c);
    free(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_sum_to_one_after_any_past),
        cmocka_unit_test(nothing_learned_is_every_word_alike),
        cmocka_unit_test(it_is_what_kneser_and_ney_say),
        cmocka_unit_test(a_shorter_past_counts_what_came_before),
        cmocka_unit_test(an_unseen_past_backs_off_to_the_shorter_one),
        cmocka_unit_test(what_was_never_seen_is_least_probable),
        cmocka_unit_test(what_is_unlearned_was_never_there),
        cmocka_unit_test(it_is_the_same_out_of_a_file),
        cmocka_unit_test(what_does_not_hold_together_is_refused),
        cmocka_unit_test(more_pasts_than_there_is_room_for_are_not_learned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
