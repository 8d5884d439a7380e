/*
 * What a model believes: the same however the tokens are fed.
 */
#include "sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST_WORDS 61

/* Longer than what inference takes at once. */
static const struct gpt_shape long_shape = {
    .vocab = 29, .width = 20, .heads = 5, .layers = 2, .context = 150, .sides = 3
};

struct belief {
    float nll[SAMPLE_MOST], entropy[SAMPLE_MOST], logp[SAMPLE_MOST * MOST_WORDS];
};

struct fixture {
    struct gpt *g;
    struct gpt_cache *cache;
    struct sample window;
};

static struct fixture set_up(const struct gpt_shape *s)
{
    struct fixture f = { .g = gpt_new(s, 9), .cache = gpt_cache_new(s) };
    if (s->sides)
        sample_stir_sides(f.g, 10);
    sample_full(&f.window, s, s->context, 11);
    return f;
}

static void tear_down(struct fixture *f)
{
    gpt_cache_free(f->cache);
    gpt_free(f->g);
}

/* Feeds positions from..to-1 of the window, writing each position's belief at its place.
 */
static void feed(struct fixture *f, uint32_t from, uint32_t to, struct belief *out)
{
    const size_t vocab = gpt_shape_of(f->g)->vocab;
    const struct gpt_belief at = { .nll = out->nll + from,
                                   .entropy = out->entropy + from,
                                   .logp = out->logp + from * vocab };
    gpt_forward(f->g, f->cache, f->window.id + from, f->window.id + from + 1,
                f->window.side + from, to - from, &at);
}

static void assert_same(const struct belief *a, const struct belief *b, uint32_t n,
                        uint32_t vocab)
{
    assert_memory_equal(a->nll, b->nll, n * sizeof *a->nll);
    assert_memory_equal(a->entropy, b->entropy, n * sizeof *a->entropy);
    assert_memory_equal(a->logp, b->logp, (size_t)n * vocab * sizeof *a->logp);
}

static void pieces_equal_the_whole(const struct gpt_shape *s)
{
    static struct belief whole, pieces;
    struct fixture f = set_up(s);
    feed(&f, 0, s->context, &whole);
    assert_int_equal(gpt_cache_used(f.cache), s->context);
    static const uint32_t sizes[] = { 1, 2, 3, 5, 8, 13, 16, 64, 100 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(&pieces, 0, sizeof pieces);
        gpt_cache_rewind(f.cache, 0);
        for (uint32_t t = 0; t < s->context; t += sizes[i])
            feed(&f, t, t + sizes[i] < s->context ? t + sizes[i] : s->context, &pieces);
        assert_same(&whole, &pieces, s->context, s->vocab);
    }
    tear_down(&f);
}

