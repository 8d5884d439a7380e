/* tests/flow/share_test.c mirrors host/flow/share.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/instance.h"

static int64_t mono(void *ctx)
{
    return *(int64_t *)ctx;
}

/* An atom that would learn `us` after every `every_ms`, for so long: how often it may. */
static uint32_t turns(double share, int64_t us, int64_t every_ms, int64_t for_ms)
{
    int64_t now = 5;
    const struct clock clock = { .mono_ms = mono, .ctx = &now };
    struct flow flow = { .clock = &clock };
    struct instance in = { .flow = &flow, .share = share };
    uint32_t n = 0;

    for (; now < for_ms; now += every_ms)
        if (share_allows(&in)) {
            share_take(&in, us);
            n++;
        }
    return n;
}

static void learning_takes_no_more_than_its_share(void **state)
{
    const int64_t hour = 3600000;
    (void)state;

    /* 20 ms of learning every 100 ms are a fifth of a core */
    assert_int_equal(turns(0.25, 20000, 100, hour), hour / 100);
    /* 50 ms are a half: every other turn, and what a minute saves up */
    assert_in_range(turns(0.25, 50000, 100, hour), hour / 200,
                    hour / 200 + 15000 / 50 + 2);
    assert_in_range(turns(0.01, 50000, 100, hour), hour / 5000, hour / 5000 + 12 + 2);
}

static void a_burst_is_learned_from_what_was_saved_up(void **state)
{
    (void)state;

    /* a quarter of a minute in all, however long it was still before */
    assert_in_range(turns(0.25, 100000, 1, 1000), 150, 155);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learning_takes_no_more_than_its_share),
        cmocka_unit_test(a_burst_is_learned_from_what_was_saved_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
