/* tests/flow/stream_words_test.c mirrors host/flow/stream_words.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/stream_words.h"

#include <stdio.h>
#include <string.h>

static struct word word(const char *text)
{
    return (struct word){ text, (uint32_t)strlen(text) };
}

static void a_word_keeps_its_number(void **state)
{
    struct words *w = words_new();
    char text[16];
    uint32_t i;

    (void)state;
    for (uint32_t n = 0; n < 5000; n++) {
        snprintf(text, sizeof text, "w%u", n);
        assert_int_equal(words_add(w, word(text), &i), 0);
        assert_int_equal(i, n);
    }
    assert_int_equal(words_count(w), 5000);
    assert_int_equal(words_find(w, word("w4321")), 4321);
    assert_int_equal(words_find(w, word("w5000")), WORDS_NONE);
    assert_int_equal(words_add(w, word("w17"), &i), 0);
    assert_int_equal(i, 17);
    assert_memory_equal(words_at(w, 17).text, "w17", 3);
    assert_int_equal(words_at(w, 17).len, 3);
    words_free(w);
}

static void a_word_is_any_bytes(void **state)
{
    static const char one[] = "a\0b", other[] = "a\0c";
    struct words *w = words_new();
    uint32_t i;

    (void)state;
    assert_int_equal(words_add(w, (struct word){ one, 3 }, &i), 0);
    assert_int_equal(words_add(w, (struct word){ other, 3 }, &i), 0);
    assert_int_equal(i, 1);
    assert_int_equal(words_add(w, (struct word){ one, 1 }, &i), 0);
    assert_int_equal(i, 2);
    assert_int_equal(words_find(w, (struct word){ other, 3 }), 1);
    words_free(w);
}

static void of_a_long_word_the_beginning_counts(void **state)
{
    char text[2 * WORDS_LONGEST];
    struct words *w = words_new();
    uint32_t i;

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(words_add(w, (struct word){ text, sizeof text }, &i), 0);
    assert_int_equal(words_at(w, 0).len, WORDS_LONGEST);
    assert_int_equal(words_find(w, (struct word){ text, WORDS_LONGEST + 1 }), 0);
    assert_int_equal(words_find(w, (struct word){ text, WORDS_LONGEST - 1 }), WORDS_NONE);
    words_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_keeps_its_number),
        cmocka_unit_test(a_word_is_any_bytes),
        cmocka_unit_test(of_a_long_word_the_beginning_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
