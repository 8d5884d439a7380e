/*
 * retrain_memory_test.c - A9: memory runs out while a model is trained anew: nothing is
 * left behind, and the live stream goes on as if nobody had asked.
 */
#include "faults/nth_malloc.h"
#include "flow/stream_retrain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ROWS 340u

static const struct kiri_field field[] = { { .name = "x", .scale = KIRI_LEARNED } };
static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 1, .fields = field, .context = 2
};

static void live(struct stream *s, uint32_t from, uint32_t to, struct verdict *v)
{
    struct stream_lesson lesson;

    for (uint32_t i = from; i < to; i++) {
        union kiri_value x = { .num = (i * 37) % 101 };
        struct stream_row row = { .id = i + 1, .ts = i, .v = &x };
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &row, v), 0);
    }
}

static struct stream *lived(void)
{
    struct stream_options o = { .seed = 1, .warmup = 100 };
    struct stream *s = stream_new(&schema, &o, (char[99]){ 0 }, 99);
    struct verdict v;

    assert_non_null(s);
    live(s, 0, ROWS, &v);
    return s;
}

static int attempt(void *ctx)
{
    static const struct stream_window window = { .since = INT64_MIN };
    enum candidate_refused refused;
    struct stream_trial trial;
    char why[300];
    struct candidate *c = candidate_new(ctx, &window, &refused, why, sizeof why);
    int rc = c ? candidate_train(c, NULL, NULL, NULL, &trial) : -1;

    (void)nth_malloc_stop();
    assert_true(c || refused == CANDIDATE_NO_MEMORY);
    candidate_free(c);
    return rc;
}

static void a_retraining_without_memory_changes_nothing(void **state)
{
    struct stream *s = lived(), *twin = lived();
    struct verdict x, y;
    long refused, tried;
    (void)state;

    assert_int_equal(nth_malloc_sweep(attempt, s, 31, &refused, &tried), 0);
    printf("%ld of %ld trainings refused\n", refused, tried);
    assert_true(refused > 10);
    for (uint32_t i = ROWS; i < ROWS + 60; i++) {
        live(s, i, i + 1, &x);
        live(twin, i, i + 1, &y);
        assert_true(x.surprise == y.surprise && x.score == y.score && x.tail == y.tail &&
                    x.gen == y.gen);
    }
    stream_free(s);
    stream_free(twin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retraining_without_memory_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
