/*
 * The container: what is written is read back; a header that lies is refused, with or
 * without a correct checksum over its lie.
 */
#include "model/checksum.h"
#include "model/safetensors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A file of this header (as it stands) and n bytes of data. */
static char *make_file(const char *header, size_t n, size_t *len)
{
    size_t text = strlen(header);
    char *file = calloc(1, 8 + text + n + 1);

    assert_non_null(file);
    for (int i = 0; i < 8; i++)
        file[i] = (char)((uint64_t)text >> 8 * i & 0xff);
    memcpy(file + 8, header, text);
    *len = 8 + text + n;
    return file;
}

static struct safetensors_writer *write_three(const float *f, const uint16_t *u)
{
    struct safetensors_writer *w = safetensors_writer_new();

    assert_non_null(w);
    safetensors_put(w, "floats", TENSOR_F32, 2, (const uint64_t[]){ 2, 3 }, f);
    safetensors_put(w, "words", TENSOR_U16, 1, (const uint64_t[]){ 3 }, u);
    safetensors_put(w, "none", TENSOR_F64, 1, (const uint64_t[]){ 0 }, NULL);
    safetensors_put(w, "one", TENSOR_F32, 0, NULL, f);
    safetensors_put_meta(w, "zebra", "first");
    safetensors_put_meta(w, "apple", "\"sec\nond\" \xc3\xa9");
    return w;
}

static void join_meta(void *ctx, const char *key, const char *value)
{
    char *all = ctx;

    strcat(strcat(strcat(strcat(all, key), "="), value), ";");
}

static void what_is_written_is_read_back(void **state)
{
    static const float f[6] = { 1.5f, -2, 3e-30f, 0, 5, 6 };
    static const uint16_t u[3] = { 1, 65535, 3 };
    struct safetensors_writer *w = write_three(f, u);
    struct kiri_error err;
    char meta[256] = "";
    float got[6];
    uint16_t words[3];
    size_t len;
    void *file = safetensors_build(w, &len);
    struct safetensors *s;

    (void)state;
    assert_non_null(file);
    s = safetensors_parse(file, len, &err);
    assert_non_null(s);
    assert_true(safetensors_has_checksum(s));
    assert_int_equal(safetensors_count(s), 4);
    assert_string_equal(safetensors_at(s, 0)->name, "floats");
    assert_int_equal(safetensors_find(s, "floats")->shape[1], 3);
    assert_int_equal(safetensors_find(s, "none")->bytes, 0);
    assert_int_equal(safetensors_find(s, "one")->count, 1);
    assert_null(safetensors_find(s, "other"));
    assert_null(safetensors_at(s, 4));
    assert_int_equal(safetensors_copy(s, "floats", TENSOR_F32, 6, got, &err), 0);
    assert_memory_equal(got, f, sizeof f);
    assert_int_equal(safetensors_copy(s, "words", TENSOR_U16, 3, words, &err), 0);
    assert_memory_equal(words, u, sizeof u);
    assert_string_equal(safetensors_meta(s, "zebra"), "first");
    assert_string_equal(safetensors_meta(s, "apple"), "\"sec\nond\" \xc3\xa9");
    assert_null(safetensors_meta(s, "pear"));
    safetensors_each_meta(s, join_meta, meta);
    assert_non_null(strstr(meta, "zebra=first;apple="));         /* the file's order */
    assert_int_equal((((const unsigned char *)file)[0]) % 8, 0); /* data begins aligned */
    safetensors_free(s);
    safetensors_writer_free(w);
    free(file);
}

static void the_same_calls_give_the_same_bytes(void **state)
{
    static const float f[6] = { 1 };
    static const uint16_t u[3] = { 2 };
    void *file[2];
    size_t len[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct safetensors_writer *w = write_three(f, u);

        file[i] = safetensors_build(w, &len[i]);
        safetensors_writer_free(w);
    }
    assert_int_equal(len[0], len[1]);
    assert_memory_equal(file[0], file[1], len[0]);
    free(file[0]);
    free(file[1]);
}

static void copying_asks_for_exactly_what_is_there(void **state)
{
    static const float f[6] = { 1, 2, 3, NAN, 5, 6 };
    static const uint16_t u[3] = { 1, 2, 3 };
    struct safetensors_writer *w = write_three(f, u);
    struct kiri_error err;
    float got[6];
    size_t len;
    void *file = safetensors_build(w, &len);
    struct safetensors *s = safetensors_parse(file, len, &err);

    (void)state;
    assert_int_equal(safetensors_copy(s, "floats", TENSOR_F32, 6, got, &err), -1);
    assert_non_null(strstr(err.text, "value 3 is not finite"));
    assert_int_equal(safetensors_copy(s, "words", TENSOR_U16, 2, got, &err), -1);
    assert_int_equal(safetensors_copy(s, "words", TENSOR_F32, 3, got, &err), -1);
    assert_int_equal(safetensors_copy(s, "gone", TENSOR_F32, 3, got, &err), -1);
    assert_non_null(strstr(err.text, "gone is missing"));
    safetensors_free(s);
    safetensors_writer_free(w);
    free(file);
}

