/* tests/flow/values_test.c mirrors host/flow/values.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/values.h"

#include <math.h>
#include <string.h>

static const char *const up_down[] = { "down", "up", NULL };
static const struct kiri_field fields[] = {
    { .name = "cpu", .kind = KIRI_NUMBER, .buckets = 10, .hi = 100 },
    { .name = "net", .kind = KIRI_CHOICE, .choices = up_down },
    { .name = "file", .kind = KIRI_TEXT, .max_len = 8 },
    { .name = "hour", .kind = KIRI_HOUR },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 4,
                                           .fields = fields };

static void values_are_written_by_name_and_missing_ones_left_out(void **state)
{
    union kiri_value v[4];
    struct buf out = { 0 };
    (void)state;

    kiri_missing(&schema, v);
    v[0].num = 53.1;
    v[3].choice = 7;
    values_write(&schema, v, &out);
    assert_string_equal(buf_text(&out), "{\"cpu\":53.1}");
    buf_free(&out);
}

static void what_was_written_is_read_back(void **state)
{
    static const struct {
        const char *text;
        uint32_t len;
    } texts[] = { { "a\"b\n", 4 }, { "\xff\x00z", 3 }, { "", 0 }, { "h\xc3\xa9", 3 } };
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        union kiri_value v[4] = { { .num = 0.1 + 0.2 },
                                  { .choice = 1 },
                                  { .text = { texts[i].text, texts[i].len } },
                                  { .choice = 0 } },
                         back[4];
        struct buf out = { 0 }, bytes = { 0 };
        values_write(&schema, v, &out);
        assert_int_equal(values_read(&schema, buf_text(&out), 0, back, &bytes), 0);
        assert_true(back[0].num == v[0].num);
        assert_int_equal(back[1].choice, 1);
        assert_int_equal(back[2].text.len, texts[i].len);
        assert_memory_equal(back[2].text.ptr, texts[i].text, texts[i].len);
        buf_free(&out);
        buf_free(&bytes);
    }
}

static void what_does_not_fit_the_schema_is_missing(void **state)
{
    static const char *const hostile[] = {
        "{}",
        "{\"cpu\":\"x\",\"net\":3,\"file\":[]}",
        "{\"other\":1,\"net\":\"sideways\"}",
        "{\"cpu\":null,\"file\":{\"hex\":\"0g\"}}",
        "{\"file\":{\"hex\":\"012\"}}",
    };
    (void)state;

    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        union kiri_value v[4];
        struct buf bytes = { 0 };
        assert_int_equal(values_read(&schema, hostile[i], 0, v, &bytes), 0);
        for (int k = 0; k < 3; k++)
            assert_true(kiri_is_missing(&fields[k], &v[k]));
        buf_free(&bytes);
    }
}

static void what_is_no_object_is_refused(void **state)
{
    static const char *const bad[] = { "", "[]", "3", "{\"cpu\":", "nonsense" };
    union kiri_value v[4];
    struct buf bytes = { 0 };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(values_read(&schema, bad[i], 0, v, &bytes), -1);
}

static void infinity_never_reaches_the_wire(void **state)
{
    union kiri_value v[4];
    struct buf out = { 0 };
    (void)state;

    kiri_missing(&schema, v);
    v[0].num = -INFINITY;
    values_write(&schema, v, &out);
    assert_string_equal(buf_text(&out), "{\"cpu\":-1e+308}");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_by_name_and_missing_ones_left_out),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(what_does_not_fit_the_schema_is_missing),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(infinity_never_reaches_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
