/* words_test.c - token ids as people read them. */
#include "test.h"

#include "random_schema.h"

#include <stdio.h>
#include <string.h>

static const char *const up_down[] = { "down", "up", NULL };
static const struct kiri_field fields[] = {
    { .name = "cpu", .symbol = "C", .kind = KIRI_NUMBER, .buckets = 10, .hi = 100 },
    { .name = "load1", .kind = KIRI_NUMBER, .buckets = 16, .hi = 4 },
    { .name = "net", .kind = KIRI_CHOICE, .choices = up_down },
    { .name = "link", .symbol = "N", .kind = KIRI_CHOICE, .choices = up_down },
    { .name = "side", .kind = KIRI_HOUR },
    { .name = "day", .symbol = "W", .kind = KIRI_WEEKDAY, .flags = KIRI_SPOKEN },
    { .name = "file", .kind = KIRI_TEXT, .max_len = 4 },
};
static const struct kiri_schema schema = SCHEMA(fields);

static void a_word_reads_as_its_field_would_say_it(void **state)
{
    static const struct {
        uint32_t id;
        const char *word;
        uint32_t field;
    } cases[] = {
        { 0, "C0", 0 },
        { 9, "C9", 0 },
        { 10, "C?", 0 },
        { 11, "load1:0", 1 }, /* "load115" could be load11's */
        { 26, "load1:15", 1 },
        { 27, "load1?", 1 },
        { 28, "net=down", 2 },
        { 29, "net=up", 2 },
        { 30, "net?", 2 },
        { 32, "N1", 3 },
        { 34, "W0", 5 }, /* side has no word */
        { 40, "W6", 5 },
        { 42 + 'a', "a", 6 },
        { 42 + ' ', " ", 6 },
        { 42 + '\n', "\\x0a", 6 },
        { 42 + 0xff, "\\xff", 6 },
        { 42 + 256, "file?", 6 },
        { 42 + 257, "<end>", 7 },
        { 42 + 258, "<unknown>", 7 },
        { UINT32_MAX, "<unknown>", 7 },
    };
    (void)state;

    assert_int_equal(kiri_schema_bos(&schema), 42 + 257);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char word[KIRI_WORD_CAP];
        int n = kiri_word(&schema, cases[i].id, word, sizeof word);
        assert_string_equal(word, cases[i].word);
        assert_int_equal(n, strlen(word));
        assert_int_equal(kiri_field_of(&schema, cases[i].id), cases[i].field);
    }
}

static void a_word_is_cut_to_its_buffer(void **state)
{
    char word[8] = "#######";
    (void)state;

    assert_int_equal(kiri_word(&schema, 29, word, 4), 3);
    assert_string_equal(word, "net");
    assert_int_equal(word[5], '#');
    assert_int_equal(kiri_word(&schema, 29, word, 0), 0);
    assert_int_equal(kiri_word(&schema, 299, word, 1), 0);
    assert_string_equal(word, "");
}

static void the_longest_word_fits_its_buffer(void **state)
{
    static const char *const words[] = { "a", "12345678901234567890123456789032", NULL };
    static const struct kiri_field f = { .name = "n2345678901234567890123456789032",
                                         .kind = KIRI_CHOICE,
                                         .choices = words };
    const struct kiri_schema s = { .size = sizeof s, .n_fields = 1, .fields = &f };
    char word[KIRI_WORD_CAP];
    (void)state;

    assert_int_equal(kiri_schema_check(&s, NULL, 0), 0);
    assert_int_equal(kiri_word(&s, 1, word, sizeof word), 65);
    assert_int_equal(strlen(word), 65);
}

static void no_two_ids_share_a_word(void **state)
{
    static struct random_schema r;
    static char words[KIRI_MAX_VOCAB][KIRI_WORD_CAP];
    (void)state;

    for (uint64_t seed = 0; seed < 20; seed++) {
        uint32_t n = 0;
        random_schema_make(&r, seed, 1);
        for (uint32_t id = 0; id < kiri_schema_vocab(&r.schema); id++) {
            uint32_t f = kiri_field_of(&r.schema, id);
            if (f < r.schema.n_fields && r.fields[f].kind == KIRI_TEXT)
                continue; /* two texts share their bytes */
            kiri_word(&r.schema, id, words[n], sizeof words[n]);
            for (uint32_t k = 0; k < n; k++)
                if (strcmp(words[k], words[n]) == 0)
                    fail_msg("'%s' twice, seed %d", words[n], (int)seed);
            n++;
        }
    }
}

static void the_field_of_an_id_is_the_one_that_takes_it(void **state)
{
    static struct random_schema r;
    (void)state;

    for (uint64_t seed = 0; seed < 100; seed++) {
        uint32_t at = 0;
        random_schema_make(&r, seed, 1);
        for (uint32_t f = 0; f < r.schema.n_fields; f++) {
            uint32_t first, ids = kiri_schema_words(&r.schema, f, &first);
            assert_int_equal(first, at);
            for (uint32_t id = first; id < first + ids; id++)
                assert_int_equal(kiri_field_of(&r.schema, id), f);
            at += ids;
        }
        assert_int_equal(kiri_field_of(&r.schema, at), r.schema.n_fields);
        assert_int_equal(at, kiri_schema_bos(&r.schema));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_reads_as_its_field_would_say_it),
        cmocka_unit_test(a_word_is_cut_to_its_buffer),
        cmocka_unit_test(the_longest_word_fits_its_buffer),
        cmocka_unit_test(no_two_ids_share_a_word),
        cmocka_unit_test(the_field_of_an_id_is_the_one_that_takes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