#define T(rest) "{\"a\":{" rest "}}"
#define DTYPE   "\"dtype\":\"F32\","
#define OFFSETS ",\"data_offsets\":[0,16]"
#define SUM     "\"checksum\":\"crc32c\",\"crc32c\":\"00000000\""
#define BYTES(n, b, e)                                                                   \
    "{\"dtype\":\"U8\",\"shape\":[" #n "],\"data_offsets\":[" #b "," #e "]}"

/* 16 bytes of data follow each of these headers. */
static const struct {
    const char *header, *why; /* why NULL: accepted */
} lies[] = {
    { T(DTYPE "\"shape\":[4]" OFFSETS), NULL },
    { T(DTYPE "\"shape\":[2,2,1,1]" OFFSETS), NULL },
    { "{\"a\":" BYTES(8, 0, 8) ",\"b\":" BYTES(8, 8, 16) "}   ", NULL },
    { "{\"__metadata__\":{\"k\":\"v\"},\"a\":" BYTES(16, 0, 16) "}", NULL },
    { T("\"dtype\":\"BF16\",\"shape\":[8]" OFFSETS), NULL },
    { T(DTYPE "\"shape\":[5]" OFFSETS), "needs 20 bytes" },
    { T(DTYPE "\"shape\":[3]" OFFSETS), "needs 12 bytes" },
    { T(DTYPE "\"shape\":[9223372036854775807]" OFFSETS), "impossible shape" },
    { T(DTYPE "\"shape\":[4611686018427387905]" OFFSETS), "impossible shape" },
    { T(DTYPE "\"shape\":[4294967296,4294967296]" OFFSETS), "impossible shape" },
    { T(DTYPE "\"shape\":[4294967297,4294967297,0]" OFFSETS), "impossible shape" },
    { T(DTYPE "\"shape\":[99999999999999999999]" OFFSETS), "not JSON" },
    { T(DTYPE "\"shape\":[-4]" OFFSETS), "impossible shape" },
    { T(DTYPE "\"shape\":[4.0]" OFFSETS), "impossible shape" },
    { T(DTYPE "\"shape\":[\"4\"]" OFFSETS), "impossible shape" },
    { T(DTYPE "\"shape\":[1,1,1,1,4]" OFFSETS), "at most 4 sizes" },
    { T(DTYPE "\"shape\":4" OFFSETS), "at most 4 sizes" },
    { T(DTYPE "\"shape\":[4],\"data_offsets\":[0,17]"), "outside" },
    { T(DTYPE "\"shape\":[4],\"data_offsets\":[16,0]"), "outside" },
    { T(DTYPE "\"shape\":[4],\"data_offsets\":[0,9223372036854775807]"), "outside" },
    { T(DTYPE "\"shape\":[4],\"data_offsets\":[-16,0]"), "not two sizes" },
    { T(DTYPE "\"shape\":[4],\"data_offsets\":[0]"), "not two sizes" },
    { T(DTYPE "\"shape\":[4],\"data_offsets\":{}"), "not two sizes" },
    { T("\"dtype\":\"F31\",\"shape\":[4]" OFFSETS), "unknown dtype F31" },
    { T("\"dtype\":7,\"shape\":[4]" OFFSETS), "unknown dtype" },
    { T(DTYPE "\"shape\":[4]"), "expected dtype, shape and data_offsets" },
    { T(DTYPE "\"shape\":[4],\"x\":1" OFFSETS),
      "expected dtype, shape and data_offsets" },
    { "{\"a\":[]}", "expected dtype" },
    { "{\"a\":" BYTES(8, 0, 8) ",\"b\":" BYTES(12, 4, 16) "}",
      "overlap or leave a hole" },
    { "{\"a\":" BYTES(8, 0, 8) ",\"b\":" BYTES(4, 12, 16) "}",
      "overlap or leave a hole" },
    { "{\"a\":" BYTES(8, 8, 16) ",\"b\":" BYTES(8, 0, 8) "}", "overlap or leave a hole" },
    { "{\"a\":" BYTES(16, 0, 16) ",\"b\":" BYTES(16, 0, 16) "}",
      "overlap or leave a hole" },
    { "{\"a\":" BYTES(8, 0, 8) "}", "belong to no tensor" },
    { "{}", "belong to no tensor" },
    { "{\"a\":" BYTES(8, 0, 8) ",\"a\":" BYTES(8, 8, 16) "}", "duplicate" },
    { "{\"__metadata__\":{\"k\":1},\"a\":" BYTES(16, 0, 16) "}", "k is not a string" },
    { "{\"__metadata__\":[],\"a\":" BYTES(16, 0, 16) "}", "not an object" },
    { "{\"__metadata__\":{\"k\":{}},\"a\":" BYTES(16, 0, 16) "}", "k is not a string" },
    { "{\"__metadata__\":{\"crc32c\":\"00000000\"},\"a\":" BYTES(16, 0, 16) "}",
      "damaged" },
    { "{\"__metadata__\":{\"checksum\":\"crc32c\"},\"a\":" BYTES(16, 0, 16) "}",
      "damaged" },
    { "{\"__metadata__\":{" SUM "},\"a\":" BYTES(16, 0, 16) "}", "checksum mismatch" },
    { "[]", "not an object" },
    { "", "not JSON" },
    { "{\"a\"", "not JSON" },
    { "{} x", "not JSON" },
    { "{\"a\\u0000b\":1}", "not JSON" },
    { "[[[[[[[[]]]]]]]]", "nested too deeply" },
};

