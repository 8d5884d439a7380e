/* tests/flow/stream_chorus_test.c mirrors host/flow/stream_chorus.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream_chorus.h"

#include <math.h>
#include <stdlib.h>

enum { VOCAB = 9, BOS = VOCAB - 1, CONTEXT = 8, LONG = 50 };

/* Untrained voices that have opinions, and counts of one session. */
static struct chorus *chorus(void)
{
    const struct gpt_shape shape = {
        .vocab = VOCAB, .width = 8, .heads = 2, .layers = 1, .context = CONTEXT
    };
    static const uint16_t id[] = { BOS, 0, 1, 2, 3, 0, 1, 2, 3, BOS };
    struct gpt *voice[CHORUS_VOICES];
    struct counts *counts = counts_new(VOCAB, 3);

    for (uint32_t v = 0; v < CHORUS_VOICES; v++)
        voice[v] = gpt_new(&shape, v + 1);
    assert_non_null(counts);
    assert_int_equal(counts_learn(counts, id, 10), 0);
    struct chorus *c = chorus_new(voice, counts);
    assert_non_null(c);
    return c;
}

static void session(uint16_t id[LONG + 1], uint32_t n)
{
    struct gpt_rng rng;

    gpt_rng_seed(&rng, 4);
    id[0] = id[n] = BOS;
    for (uint32_t t = 1; t < n; t++)
        id[t] = (uint16_t)gpt_rng_below(&rng, BOS);
}

static void windows_read_every_word_once_with_half_a_context_before(void **state)
{
    (void)state;
    for (uint32_t context = 2; context <= 16; context += 2)
        for (uint32_t n = 1; n < 100; n++) {
            uint32_t next = 0;
            for (uint32_t k = 0; k < chorus_windows(context, n); k++) {
                struct chorus_window w = chorus_window_at(context, n, k);
                assert_int_equal(w.from + w.first, next);
                assert_true(w.n <= context && w.from + w.n <= n);
                assert_true(k == 0 || w.head + w.first >= context / 2);
                assert_true(w.head <= w.from || !k);
                assert_true(w.head + w.n <= context);
                assert_true(w.first < w.n);
                next = w.from + w.n;
            }
            assert_int_equal(next, n);
        }
}

static void the_beginning_of_a_long_session_reads_as_a_short_one(void **state)
{
    uint16_t id[LONG + 1], begin[CONTEXT + 1];
    struct chorus_word all[LONG], some[CONTEXT];
    float p[LONG];
    struct chorus *c = chorus();

    (void)state;
    session(id, LONG);
    for (uint32_t t = 0; t <= CONTEXT; t++)
        begin[t] = id[t];
    chorus_read(c, id, LONG, p, all);
    chorus_read(c, begin, CONTEXT, p, some);
    for (uint32_t t = 0; t < CONTEXT; t++) {
        assert_true(all[t].nats == some[t].nats);
        assert_true(all[t].voices == some[t].voices);
        assert_true(all[t].counts == some[t].counts);
    }
    chorus_free(c);
}

static void both_halves_have_half_a_say(void **state)
{
    uint16_t id[LONG + 1];
    struct chorus_word word[LONG];
    struct chorus *c = chorus();
    float voices[LONG];

    (void)state;
    session(id, LONG);
    chorus_read(c, id, LONG, voices, word);
    for (uint32_t t = 0; t < LONG; t++) {
        double p = exp(-(double)word[t].voices), q = exp(-(double)word[t].counts);
        assert_true(fabs(exp(-(double)word[t].nats) - (p + q) / 2) < 1e-6);
        assert_true(word[t].nats >= 0 && word[t].nats <= GPT_FLOOR_NATS);
    }
    chorus_free(c);
}

static void a_belief_is_what_was_read(void **state)
{
    uint16_t id[LONG + 1];
    struct chorus_word word[LONG];
    struct chorus *c = chorus();
    float p[VOCAB], q[LONG];

    (void)state;
    session(id, LONG);
    chorus_read(c, id, LONG, q, word);
    for (uint32_t t = 0; t < LONG; t++) {
        double sum = 0;
        chorus_belief(c, id, LONG, t, p);
        for (uint32_t w = 0; w < VOCAB; w++)
            sum += (double)p[w];
        assert_true(fabs(sum - 1) < 1e-5);
        assert_true(fabs((double)p[id[t + 1]] - exp(-(double)word[t].nats)) < 1e-5);
    }
    chorus_free(c);
}

static void an_empty_session_has_an_end(void **state)
{
    static const uint16_t id[] = { BOS, BOS };
    struct chorus *c = chorus();
    struct chorus_word word;
    float p;

    (void)state;
    chorus_read(c, id, 1, &p, &word);
    assert_true(word.nats > 0);
    chorus_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_read_every_word_once_with_half_a_context_before),
        cmocka_unit_test(the_beginning_of_a_long_session_reads_as_a_short_one),
        cmocka_unit_test(both_halves_have_half_a_say),
        cmocka_unit_test(a_belief_is_what_was_read),
        cmocka_unit_test(an_empty_session_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
