/* json_test.c - what the writer writes; jansson, a strict parser, is the judge. */
#include "test.h"

#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* The buffer's text as jansson reads it; the caller drops it. */
static json_t *parsed(const struct buf *b)
{
    json_error_t why;
    json_t *j = json_loadb(b->data, b->len, JSON_DECODE_ANY, &why);

    if (!j)
        fail_msg("%s: %s", why.text, buf_text(b));
    return j;
}

static void commas_stand_between_members_and_nowhere_else(void **state)
{
    struct buf b = { 0 };
    struct jsonw j = jsonw_into(&b);
    (void)state;

    jsonw_object(&j);
    jsonw_kint(&j, "v", 1);
    jsonw_key(&j, "fields");
    jsonw_array(&j);
    jsonw_object(&j);
    jsonw_kstr(&j, "name", "cpu");
    jsonw_knum(&j, "nats", 0.25, 6);
    jsonw_end(&j);
    jsonw_object(&j);
    jsonw_end(&j);
    jsonw_array(&j);
    jsonw_end(&j);
    jsonw_null(&j);
    jsonw_end(&j);
    jsonw_kbool(&j, "alarm", 0);
    jsonw_kstr(&j, "blame", NULL);
    jsonw_end(&j);
    assert_string_equal(buf_text(&b),
                        "{\"v\":1,\"fields\":[{\"name\":\"cpu\",\"nats\":0.25},{},[],"
                        "null],\"alarm\":false,\"blame\":null}");
    buf_free(&b);
}

static void a_finished_value_takes_its_place(void **state)
{
    struct buf b = { 0 };
    struct jsonw j = jsonw_into(&b);
    (void)state;

    jsonw_array(&j);
    jsonw_raw(&j, "{\"a\":1}", 7);
    jsonw_int(&j, INT64_MIN);
    jsonw_bool(&j, 1);
    jsonw_end(&j);
    assert_string_equal(buf_text(&b), "[{\"a\":1},-9223372036854775808,true]");
    buf_free(&b);
}

static void every_byte_of_a_text_survives_or_is_replaced(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "plain", "\"plain\"" },
        { "", "\"\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "line\nnext\tcell", "\"line\\nnext\\tcell\"" },
        { "bell\a escape\x1b del\x7f", "\"bell\\u0007 escape\\u001b del\\u007f\"" },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82",
          "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82\"" },
        { "\xff", "\"\xef\xbf\xbd\"" },                 /* never UTF-8   */
        { "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong NUL  */
        { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* a surrogate */
        { "\xf5\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },       /* past U+10FFFF */
        { "cut\xe2\x82", "\"cut\xef\xbf\xbd\xef\xbf\xbd\"" }, /* ends too soon */
        { "\x80ok", "\"\xef\xbf\xbdok\"" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };
        struct jsonw j = jsonw_into(&b);
        jsonw_string(&j, cases[i].in);
        assert_string_equal(buf_text(&b), cases[i].out);
        json_decref(parsed(&b));
        buf_free(&b);
    }
}

static void a_nul_inside_a_text_is_escaped(void **state)
{
    struct buf b = { 0 };
    struct jsonw j = jsonw_into(&b);
    (void)state;

    jsonw_bytes(&j, "a\0b", 3);
    assert_string_equal(buf_text(&b), "\"a\\u0000b\"");
    buf_free(&b);
}

static void random_bytes_are_always_valid_json(void **state)
{
    uint32_t seed = 1;
    (void)state;

    for (int round = 0; round < 2000; round++) {
        char bytes[40];
        size_t n = (size_t)round % sizeof bytes;
        struct buf b = { 0 };
        struct jsonw j = jsonw_into(&b);

        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = (char)((seed >> 24) | (round % 2 ? 0x80u : 1u));
        }
        jsonw_array(&j);
        jsonw_bytes(&j, bytes, n);
        jsonw_end(&j);
        json_decref(parsed(&b));
        buf_free(&b);
    }
}

static void numbers_are_short_and_never_nan(void **state)
{
    static const struct {
        double x;
        int digits;
        const char *text;
    } cases[] = {
        { 0.1 + 0.2, 6, "0.3" }, { 53.1, 3, "53.1" },     { 1234567, 3, "1.23e+06" },
        { 4e-6, 6, "4e-06" },    { -0.0, 6, "0" },        { 0, 6, "0" },
        { NAN, 6, "null" },      { INFINITY, 6, "null" }, { -INFINITY, 6, "null" },
        { -2.5, 6, "-2.5" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };
        struct jsonw j = jsonw_into(&b);
        jsonw_num(&j, cases[i].x, cases[i].digits);
        assert_string_equal(buf_text(&b), cases[i].text);
        json_decref(parsed(&b));
        buf_free(&b);
    }
}

static void an_exact_number_reads_back_the_same(void **state)
{
    static const double cases[] = {
        0.1, 1.0 / 3, 2.0 / 3, 1e300, 5e-324, 123456.789, -0.000123456789012345678, 8192,
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };
        struct jsonw j = jsonw_into(&b);
        jsonw_exact(&j, cases[i]);
        json_t *back = parsed(&b);
        double read = json_number_value(back);
        assert_memory_equal(&read, &cases[i], sizeof read);
        json_decref(back);
        buf_free(&b);
    }
    struct buf b = { 0 };
    struct jsonw j = jsonw_into(&b);
    jsonw_array(&j);
    jsonw_exact(&j, 0.5);
    jsonw_exact(&j, NAN);
    jsonw_end(&j);
    assert_string_equal(buf_text(&b), "[0.5,null]");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_members_and_nowhere_else),
        cmocka_unit_test(a_finished_value_takes_its_place),
        cmocka_unit_test(every_byte_of_a_text_survives_or_is_replaced),
        cmocka_unit_test(a_nul_inside_a_text_is_escaped),
        cmocka_unit_test(random_bytes_are_always_valid_json),
        cmocka_unit_test(numbers_are_short_and_never_nan),
        cmocka_unit_test(an_exact_number_reads_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
