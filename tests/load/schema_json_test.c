/* schema_json_test.c - a schema as JSON: what it may leave out, and one sentence for each
 * mistake. */
#include "room.h"

#include "load/schema_json.h"

#include <kiri/schema.h>

#include <string.h>

static struct kiri_schema *parse(const char *json)
{
    struct kiri_error err = { 0 };
    struct kiri_schema *s = schema_json_parse(json, strlen(json), &err);

    if (!s)
        fail_msg("%s: %s", json, err.text);
    return s;
}

static char *spelled(const struct kiri_schema *s)
{
    struct buf out = { 0 };
    struct jsonw j = jsonw_into(&out);

    schema_json_write(s, &j);
    assert_false(buf_failed(&out));
    return buf_take(&out, NULL);
}

static void a_number_needs_a_name_and_a_range(void **state)
{
    struct kiri_schema *s = parse("{\"fields\":[{\"name\":\"t\",\"lo\":-20,\"hi\":40}]}");
    const struct kiri_field *f = s->fields;

    (void)state;
    assert_int_equal(s->n_fields, 1);
    assert_int_equal(s->period_ms, 0);
    assert_int_equal(f->kind, KIRI_NUMBER);
    assert_int_equal(f->scale, KIRI_LINEAR);
    assert_int_equal(f->buckets, 10);
    assert_true(f->lo == -20 && f->hi == 40);
    assert_null(f->symbol);
    plugin_schema_free(s);
}

static void every_member_has_its_place(void **state)
{
    struct kiri_schema *s = parse(
        "{\"period\":\"1h\",\"context\":4,\"aggregate\":\"row\",\"fields\":["
        "{\"name\":\"rate\",\"kind\":\"number\",\"symbol\":\"R\",\"unit\":\"B/s\","
        "\"help\":\"in and out\",\"scale\":\"log\",\"lo\":1,\"hi\":1e9,\"buckets\":12,"
        "\"flags\":[\"always\",\"context\"]},"
        "{\"name\":\"door\",\"kind\":\"choice\",\"choices\":[\"open\",\"shut\"]},"
        "{\"name\":\"note\",\"kind\":\"text\",\"max_len\":40},"
        "{\"name\":\"hour\",\"kind\":\"hour\",\"flags\":[\"spoken\"],\"buckets\":4},"
        "{\"name\":\"day\",\"kind\":\"weekday\"}]}");

    (void)state;
    assert_int_equal(s->period_ms, 3600000);
    assert_int_equal(s->context, 4);
    assert_int_equal(s->aggregate, KIRI_ROW);
    assert_int_equal(s->fields[0].scale, KIRI_LOG);
    assert_int_equal(s->fields[0].flags, KIRI_ALWAYS | KIRI_CONTEXT);
    assert_string_equal(s->fields[0].symbol, "R");
    assert_string_equal(s->fields[0].unit, "B/s");
    assert_string_equal(s->fields[0].help, "in and out");
    assert_string_equal(s->fields[1].choices[1], "shut");
    assert_null(s->fields[1].choices[2]);
    assert_int_equal(s->fields[2].max_len, 40);
    assert_int_equal(s->fields[3].flags, KIRI_SPOKEN);
    assert_int_equal(s->fields[3].buckets, 4);
    assert_int_equal(s->fields[4].kind, KIRI_WEEKDAY);
    plugin_schema_free(s);
}

static void what_is_written_reads_back_to_the_same_bytes(void **state)
{
    static const char *const schemas[] = {
        "{\"fields\":[{\"name\":\"a\",\"lo\":-0.0,\"hi\":0.1}]}",
        "{\"fields\":[{\"name\":\"a\"}]}",
        "{\"fields\":[{\"hi\":1e-300,\"lo\":0,\"name\":\"a\",\"help\":\"\\\"\\n\\u00e9\"}"
        ","
        "{\"name\":\"b\",\"kind\":\"text\",\"max_len\":256,\"flags\":[]}],"
        "\"period\":\"1d\"}",
        "{\"fields\":[{\"name\":\"a\",\"kind\":\"words\",\"max_len\":9},"
        "{\"name\":\"h\",\"kind\":\"hour\"}],\"aggregate\":\"worst\"}",
        "{\"fields\":[{\"name\":\"a\",\"kind\":\"choice\",\"choices\":[\"x\",\"y z\"],"
        "\"unit\":null}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        struct kiri_schema *s = parse(schemas[i]);
        char *once = spelled(s);
        struct kiri_schema *t = parse(once);
        char *twice = spelled(t);

        assert_string_equal(once, twice);
        assert_true(kiri_schema_hash(s) == kiri_schema_hash(t));
        plugin_schema_free(s);
        plugin_schema_free(t);
        free(once);
        free(twice);
    }
}

#define FIELD(rest) "{\"fields\":[{\"name\":\"soil\"" rest "}]}"

