/*
 * Which kernels compute, and what they leave of the caller's floating point mode.
 */
#include "sample.h"

#include "engine/mode.h"

#include <fenv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_isa(const char *name, char *why, size_t cap)
{
    if (name)
        setenv("KIRI_ISA", name, 1);
    else
        unsetenv("KIRI_ISA");
    return gpt_isa_check(why, cap);
}

static void the_environment_chooses_the_kernels(void **state)
{
    (void)state;
    static const char *const names[] = { "portable", "avx2", "avx512", "neon" };
    char why[160], best[16];
    assert_int_equal(set_isa(NULL, why, sizeof why), 0);
    snprintf(best, sizeof best, "%s", gpt_isa());
    assert_int_equal(set_isa("", why, sizeof why), 0);
    assert_string_equal(gpt_isa(), best);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (set_isa(names[i], why, sizeof why) == 0)
            assert_string_equal(gpt_isa(), names[i]);
        else
            assert_string_equal(gpt_isa(), best);
    set_isa(NULL, why, sizeof why);
}

static void portable_runs_everywhere(void **state)
{
    (void)state;
    char why[160];
    assert_int_equal(set_isa("portable", why, sizeof why), 0);
    set_isa(NULL, why, sizeof why);
}

static void an_unknown_name_is_answered_with_those_that_run(void **state)
{
    (void)state;
    char why[160];
    assert_int_equal(set_isa("sse9", why, sizeof why), -1);
    assert_non_null(strstr(why, "KIRI_ISA is 'sse9'"));
    assert_non_null(strstr(why, "portable"));
    assert_non_null(gpt_isa());
#ifdef __x86_64__
    assert_int_equal(set_isa("neon", why, sizeof why), -1);
#else
    assert_int_equal(set_isa("avx2", why, sizeof why), -1);
#endif
    assert_non_null(strstr(why, "cannot run"));
    set_isa(NULL, why, sizeof why);
}

/* Weights after some steps, and what the model then believes. */
static uint64_t a_few_steps(const struct gpt *from, const struct sample *w)
{
    struct gpt *g = gpt_copy(from);
    struct gpt_trainer *t = gpt_trainer_new(&sample_odd, 1);
    struct gpt_cache *c = gpt_cache_new(&sample_odd);
    float nll[21];
    for (int i = 0; i < 3; i++)
        gpt_train_step(g, t, &w->e, 1, &sample_adam, NULL);
    gpt_forward(g, c, w->id, w->id + 1, w->side, 21, &(struct gpt_belief){ .nll = nll });
    uint64_t hash = sample_hash(g);
    for (size_t i = 0; i < 21; i++) {
        uint32_t bits;
        memcpy(&bits, &nll[i], sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    gpt_cache_free(c);
    gpt_trainer_free(t);
    gpt_free(g);
    return hash;
}

/* The caller rounds upwards and flushes: no bit of a result changes, and nothing of the
 * mode. */
static void the_callers_mode_is_neither_used_nor_changed(void **state)
{
    (void)state;
    static struct sample w;
    sample_full(&w, &sample_odd, 21, 4);
    struct gpt *g = gpt_new(&sample_odd, 2);
    const uint64_t usual = gpt_mode_read(), want = a_few_steps(g, &w);
    assert_true(gpt_mode_read() == usual);
    fesetround(FE_UPWARD);
    gpt_mode_write(gpt_mode_read() ^ GPT_MODE_FLUSH ^ GPT_MODE_EXACT);
    const uint64_t odd = gpt_mode_read(), have = a_few_steps(g, &w);
    const uint64_t after = gpt_mode_read();
    fesetround(FE_TONEAREST);
    gpt_mode_write(usual);
    assert_true(after == odd);
    assert_true(have == want);
    gpt_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_chooses_the_kernels),
        cmocka_unit_test(portable_runs_everywhere),
        cmocka_unit_test(an_unknown_name_is_answered_with_those_that_run),
        cmocka_unit_test(the_callers_mode_is_neither_used_nor_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
