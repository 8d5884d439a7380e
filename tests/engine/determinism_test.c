/*
 * The same seed and the same data give these very bits, with gcc and clang, at -O0 and
 * -O3 (RELIABILITY G3). A change here is a change of every model trained from now on: it
 * needs a reason, not only a new constant.
 */
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t fifty_steps(const struct gpt_shape *s)
{
    enum { WINDOWS = 6 };
    struct gpt *g = gpt_new(s, 2026);
    struct gpt_trainer *t = gpt_trainer_new(s, WINDOWS);
    struct sample *window = calloc(WINDOWS, sizeof *window);
    struct gpt_example e[WINDOWS];
    for (uint32_t i = 0; i < WINDOWS; i++) {
        const uint32_t n = s->context - i * 2;
        if (i % 2)
            sample_plain(&window[i], s, n, 90 + i);
        else
            sample_full(&window[i], s, n, 90 + i);
        e[i] = window[i].e;
    }
    for (uint32_t i = 0; i < 50; i++)
        gpt_train_step(g, t, e, i % WINDOWS + 1, &sample_adam, NULL);
    const uint64_t hash = sample_hash(g);
    free(window);
    gpt_trainer_free(t);
    gpt_free(g);
    return hash;
}

/* `portable` on any machine, or `fused`: a table with a fused multiply-add, on any that
 * has one. */
static void assert_bits(const char *what, uint64_t have, uint64_t portable,
                        uint64_t fused)
{
    const uint64_t want = strcmp(gpt_isa(), "portable") == 0 ? portable : fused;
    if (have != want)
        print_error("%s: 0x%016llx\n", what, (unsigned long long)have);
    assert_true(have == want);
}

static void fresh_weights_have_the_known_bits(void **state)
{
    (void)state;
    struct gpt *g = gpt_new(&sample_odd, 2026);
    assert_bits("fresh", sample_hash(g), 0xa2d1165cf8432cdcu, 0xa2d1165cf8432cdcu);
    gpt_free(g);
}

static void fifty_steps_have_the_known_bits(void **state)
{
    (void)state;
    static const struct gpt_shape pulse = { 43, 32, 4, 2, 16, 0 };
    assert_bits("pulse", fifty_steps(&pulse), 0xae5dea5d78290fecu, 0x2a203cccccaf91ceu);
}

static void fifty_steps_of_an_odd_shape_have_the_known_bits(void **state)
{
    (void)state;
    assert_bits("odd", fifty_steps(&sample_odd), 0x4ee99cfa309be83cu,
                0x4240d43b0942de24u);
}

static void beliefs_have_the_known_bits(void **state)
{
    (void)state;
    struct gpt *g = gpt_new(&sample_odd, 2026);
    struct gpt_cache *c = gpt_cache_new(&sample_odd);
    static struct sample w;
    sample_plain(&w, &sample_odd, 21, 3);
    float out[2][21];
    gpt_forward(g, c, w.id, w.id + 1, NULL, 21,
                &(struct gpt_belief){ .nll = out[0], .entropy = out[1] });
    uint64_t hash = 0;
    for (size_t i = 0; i < 42; i++) {
        uint32_t bits;
        memcpy(&bits, &out[i / 21][i % 21], sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    assert_bits("beliefs", hash, 0x222265bc61808de5u, 0x7d141c23d7b46998u);
    gpt_cache_free(c);
    gpt_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_weights_have_the_known_bits),
        cmocka_unit_test(fifty_steps_have_the_known_bits),
        cmocka_unit_test(fifty_steps_of_an_odd_shape_have_the_known_bits),
        cmocka_unit_test(beliefs_have_the_known_bits),
    };
    if (sample_skips())
        return sample_skips();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