static void each_mistake_has_its_sentence(void **state)
{
    static const struct {
        const char *json, *sentence;
    } cases[] = {
        { "", "schema: line 1, column 0: it is no JSON" },
        { "{\"fields\":[{\"name\":\"a\",\"name\":\"b\"}]}", "it is no JSON: duplicate" },
        { "[]", "schema: it is an object with a list of \"fields\"" },
        { "{}", "a list of \"fields\"" },
        { "{\"fields\":{}}", "a list of \"fields\"" },
        { "{\"fields\":[]}", "it has 0 fields: 1..64 are possible" },
        { "{\"fields\":[7]}", "\"fields\" lists objects" },
        { "{\"fields\":[{}]}", "a field has no \"name\"" },
        { "{\"fields\":[{\"name\":7}]}", "\"name\" is a text in quotes" },
        { "{\"field\":[],\"fields\":[{\"name\":\"a\"}]}",
          "nothing is called \"field\", did you mean \"fields\"?" },
        { "{\"fields\":[{\"name\":\"a\"}],\"period\":10}", "\"period\" is a text" },
        { "{\"fields\":[{\"name\":\"a\"}],\"period\":\"2d\"}",
          "\"period\" is a duration from 10ms to 1d such as \"10s\", not \"2d\"" },
        { "{\"fields\":[{\"name\":\"a\"}],\"context\":-1}",
          "\"context\" is a whole number" },
        { "{\"fields\":[{\"name\":\"a\"}],\"context\":9e9}",
          "\"context\" is a whole number" },
        { "{\"fields\":[{\"name\":\"a\"}],\"context\":999}", "context" },
        { "{\"fields\":[{\"name\":\"a\"}],\"aggregate\":\"mean\"}",
          "\"aggregate\" is one of schema, excess, row, worst, sum, not \"mean\"" },
        { "{\"fields\":[{\"name\":\"Soil\"}]}", "its name must be like [a-z]" },
        { "{\"fields\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "the same name" },
        { FIELD(",\"knd\":\"text\""), "schema: soil: nothing is called \"knd\", did you "
                                      "mean \"kind\"?" },
        { FIELD(",\"zzzzzz\":1"), "docs/remote.md lists what there is" },
        { FIELD(",\"kind\":\"float\""), "soil: \"kind\" is one of number, choice, text, "
                                        "words, hour, weekday, not \"float\"" },
        { FIELD(",\"lo\":0"), "soil: \"hi\" is missing" },
        { FIELD(",\"lo\":0,\"hi\":\"9\""), "soil: \"hi\" is no number" },
        { FIELD(",\"lo\":9,\"hi\":0"), "soil: lo must be < hi" },
        { FIELD(",\"lo\":0,\"hi\":1,\"buckets\":1"), "buckets must be 2..256" },
        { FIELD(",\"lo\":0,\"hi\":1,\"buckets\":2.5"), "\"buckets\" is a whole number" },
        { FIELD(",\"lo\":0,\"hi\":1,\"scale\":\"log\""), "soil" },
        { FIELD(",\"lo\":0,\"hi\":1,\"scale\":\"learned\""),
          "scale learned has no \"lo\" and \"hi\"" },
        { FIELD(",\"scale\":\"linear\""), "\"lo\" is missing" },
        { FIELD(",\"flags\":\"always\""), "\"flags\" is a list" },
        { FIELD(",\"flags\":[\"decided\"]"),
          "\"flags\" lists context, always and spoken, nothing else" },
        { FIELD(",\"flags\":[1]"), "\"flags\" lists" },
        { FIELD(",\"flags\":[\"context\"]"), "schema" },
        { FIELD(",\"kind\":\"choice\""), "\"choices\" is a list of 2 to 256 words" },
        { FIELD(",\"kind\":\"choice\",\"choices\":[1,2]"), "a list of texts in quotes" },
        { FIELD(",\"kind\":\"choice\",\"choices\":[\"a\"]"), "soil" },
        { FIELD(",\"kind\":\"choice\",\"choices\":[\"a\",\"a\"]"), "soil" },
        { FIELD(",\"kind\":\"text\""), "max_len" },
        { FIELD(",\"kind\":\"text\",\"max_len\":999"), "max_len" },
        { FIELD(",\"symbol\":\"\""), "its symbol must be like" },
        { FIELD(",\"unit\":\"012345678901234567890123456789012\""),
          "its unit is longer than 32 bytes" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kiri_error err = { 0 };
        struct kiri_schema *s =
            schema_json_parse(cases[i].json, strlen(cases[i].json), &err);

        assert_null(s);
        assert_int_equal(err.code, KIRI_BAD_DATA);
        if (!strstr(err.text, cases[i].sentence))
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].json, err.text,
                     cases[i].sentence);
    }
}

static void sixty_four_fields_and_256_words_are_possible_one_more_is_not(void **state)
{
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        struct buf fields = { 0 }, words = { 0 };
        struct kiri_error err;
        struct kiri_schema *s;

        buf_puts(&fields, "{\"fields\":[");
        for (unsigned i = 0; i < 64 + more; i++)
            buf_putf(&fields, "%s{\"name\":\"f%u\",\"lo\":0,\"hi\":1}", i ? "," : "", i);
        buf_puts(&fields, "]}");
        s = schema_json_parse(fields.data, fields.len, &err);
        assert_int_equal(s != NULL, !more);
        plugin_schema_free(s);
        buf_puts(&words,
                 "{\"fields\":[{\"name\":\"a\",\"kind\":\"choice\",\"choices\":[");
        for (unsigned i = 0; i < 256 + more; i++)
            buf_putf(&words, "%s\"w%u\"", i ? "," : "", i);
        buf_puts(&words, "]}]}");
        s = schema_json_parse(words.data, words.len, &err);
        assert_int_equal(s != NULL, !more);
        plugin_schema_free(s);
        buf_free(&fields);
        buf_free(&words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_needs_a_name_and_a_range),
        cmocka_unit_test(every_member_has_its_place),
        cmocka_unit_test(what_is_written_reads_back_to_the_same_bytes),
        cmocka_unit_test(each_mistake_has_its_sentence),
        cmocka_unit_test(sixty_four_fields_and_256_words_are_possible_one_more_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
