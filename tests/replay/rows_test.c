/* tests/replay/rows_test.c mirrors host/replay/rows.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/values.h"
#include "replay/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static char path[] = "/tmp/kiri-rows-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);
    (void)state;

    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const void *bytes, size_t len)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static struct rows *open_text(const char *text)
{
    struct kiri_error err;

    put(text, strlen(text));
    struct rows *r = rows_open(path, &schema, &err);
    assert_non_null(r);
    return r;
}

static void a_row_reads_back_as_it_was_written(void **state)
{
    static const char bytes[] = { 'a', '\n', '"', 0, (char)0xff };
    struct buf file = { 0 };
    struct kiri_error err;
    struct rows_row row;
    (void)state;

    for (int i = 1; i <= 3000; i++) {
        union kiri_value v[4] = { { .num = 1.0 / i },
                                  { .choice = i % 2 },
                                  { .text = { bytes, (uint32_t)(i % 6) } },
                                  { .choice = 0 } };
        struct buf values = { 0 };
        values_write(&schema, v, &values);
        rows_write(&(struct store_obs){ .atom = "a",
                                        .id = (uint64_t)i * 3,
                                        .ts = 1000 * i,
                                        .label = i % 7 ? NULL : "a \"label\"\n",
                                        .values = buf_text(&values),
                                        .gen = (uint64_t)i % 3,
                                        .turn_skipped = i % 5 == 0 },
                   i % 2, i % 10 != 0, &file);
        buf_free(&values);
    }
    put(file.data, file.len);
    struct rows *r = rows_open(path, &schema, &err);
    assert_non_null(r);
    assert_int_equal(rows_size(r), file.len);
    for (int i = 1; i <= 3000; i++) {
        const double number = 1.0 / i;
        assert_int_equal(rows_next(r, &row, &err), 1);
        assert_int_equal(row.ts, 1000 * i);
        assert_int_equal(row.id, i * 3);
        assert_int_equal(row.gen, i % 10 ? i % 3 : 0);
        assert_int_equal(row.turn_skipped, i % 5 == 0);
        assert_memory_equal(&row.v[0].num, &number, sizeof number);
        assert_int_equal(row.v[1].choice, i % 2);
        assert_int_equal(row.v[2].text.len, i % 6);
        assert_memory_equal(row.v[2].text.ptr, bytes, (size_t)(i % 6));
        assert_in_range(row.v[3].choice, 0, 23);
    }
    assert_int_equal(rows_next(r, &row, &err), 0);
    assert_int_equal(rows_bytes(r), file.len);
    rows_close(r);
    buf_free(&file);
}

static void a_bad_line_is_named_with_its_place_and_remedy(void **state)
{
    static const struct {
        const char *line, *says;
    } cases[] = {
        { "nonsense", "a line is {\"ts\":ms" },
        { "{\"ts\":1,\"values\":{\"cpu\":1}", "column" },
        { "[1]", "no JSON object" },
        { "{\"values\":{\"cpu\":1}}", "\"ts\" is missing" },
        { "{\"ts\":1.5,\"values\":{\"cpu\":1}}", "\"ts\" is missing or not a whole" },
        { "{\"ts\":\"1\",\"values\":{\"cpu\":1}}", "\"ts\" is missing or not a whole" },
        { "{\"ts\":1}", "\"values\" is missing" },
        { "{\"ts\":1,\"values\":[1]}", "\"values\" is missing or not an object" },
        { "{\"ts\":1,\"values\":{\"cpu\":\"1\"}}", "\"cpu\" takes a number or null" },
        { "{\"ts\":1,\"values\":{\"net\":1}}", "\"net\" takes one of its words or null" },
        { "{\"ts\":1,\"values\":{\"file\":1}}", "\"file\" takes a text" },
        { "{\"ts\":1,\"values\":{\"CPU\":1}}", "no field \"CPU\"" },
        { "{\"ts\":1,\"values\":{\"cpu\":1e999}}", "overflow" },
        { "{\"ts\":1,\"values\":{\"cpu\":NaN}}", "column" },
        { "{\"ts\":1,\"ts\":2,\"values\":{}}", "duplicate" },
        { "{\"ts\":1,\"values\":{},\"id\":0}", "\"id\" is not a whole number" },
        { "{\"ts\":1,\"values\":{},\"turn\":1}", "\"turn\" is not \"skipped\"" },
        { "{\"ts\":1,\"values\":{},\"turn\":\"taken\"}", "\"turn\" is not \"skipped\"" },
        { "{\"ts\":1,\"values\":{},\"id\":7}", "id 7 after 7" },
        { "{\"ts\":1,\"values\":{},\"id\":6}", "id 6 after 7" },
        { "\x1b[31m", "column" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kiri_error err = { 0 };
        struct rows_row row;
        char text[256], place[64];
        snprintf(text, sizeof text, "{\"ts\":1,\"values\":{\"cpu\":1},\"id\":7}\n\n%s\n",
                 cases[i].line);
        struct rows *r = open_text(text);
        assert_int_equal(rows_next(r, &row, &err), 1);
        assert_int_equal(rows_next(r, &row, &err), -1);
        assert_int_equal(err.code, KIRI_BAD_DATA);
        snprintf(place, sizeof place, "%s:3: ", path);
        assert_ptr_equal(strstr(err.text, place), err.text);
        if (!strstr(err.text, cases[i].says))
            fail_msg("'%s' does not say '%s'", err.text, cases[i].says);
        assert_null(strchr(err.text, '\x1b'));
        rows_close(r);
    }
}

static void other_ways_to_write_the_same_are_fine(void **state)
{
    struct rows *r =
        open_text("\n  \r\n {\"values\" : {\"cpu\": 5, \"net\": null, \"new\": 1}, "
                  "\"ts\": -5, \"more\": []}\r\n"
                  "{\"ts\":2,\"values\":{}}\n"
                  "{\"ts\":3,\"values\":{\"net\":\"sideways\"}}");
    struct kiri_error err = { 0 };
    struct rows_row row;
    const char *name;
    (void)state;

    assert_int_equal(rows_next(r, &row, &err), 1);
    assert_int_equal(row.ts, -5);
    assert_int_equal(row.id, 0);
    assert_true(row.v[0].num == 5);
    assert_int_equal(rows_next(r, &row, &err), 1);
    assert_true(kiri_is_missing(&fields[0], &row.v[0]));
    assert_int_equal(rows_next(r, &row, &err), 1);
    assert_int_equal(row.v[1].choice, -1); /* a word that is no more */
    assert_int_equal(rows_next(r, &row, &err), 0);
    assert_int_equal(rows_unknown(r, &name), 1);
    assert_string_equal(name, "new");
    rows_close(r);
}

