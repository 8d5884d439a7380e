/* tests/base/parallel_test.c mirrors host/base/parallel.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/parallel.h"

#include <stdatomic.h>

enum { MANY = 100 };

struct seen {
    atomic_uint times[MANY];
    atomic_uint now, most;
};

static void see(void *arg, uint32_t i)
{
    struct seen *s = arg;
    unsigned now = atomic_fetch_add(&s->now, 1) + 1, most = atomic_load(&s->most);

    while (most < now && !atomic_compare_exchange_weak(&s->most, &most, now))
        ;
    atomic_fetch_add(&s->times[i], 1);
    atomic_fetch_sub(&s->now, 1);
}

static void every_piece_is_done_once(void **state)
{
    (void)state;
    for (uint32_t n = 0; n <= MANY; n += 25) {
        struct seen s = { 0 };
        parallel_run(NULL, n, see, &s);
        for (uint32_t i = 0; i < MANY; i++)
            assert_int_equal(atomic_load(&s.times[i]), i < n);
    }
}

static void one_thread_does_one_after_another(void **state)
{
    struct seen s = { 0 };
    unsigned one = 1;

    (void)state;
    parallel_run(&one, MANY, see, &s);
    assert_int_equal(atomic_load(&s.most), 1);
    assert_int_equal(atomic_load(&s.times[MANY - 1]), 1);
}

static void there_is_a_cpu(void **state)
{
    (void)state;
    assert_true(parallel_cpus() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_is_done_once),
        cmocka_unit_test(one_thread_does_one_after_another),
        cmocka_unit_test(there_is_a_cpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
