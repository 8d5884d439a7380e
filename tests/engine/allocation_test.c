/*
 * Scoring and training allocate nothing. The linker sends every allocation of the engine
 * through here (--wrap).
 */
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static unsigned calls;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_malloc(size_t size)
{
    calls++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    calls++;
    return __real_calloc(n, size);
}

static void an_object_is_one_allocation(void **state)
{
    (void)state;
    calls = 0;
    struct gpt *g = gpt_new(&sample_odd, 1);
    assert_int_equal(calls, 1);
    struct gpt *twin = gpt_copy(g);
    assert_int_equal(calls, 2);
    struct gpt_cache *c = gpt_cache_new(&sample_odd);
    assert_int_equal(calls, 3);
    struct gpt_trainer *t = gpt_trainer_new(&sample_odd, 8);
    assert_int_equal(calls, 4);
    gpt_trainer_free(t);
    gpt_cache_free(c);
    gpt_free(twin);
    gpt_free(g);
}

static void scoring_and_training_allocate_nothing(void **state)
{
    (void)state;
    static struct sample w;
    static float logp[21 * 61];
    sample_full(&w, &sample_odd, 21, 1);
    struct gpt *g = gpt_new(&sample_odd, 1);
    struct gpt_cache *c = gpt_cache_new(&sample_odd);
    struct gpt_trainer *t = gpt_trainer_new(&sample_odd, 2);
    const struct gpt_example e[2] = { w.e, w.e };
    calls = 0;
    gpt_forward(g, c, w.id, NULL, w.side, 21, &(struct gpt_belief){ .logp = logp });
    gpt_train_step(g, t, e, 2, &sample_adam, NULL);
    assert_int_equal(calls, 0);
    gpt_trainer_free(t);
    gpt_cache_free(c);
    gpt_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_one_allocation),
        cmocka_unit_test(scoring_and_training_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