static void a_file_can_be_read_again_from_its_beginning(void **state)
{
    struct rows *r = open_text("{\"ts\":1,\"values\":{},\"id\":1}\n"
                               "{\"ts\":2,\"values\":{},\"id\":2}\n");
    struct kiri_error err = { 0 };
    struct rows_row row;
    (void)state;

    for (int again = 0; again < 3; again++) {
        assert_int_equal(rows_next(r, &row, &err), 1);
        assert_int_equal(row.id, 1);
        assert_int_equal(rows_next(r, &row, &err), 1);
        if (again == 1)
            assert_int_equal(rows_next(r, &row, &err), 0);
        assert_int_equal(rows_rewind(r, &err), 0);
    }
    rows_close(r);
}

static void a_line_may_be_long_but_not_endless(void **state)
{
    static const struct {
        size_t len;
        int got;
    } cases[] = { { ROWS_LINE_MOST - 1, 1 },
                  { ROWS_LINE_MOST, -1 },
                  { 3 * ROWS_LINE_MOST, -1 } };
    static const char row_text[] = "{\"ts\":1,\"values\":{}}";
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kiri_error err = { 0 };
        struct rows_row row;
        char *text = malloc(cases[i].len + 1);
        assert_non_null(text);
        memset(text, ' ', cases[i].len);
        memcpy(text, row_text, sizeof row_text - 1);
        text[cases[i].len] = '\n';
        put(text, cases[i].len + 1);
        free(text);
        struct rows *r = rows_open(path, &schema, &err);
        assert_int_equal(rows_next(r, &row, &err), cases[i].got);
        if (cases[i].got < 0)
            assert_non_null(strstr(err.text, ":1: the line is longer than"));
        rows_close(r);
    }
}

static void what_is_no_file_is_refused(void **state)
{
    static const char *const paths[] = { "/nowhere/rows.jsonl", "/tmp", "/dev/zero" };
    (void)state;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct kiri_error err = { 0 };
        assert_null(rows_open(paths[i], &schema, &err));
        assert_int_equal(err.code, KIRI_NO_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_reads_back_as_it_was_written),
        cmocka_unit_test(a_bad_line_is_named_with_its_place_and_remedy),
        cmocka_unit_test(other_ways_to_write_the_same_are_fine),
        cmocka_unit_test(a_file_can_be_read_again_from_its_beginning),
        cmocka_unit_test(a_line_may_be_long_but_not_endless),
        cmocka_unit_test(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
