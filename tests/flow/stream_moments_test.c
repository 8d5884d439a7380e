/* tests/flow/stream_moments_test.c mirrors host/flow/stream_moments.c. */
#include "flow/keep.h"
#include "flow/stream.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WARMUP 60u
#define ROWS   420u /* two turns behind the warm-up */

static const struct kiri_field field = {
    .name = "v", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .flags = KIRI_ALWAYS
};
static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 1, .fields = &field, .context = 4
};

static struct stream *fresh(void)
{
    const struct stream_options o = { .seed = 3, .warmup = WARMUP };
    char why[128];
    struct stream *s = stream_new(&schema, &o, why, sizeof why);

    assert_non_null(s);
    return s;
}

static void learn(struct stream *s)
{
    struct stream_lesson lesson;

    if (stream_due(s) != STREAM_NOTHING)
        assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
}

static void push(struct stream *s, uint32_t i, struct verdict *v)
{
    const union kiri_value x = { .num = sin(i / 9.0) + i % 7 };
    const struct stream_row row = { i + 1, (int64_t)i * 1000, &x };

    assert_int_equal(stream_push(s, &row, v), 0);
}

static void a_stream_that_rests_is_what_it_would_have_been(void **state)
{
    (void)state;
    struct stream *awake = fresh(), *resting = fresh();
    size_t n, m;

    for (uint32_t i = 0; i < ROWS; i++) {
        struct verdict a, b;
        learn(awake);
        learn(resting);
        stream_rest(resting);
        push(awake, i, &a);
        push(resting, i, &b);
        assert_memory_equal(&a.surprise, &b.surprise, sizeof a.surprise);
        assert_memory_equal(&a.score, &b.score, sizeof a.score);
        assert_int_equal(a.gen, b.gen);
    }
    void *ours = keep_save(awake, "a", &n), *theirs = keep_save(resting, "a", &m);
    assert_int_equal(n, m);
    assert_memory_equal(ours, theirs, n);
    free(ours);
    free(theirs);
    stream_free(awake);
    stream_free(resting);
}

static void a_stream_without_moments_may_rest_and_wake(void **state)
{
    (void)state;
    struct stream *s = fresh();

    stream_rest(s);
    assert_int_equal(stream_wake(s), 0);
    stream_free(s);
}

static void waking_or_resting_twice_changes_nothing(void **state)
{
    (void)state;
    struct stream *s = fresh();
    struct verdict v;
    size_t n, m;

    for (uint32_t i = 0; i < WARMUP; i++)
        push(s, i, &v);
    learn(s);
    void *before = keep_save(s, "a", &n);
    stream_rest(s);
    stream_rest(s);
    assert_int_equal(stream_wake(s), 0);
    assert_int_equal(stream_wake(s), 0);
    void *after = keep_save(s, "a", &m);
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    free(before);
    free(after);
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_that_rests_is_what_it_would_have_been),
        cmocka_unit_test(a_stream_without_moments_may_rest_and_wake),
        cmocka_unit_test(waking_or_resting_twice_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
