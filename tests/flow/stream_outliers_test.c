/* tests/flow/stream_outliers_test.c mirrors host/flow/stream_outliers.c. */
#include "flow/stream_outliers.h"

#include "flow/stream_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROWS 200u
#define ODD  77u /* the row that has what no other has */

static const struct kiri_field fields[] = {
    { .name = "a", .kind = KIRI_NUMBER, .flags = KIRI_ALWAYS, .buckets = 5, .hi = 5 },
    { .name = "b", .kind = KIRI_NUMBER, .flags = KIRI_ALWAYS, .buckets = 5, .hi = 5 },
};
/* Two words a row, one row of past: such a language has the steps to know rows by heart.
 */
static const struct kiri_schema short_schema = {
    .size = sizeof short_schema, .n_fields = 2, .fields = fields, .context = 1
};

static void row_of(uint32_t i, union kiri_value v[2])
{
    v[0].num = i == ODD ? 4.5 : 0.5 + i % 2;
    v[1].num = i == ODD ? 4.5 : 0.5 + i % 3;
}

/* ROWS rows are there, and a first training is due. */
static struct stream *stream_with_rows(void)
{
    struct stream_options o = { .seed = 1, .warmup = ROWS, .alarm_rate = 0.001 };
    struct stream *s;
    char why[128];

    s = stream_new(&short_schema, &o, why, sizeof why);
    assert_non_null(s);
    for (uint32_t i = 0; i < ROWS; i++) {
        union kiri_value v[2];
        struct stream_row row = { .id = i + 1, .ts = (int64_t)i * 60000, .v = v };
        struct verdict verdict;
        row_of(i, v);
        assert_int_equal(stream_push(s, &row, &verdict), 0);
    }
    return s;
}

static enum lesson lesson_of(const struct stream *s, uint64_t row)
{
    return s->kept[row % STREAM_KEEPS]->lesson;
}

static uint32_t left_out(const struct stream *s)
{
    uint32_t n = 0;

    for (uint64_t r = 0; r < ROWS; r++)
        n += lesson_of(s, r) == LESSON_LEFT_OUT;
    return n;
}

static void what_came_once_is_not_learned_by_heart(void **state)
{
    struct stream *s = stream_with_rows();
    union kiri_value v[2];
    struct stream_row row = { .id = ROWS + 1, .ts = ROWS * 60000, .v = v };
    struct stream_lesson lesson;
    struct verdict verdict;
    (void)state;

    assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(lesson.gen, 1);
    assert_int_equal(left_out(s), ROWS / 100);
    assert_int_equal(lesson_of(s, ODD), LESSON_LEFT_OUT);
    row_of(ODD, v);
    assert_int_equal(stream_push(s, &row, &verdict), 0);
    assert_true(verdict.surprise > 4); /* a model that knows it by heart: about 2.6 */
    stream_free(s);
}

static void rows_that_people_judged_are_as_they_said(void **state)
{
    struct stream *s = stream_with_rows();
    struct outliers o;
    (void)state;

    s->kept[ODD]->lesson = LESSON_DISMISSED;
    assert_int_equal(outliers_leave_out(s, s->gpt, &o), 0);
    assert_int_equal(o.n, (ROWS - 1) / 100);
    assert_int_equal(lesson_of(s, ODD), LESSON_DISMISSED);
    outliers_fini(&o);
    stream_free(s);
}

static int give_up_late(void *ctx, uint32_t done, uint32_t all)
{
    (void)ctx, (void)all;
    return done > 600;
}

static void a_training_that_is_given_up_leaves_nothing_out(void **state)
{
    struct stream *s = stream_with_rows();
    struct stream_lesson lesson;
    (void)state;

    assert_int_equal(stream_learn(s, NULL, give_up_late, NULL, &lesson), -1);
    assert_int_equal(left_out(s), 0);
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_once_is_not_learned_by_heart),
        cmocka_unit_test(rows_that_people_judged_are_as_they_said),
        cmocka_unit_test(a_training_that_is_given_up_leaves_nothing_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
