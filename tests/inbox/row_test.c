/* row_test.c - values by name against a schema: what is taken, and what is said of the
 * rest. */
#include "inbox/row.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const doors[] = { "open", "shut", NULL };
static const struct kiri_field fields[] = {
    { .name = "soil",
      .kind = KIRI_NUMBER,
      .hi = 100,
      .buckets = 10,
      .flags = KIRI_ALWAYS },
    { .name = "air", .kind = KIRI_NUMBER, .hi = 100, .buckets = 10 },
    { .name = "door", .kind = KIRI_CHOICE, .choices = doors },
    { .name = "note", .kind = KIRI_TEXT, .max_len = 8 },
    { .name = "hour", .kind = KIRI_HOUR },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 5,
                                           .fields = fields };

static int read_values(const char *json, union kiri_value *v, struct buf *texts,
                       struct kiri_error *err)
{
    json_t *values = json_loads(json, 0, NULL);

    assert_non_null(values);
    int rc = row_read(&schema, values, 0, v, texts, err);
    json_decref(values);
    return rc;
}

static void values_go_to_their_fields(void **state)
{
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_error err = { 0 };
    struct buf texts = { 0 };

    (void)state;
    if (read_values("{\"note\":\"wet\",\"door\":\"shut\",\"soil\":41,\"air\":20.5}", v,
                    &texts, &err))
        fail_msg("%s", err.text);
    assert_true(v[0].num == 41 && v[1].num == 20.5);
    assert_int_equal(v[2].choice, 1);
    assert_int_equal(v[3].text.len, 3);
    assert_memory_equal(v[3].text.ptr, "wet", 3);
    assert_in_range(v[4].choice, 0, 23);
    buf_free(&texts);
}

static void what_may_be_missing_is(void **state)
{
    static const char *const rows[] = { "{\"soil\":0}",
                                        "{\"soil\":0,\"air\":null,\"door\":null,"
                                        "\"note\":null,\"hour\":null}" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        union kiri_value v[KIRI_MAX_FIELDS];
        struct kiri_error err = { 0 };
        struct buf texts = { 0 };
        if (read_values(rows[i], v, &texts, &err))
            fail_msg("%s", err.text);
        for (uint32_t k = 1; k < 4; k++)
            assert_true(kiri_is_missing(&fields[k], &v[k]));
        buf_free(&texts);
    }
}

static void texts_are_cut_behind_their_length_and_may_be_bytes(void **state)
{
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_error err = { 0 };
    struct buf texts = { 0 };

    (void)state;
    assert_int_equal(read_values("{\"soil\":1,\"note\":\"0123456789\"}", v, &texts, &err),
                     0);
    assert_int_equal(v[3].text.len, 9); /* too long still: tokenizing counts it */
    buf_clear(&texts);
    assert_int_equal(
        read_values("{\"soil\":1,\"note\":{\"hex\":\"00ff\"}}", v, &texts, &err), 0);
    assert_int_equal(v[3].text.len, 2);
    assert_memory_equal(v[3].text.ptr, "\0\xff", 2);
    buf_clear(&texts);
    assert_int_equal(read_values("{\"soil\":1,\"note\":\"\"}", v, &texts, &err), 0);
    assert_false(kiri_is_missing(&fields[3], &v[3]));
    buf_free(&texts);
}

static void each_mistake_names_its_field(void **state)
{
    static const struct {
        const char *json, *sentence;
    } cases[] = {
        { "{}", "soil is missing, and the schema says that it always is there" },
        { "{\"soil\":null}", "soil is missing" },
        { "{\"soil\":\"41\"}", "soil takes a number" },
        { "{\"soil\":true}", "soil takes a number" },
        { "{\"soil\":[1]}", "soil takes a number" },
        { "{\"soil\":1,\"siol\":2}", "no field \"siol\", did you mean \"soil\"?" },
        { "{\"soil\":1,\"rain\":2}", "no field \"rain\": leave it out" },
        { "{\"soil\":1,\"\\u001b[2J\":2}", "no field \"\\x1b[2J\"" },
        { "{\"soil\":1,\"door\":1}", "door takes one of its words" },
        { "{\"soil\":1,\"door\":\"ajar\"}",
          "door is none of its words: \"ajar\" is not in open, shut" },
        { "{\"soil\":1,\"note\":7}", "note takes a text" },
        { "{\"soil\":1,\"note\":{}}", "note: {\"hex\":\"..\"} has two of 0-9a-f" },
        { "{\"soil\":1,\"note\":{\"hex\":\"0\"}}", "note: {\"hex\"" },
        { "{\"soil\":1,\"note\":{\"hex\":\"zz\"}}", "note: {\"hex\"" },
        { "{\"soil\":1,\"hour\":3}", "hour follows from the time: leave it out" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        union kiri_value v[KIRI_MAX_FIELDS];
        struct kiri_error err = { 0 };
        struct buf texts = { 0 };

        assert_int_equal(read_values(cases[i].json, v, &texts, &err), -1);
        assert_int_equal(err.code, KIRI_BAD_DATA);
        if (!strstr(err.text, cases[i].sentence))
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].json, err.text,
                     cases[i].sentence);
        buf_free(&texts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_go_to_their_fields),
        cmocka_unit_test(what_may_be_missing_is),
        cmocka_unit_test(texts_are_cut_behind_their_length_and_may_be_bytes),
        cmocka_unit_test(each_mistake_names_its_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
