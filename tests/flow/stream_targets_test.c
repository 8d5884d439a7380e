/* tests/flow/stream_targets_test.c mirrors host/flow/stream_targets.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream_targets.h"

#include <math.h>

static const char *const up_down[] = { "down", "up", NULL };
static const struct kiri_field fields[] = {
    { .name = "cpu", .kind = KIRI_NUMBER, .buckets = 10, .lo = 0, .hi = 100 },
    { .name = "net", .kind = KIRI_CHOICE, .choices = up_down },
    { .name = "hour", .kind = KIRI_HOUR },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 3,
                                           .fields = fields };

static double share(const struct gpt_target *t, uint32_t word)
{
    int inside = word >= t->first && word < (uint32_t)t->first + t->n;

    return (double)t->floor + (inside ? (double)t->p[word - t->first] : 0);
}

static void all_shares_of_a_word_are_one(void **state)
{
    struct stream_targets t;
    uint32_t vocab = kiri_schema_vocab(&schema);
    (void)state;

    assert_int_equal(stream_targets_init(&t, &schema), 0);
    for (uint32_t id = 0; id < vocab; id++) {
        double sum = 0;
        for (uint32_t word = 0; word < vocab; word++)
            sum += share(&t.of[id], word);
        assert_true(fabs(sum - 1) < 1e-5);
        assert_true(share(&t.of[id], id) > 0.69);
    }
    stream_targets_fini(&t);
}

static void the_bucket_beside_is_nearly_right(void **state)
{
    struct stream_targets t;
    (void)state;

    assert_int_equal(stream_targets_init(&t, &schema), 0);
    const struct gpt_target *five = &t.of[5];
    assert_true(share(five, 4) == share(five, 6));
    assert_true(share(five, 6) > 0.05 && share(five, 7) < share(five, 6) / 2);
    assert_true(share(five, 9) < 1e-3 && share(five, 9) > 1e-5);
    assert_true(share(five, 10) < 1e-3); /* missing is no neighbour of anything */
    assert_true(share(&t.of[10], 9) < 1e-3 && share(&t.of[10], 10) > 0.99);
    assert_true(share(five, 11) == 0); /* nor is a word of another field */
    stream_targets_fini(&t);
}

/* In the published languages, one to three past rows in tenths. */
static void where_windows_are_short_buckets_are_wide(void **state)
{
    struct kiri_schema brief = schema;
    struct stream_targets t;
    (void)state;

    brief.context = 4;
    assert_int_equal(stream_targets_init(&t, &brief), 0);
    assert_true(share(&t.of[5], 10) > 1e-6);
    stream_targets_fini(&t);

    brief.context = 3;
    assert_int_equal(stream_targets_init(&t, &brief), 0);
    const struct gpt_target *five = &t.of[5];
    assert_true(share(five, 4) == share(five, 6) && share(five, 6) > 0.03);
    assert_true(share(five, 7) < share(five, 6) / 20);
    assert_true(share(five, 9) < 1e-6 && share(five, 10) < 1e-6);
    double sum = 0;
    for (uint32_t word = 0; word < kiri_schema_vocab(&brief); word++)
        sum += share(five, word);
    assert_true(fabs(sum - 1) < 1e-5);
    stream_targets_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_shares_of_a_word_are_one),
        cmocka_unit_test(the_bucket_beside_is_nearly_right),
        cmocka_unit_test(where_windows_are_short_buckets_are_wide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
