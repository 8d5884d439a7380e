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

/* splitmix64 (Steele, Lea, Flood 2014): any 64 bits, so any double. */
static uint64_t next_bits(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void every_number_survives_the_way_through_json_bit_for_bit(void **state)
{
    static const double odd[] = { 0.0,   -0.0,  1.0,      -1.0,    5e-324,
                                  1e308, 1e17,  1e16 + 2, 123456., 9007199254740993.0,
                                  0.1,   1e-10, 1e22,     -1e20 };
    uint64_t seed = 7;
    (void)state;

    for (size_t i = 0; i < 100000; i++) {
        union kiri_value v[4], back[4];
        struct buf out = { 0 }, bytes = { 0 };
        uint64_t bits = next_bits(&seed);
        kiri_missing(&schema, v);
        if (i < sizeof odd / sizeof *odd)
            v[0].num = odd[i];
        else
            memcpy(&v[0].num, &bits, sizeof bits);
        if (!isfinite(v[0].num))
            continue;
        values_write(&schema, v, &out);
        assert_int_equal(values_read(&schema, buf_text(&out), 0, back, &bytes), 0);
        assert_memory_equal(&back[0].num, &v[0].num, sizeof(double));
        buf_free(&out);
        buf_free(&bytes);
    }
}

static void a_choice_that_does_not_exist_is_written_as_missing(void **state)
{
    static const int32_t wrong[] = { 2, 3, 1000000, INT32_MAX, -2, INT32_MIN };
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        union kiri_value v[4];
        struct buf out = { 0 };
        kiri_missing(&schema, v);
        v[1].choice = wrong[i];
        values_write(&schema, v, &out);
        assert_string_equal(buf_text(&out), "{}");
        buf_free(&out);
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
        cmocka_unit_test(every_number_survives_the_way_through_json_bit_for_bit),
        cmocka_unit_test(a_choice_that_does_not_exist_is_written_as_missing),
        cmocka_unit_test(what_does_not_fit_the_schema_is_missing),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(infinity_never_reaches_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
