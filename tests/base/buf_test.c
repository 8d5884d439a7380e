/* buf_test.c - a buffer that grows, ends in NUL and remembers when memory was short. */
#include "test.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

static void an_empty_buffer_reads_as_an_empty_text(void **state)
{
    struct buf b = { 0 };
    (void)state;

    assert_string_equal(buf_text(&b), "");
    assert_int_equal(b.len, 0);
    assert_false(buf_failed(&b));
    buf_free(&b);
}

static void pieces_are_joined_and_nul_terminated(void **state)
{
    struct buf b = { 0 };
    (void)state;

    buf_puts(&b, "score/");
    buf_put(&b, "pulse-not-this", 5);
    buf_putf(&b, " %d of %s", 3, "ten");
    buf_puts(&b, "");
    assert_string_equal(buf_text(&b), "score/pulse 3 of ten");
    assert_int_equal(b.len, strlen("score/pulse 3 of ten"));
    buf_free(&b);
    assert_null(b.data);
}

static void bytes_after_a_nul_are_kept(void **state)
{
    struct buf b = { 0 };
    (void)state;

    buf_put(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b", 4);
    buf_free(&b);
}

static void it_grows_through_every_length(void **state)
{
    enum { MOST = 5000 };
    struct buf b = { 0 };
    (void)state;

    for (size_t i = 0; i < MOST; i++) {
        char c = (char)('a' + i % 26);
        buf_put(&b, &c, 1);
        assert_int_equal(b.len, i + 1);
        assert_int_equal(b.data[b.len], '\0');
    }
    for (size_t i = 0; i < MOST; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    buf_free(&b);
}

/* putf first tries a small array: the lengths around its end must come out whole. */
static void a_formatted_text_of_any_length_is_whole(void **state)
{
    (void)state;

    for (int n = 250; n < 262; n++) {
        struct buf b = { 0 };
        buf_putf(&b, "%0*d!", n, 7);
        assert_int_equal(b.len, n + 1);
        assert_string_equal(b.data + n - 1, "7!");
        buf_free(&b);
    }
}

static void clearing_keeps_the_memory(void **state)
{
    struct buf b = { 0 };
    (void)state;

    buf_puts(&b, "gone");
    const char *where = b.data;
    buf_clear(&b);
    assert_string_equal(buf_text(&b), "");
    buf_puts(&b, "new");
    assert_ptr_equal(b.data, where);
    assert_string_equal(b.data, "new");
    buf_free(&b);
}

static void what_is_taken_belongs_to_the_caller(void **state)
{
    struct buf b = { 0 };
    size_t len = 99;
    (void)state;

    char *nothing = buf_take(&b, &len);
    assert_string_equal(nothing, "");
    assert_int_equal(len, 0);
    free(nothing);

    buf_puts(&b, "mine");
    char *text = buf_take(&b, &len);
    assert_string_equal(text, "mine");
    assert_int_equal(len, 4);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    free(text);
}

static void an_impossible_size_fails_and_keeps_what_was_there(void **state)
{
    struct buf b = { 0 };
    (void)state;

    buf_puts(&b, "kept");
    buf_put(&b, "x", SIZE_MAX / 2);
    assert_true(buf_failed(&b));
    assert_string_equal(buf_text(&b), "kept");
    buf_puts(&b, " not this");
    assert_string_equal(buf_text(&b), "kept");
    assert_null(buf_take(&b, NULL));
    assert_false(buf_failed(&b)); /* taken: it starts afresh */
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_reads_as_an_empty_text),
        cmocka_unit_test(pieces_are_joined_and_nul_terminated),
        cmocka_unit_test(bytes_after_a_nul_are_kept),
        cmocka_unit_test(it_grows_through_every_length),
        cmocka_unit_test(a_formatted_text_of_any_length_is_whole),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(what_is_taken_belongs_to_the_caller),
        cmocka_unit_test(an_impossible_size_fails_and_keeps_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