static void a_header_that_lies_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct kiri_error err = { 0 };
        size_t len;
        char *file = make_file(lies[i].header, 16, &len);
        struct safetensors *s = safetensors_parse(file, len, &err);

        if (!s != !!lies[i].why || (lies[i].why && !strstr(err.text, lies[i].why)))
            fail_msg("%s: %s", lies[i].header, s ? "accepted" : err.text);
        safetensors_free(s);
        free(file);
    }
}

/* The same lies again, each with a checksum that is right: it proves nothing but
 * transport. */
static void a_correct_checksum_does_not_help_a_liar(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char header[1024], digits[CHECKSUM_DIGITS + 1];
        struct kiri_error err = { 0 };
        struct safetensors *s;
        size_t len, at;
        char *file;

        if (strncmp(lies[i].header, "{\"", 2) || strstr(lies[i].header, "__metadata__"))
            continue;
        snprintf(header, sizeof header, "{\"__metadata__\":{" SUM "},%s",
                 lies[i].header + 1);
        file = make_file(header, 16, &len);
        assert_int_equal(checksum_place(file + 8, strlen(header), &at), 0);
        checksum_of(file, len, 8 + at, digits);
        memcpy(file + 8 + at, digits, CHECKSUM_DIGITS);
        s = safetensors_parse(file, len, &err);
        if (!s != !!lies[i].why || (lies[i].why && !strstr(err.text, lies[i].why)))
            fail_msg("%s: %s", header, s ? "accepted" : err.text);
        if (s)
            assert_true(safetensors_has_checksum(s));
        safetensors_free(s);
        free(file);
        tried++;
    }
    assert_true(tried > 25);
}

static void a_header_length_that_lies_is_refused(void **state)
{
    static const uint64_t lengths[] = {
        0,          1,          1u << 20,   (1u << 20) + 1, 1ull << 32,
        1ull << 62, 1ull << 63, UINT64_MAX, UINT64_MAX - 7
    };
    struct kiri_error err;
    size_t len;
    char *file = make_file("{}", 0, &len);

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(file, &lengths[i], 8);
        assert_null(safetensors_parse(file, len, &err));
    }
    for (size_t n = 0; n < 8; n++)
        assert_null(safetensors_parse(file, n, &err));
    free(file);
}

/* A header of a megabyte of brackets costs a sentence, not memory. */
static void a_header_full_of_brackets_is_refused_before_it_is_parsed(void **state)
{
    const size_t most = SAFETENSORS_HEADER_MOST;
    char *header = malloc(most + 1);
    struct kiri_error err;
    char *file;
    size_t len;

    (void)state;
    assert_non_null(header);
    memcpy(header, "{\"a\":[", 6);
    for (size_t i = 6; i + 2 < most; i += 3)
        memcpy(header + i, "{},", 3);
    header[most - 2] = '\0';
    file = make_file(header, 0, &len);
    assert_null(safetensors_parse(file, len, &err));
    assert_non_null(strstr(err.text, "too rich"));
    free(file);
    free(header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(the_same_calls_give_the_same_bytes),
        cmocka_unit_test(copying_asks_for_exactly_what_is_there),
        cmocka_unit_test(a_header_that_lies_is_refused),
        cmocka_unit_test(a_correct_checksum_does_not_help_a_liar),
        cmocka_unit_test(a_header_length_that_lies_is_refused),
        cmocka_unit_test(a_header_full_of_brackets_is_refused_before_it_is_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
