/*
 * Real threads, in any order, give the bits of one after another.
 */
#include "sample.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WINDOWS = 11, STEPS = 12, MOST_TASKS = 16 };

struct job {
    void (*task)(void *arg, uint32_t i);
    void *arg;
    uint32_t i;
};

static void *run_job(void *arg)
{
    const struct job *job = arg;
    job->task(job->arg, job->i);
    return NULL;
}

/* A thread for each task. */
static void threads(void *ctx, uint32_t n, void (*task)(void *arg, uint32_t i), void *arg)
{
    pthread_t thread[MOST_TASKS];
    struct job job[MOST_TASKS];
    int *runs = ctx;
    ++*runs;
    assert_true(n <= MOST_TASKS);
    for (uint32_t i = 0; i < n; i++) {
        job[i] = (struct job){ task, arg, i };
        assert_int_equal(pthread_create(&thread[i], NULL, run_job, &job[i]), 0);
    }
    for (uint32_t i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
}

static void backwards(void *ctx, uint32_t n, void (*task)(void *arg, uint32_t i),
                      void *arg)
{
    int *runs = ctx;
    ++*runs;
    for (uint32_t i = n; i-- > 0;)
        task(arg, i);
}

/* Hash of the weights after some steps on batches of changing size. */
static uint64_t train(const struct gpt_parallel *par, float *last)
{
    struct gpt *g = gpt_new(&sample_odd, 8);
    struct gpt_trainer *t = gpt_trainer_new(&sample_odd, WINDOWS);
    struct sample *window = calloc(WINDOWS, sizeof *window);
    struct gpt_example e[WINDOWS];
    for (uint32_t i = 0; i < WINDOWS; i++) {
        sample_full(&window[i], &sample_odd, 1 + i * 20 / (WINDOWS - 1), 50 + i);
        e[i] = window[i].e;
    }
    for (uint32_t i = 0; i < STEPS; i++)
        *last = gpt_train_step(g, t, e, i % WINDOWS + 1, &sample_adam, par);
    const uint64_t hash = sample_hash(g);
    free(window);
    gpt_trainer_free(t);
    gpt_free(g);
    return hash;
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    float serial, parallel;
    int runs = 0;
    const uint64_t want = train(NULL, &serial);
    const struct gpt_parallel par = { .run = threads, .ctx = &runs };
    assert_true(train(&par, &parallel) == want);
    assert_memory_equal(&serial, &parallel, sizeof serial);
    assert_true(runs > 0);
}

static void the_order_of_tasks_changes_no_bit(void **state)
{
    (void)state;
    float serial, reversed;
    int runs = 0;
    const uint64_t want = train(NULL, &serial);
    const struct gpt_parallel par = { .run = backwards, .ctx = &runs };
    assert_true(train(&par, &reversed) == want);
    assert_memory_equal(&serial, &reversed, sizeof serial);
    assert_true(runs > 0);
}

/* One model, a cache for each reader. */
struct reader {
    const struct gpt *g;
    struct sample window;
    float nll[21];
};

static void *read_model(void *arg)
{
    struct reader *r = arg;
    struct gpt_cache *c = gpt_cache_new(gpt_shape_of(r->g));
    for (int i = 0; i < 20; i++) {
        gpt_cache_rewind(c, 0);
        gpt_forward(r->g, c, r->window.id, r->window.id + 1, NULL, 21,
                    &(struct gpt_belief){ .nll = r->nll });
    }
    gpt_cache_free(c);
    return NULL;
}

static void many_threads_may_read_one_model(void **state)
{
    (void)state;
    struct gpt *g = gpt_new(&sample_odd, 8);
    static struct reader reader[4];
    pthread_t thread[4];
    for (int i = 0; i < 4; i++) {
        reader[i].g = g;
        sample_plain(&reader[i].window, &sample_odd, 21, 70);
        assert_int_equal(pthread_create(&thread[i], NULL, read_model, &reader[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    for (int i = 1; i < 4; i++)
        assert_memory_equal(reader[i].nll, reader[0].nll, sizeof reader[0].nll);
    gpt_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(the_order_of_tasks_changes_no_bit),
        cmocka_unit_test(many_threads_may_read_one_model),
    };
    if (sample_skips())
        return sample_skips();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