static void token_by_token_equals_all_at_once(void **state)
{
    (void)state;
    static const struct gpt_shape shapes[] = {
        { 43, 32, 4, 2, 16, 0 }, { 27, 16, 4, 1, 16, 0 }, { 5, 6, 2, 1, 33, 0 },
        { 3, 1, 1, 1, 3, 0 },    { 17, 24, 2, 3, 40, 0 },
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        pieces_equal_the_whole(&shapes[i]);
    pieces_equal_the_whole(&sample_odd);
    pieces_equal_the_whole(&long_shape);
}

static void a_rewound_cache_forgets_what_it_saw(void **state)
{
    (void)state;
    static struct belief first, again;
    struct fixture f = set_up(&sample_odd);
    feed(&f, 0, 21, &first);
    gpt_cache_rewind(f.cache, 10);
    assert_int_equal(gpt_cache_used(f.cache), 10);
    const uint16_t other[5] = { 1, 2, 3, 4, 5 };
    float nll[5];
    gpt_forward(f.g, f.cache, other, other, NULL, 5, &(struct gpt_belief){ .nll = nll });
    assert_int_equal(gpt_cache_used(f.cache), 15);
    gpt_cache_rewind(f.cache, 10);
    again = first;
    memset(again.nll + 10, 0, 11 * sizeof *again.nll);
    feed(&f, 10, 21, &again);
    assert_same(&first, &again, 21, 61);
    gpt_cache_rewind(f.cache, 99); /* there is no more than it saw */
    assert_int_equal(gpt_cache_used(f.cache), 21);
    tear_down(&f);
}

static void an_unknown_symbol_costs_the_floor(void **state)
{
    (void)state;
    struct fixture f = set_up(&sample_odd);
    const uint16_t id[3] = { 60, 1, 2 };
    const uint16_t next[3] = { 1, 61, 65535 };
    float nll[3];
    gpt_forward(f.g, f.cache, id, next, NULL, 3, &(struct gpt_belief){ .nll = nll });
    assert_true(nll[0] > 0 && nll[0] < 10);
    assert_true(nll[1] == GPT_FLOOR_NATS);
    assert_true(nll[2] == GPT_FLOOR_NATS);
    tear_down(&f);
}

static void entropy_is_that_of_the_probabilities(void **state)
{
    (void)state;
    static struct belief b;
    struct fixture f = set_up(&sample_odd);
    feed(&f, 0, 21, &b);
    for (uint32_t t = 0; t < 21; t++) {
        double total = 0, entropy = 0;
        for (uint32_t i = 0; i < 61; i++) {
            const double logp = (double)b.logp[t * 61 + i];
            assert_true(logp <= 0);
            total += exp(logp);
            entropy -= exp(logp) * logp;
        }
        assert_true(fabs(total - 1) < 1e-5);
        assert_true(fabs(entropy - (double)b.entropy[t]) < 1e-5);
        const float logp = b.logp[t * 61 + f.window.id[t + 1]];
        assert_true(fabsf(b.nll[t] + logp) < 1e-6f);
    }
    tear_down(&f);
}

static void each_answer_may_be_asked_for_alone(void **state)
{
    (void)state;
    static struct belief all, one;
    struct fixture f = set_up(&sample_odd);
    feed(&f, 0, 21, &all);
    const struct gpt_belief alone[] = { { .nll = one.nll },
                                        { .entropy = one.entropy },
                                        { .logp = one.logp },
                                        { .nll = NULL } };
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
        gpt_cache_rewind(f.cache, 0);
        gpt_forward(f.g, f.cache, f.window.id, alone[i].nll ? f.window.id + 1 : NULL,
                    f.window.side, 21, &alone[i]);
        assert_int_equal(gpt_cache_used(f.cache), 21);
    }
    assert_same(&all, &one, 21, 61);
    tear_down(&f);
}

static void a_side_row_is_believed_from_its_position_on(void **state)
{
    (void)state;
    static struct belief with, without;
    struct fixture f = set_up(&sample_odd);
    f.window.side[8] = (struct gpt_side){ { 3, GPT_NO_SIDE } };
    feed(&f, 0, 21, &with);
    f.window.side[8] = (struct gpt_side){ { GPT_NO_SIDE, GPT_NO_SIDE } };
    gpt_cache_rewind(f.cache, 0);
    feed(&f, 0, 21, &without);
    assert_same(&with, &without, 8, 61);
    for (uint32_t t = 8; t < 21; t++)
        assert_true(with.entropy[t] != without.entropy[t]);
    tear_down(&f);
}

/* Weights of any size come from files: what is reported stays within its bounds. */
static void huge_weights_give_bounded_answers(void **state)
{
    (void)state;
    static struct belief b;
    static float big[61 * 36];
    static const struct {
        uint32_t matrix;
        float value;
    } cases[] = { { 2, 1e38f }, { 4, 3e38f }, { 6, 3e38f }, { 0, 3e38f }, { 2, 1e4f } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct fixture f = set_up(&sample_odd);
        for (size_t i = 0; i < 61 * 36; i++)
            big[i] = i % 3 ? cases[c].value : -cases[c].value;
        assert_int_equal(gpt_write(f.g, cases[c].matrix, big), 0);
        feed(&f, 0, 21, &b);
        for (uint32_t t = 0; t < 21; t++) {
            assert_true(b.nll[t] >= 0 && b.nll[t] <= GPT_FLOOR_NATS);
            assert_true(b.entropy[t] >= 0 && b.entropy[t] < 4.2f);
            for (uint32_t i = 0; i < 61; i++)
                assert_true(isfinite(b.logp[t * 61 + i]) && b.logp[t * 61 + i] <= 0);
        }
        tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_by_token_equals_all_at_once),
        cmocka_unit_test(a_rewound_cache_forgets_what_it_saw),
        cmocka_unit_test(an_unknown_symbol_costs_the_floor),
        cmocka_unit_test(entropy_is_that_of_the_probabilities),
        cmocka_unit_test(each_answer_may_be_asked_for_alone),
        cmocka_unit_test(a_side_row_is_believed_from_its_position_on),
        cmocka_unit_test(huge_weights_give_bounded_answers),
    };
    if (sample_skips())
        return sample_skips();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
