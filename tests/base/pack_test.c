/* pack_test.c - texts behind a struct, in one block. */
#include "test.h"

#include "base/pack.h"

static void a_text_takes_its_bytes_and_a_nul(void **state)
{
    (void)state;
    assert_int_equal(pack_room("cpu"), 4);
    assert_int_equal(pack_room(""), 1);
    assert_int_equal(pack_room(NULL), 0);
}

static void texts_stand_one_behind_the_other(void **state)
{
    char block[9] = "........", *at = block;
    const char *first, *second;

    (void)state;
    first = pack_text(&at, "cpu");
    second = pack_text(&at, "mem");
    assert_ptr_equal(first, block);
    assert_ptr_equal(second, block + 4);
    assert_ptr_equal(at, block + 8);
    assert_memory_equal(block, "cpu\0mem\0", 9);
}

static void a_text_that_is_not_there_takes_no_room(void **state)
{
    char block[2] = "x", *at = block;

    (void)state;
    assert_null(pack_text(&at, NULL));
    assert_null(pack_bytes(&at, NULL, 0));
    assert_ptr_equal(at, block);
    assert_string_equal(block, "x");
}

static void bytes_are_copied_with_their_nuls(void **state)
{
    char block[4] = { '.', '.', '.', '.' }, *at = block;
    const void *copy;

    (void)state;
    copy = pack_bytes(&at, "a\0b", 3);
    assert_ptr_equal(copy, block);
    assert_ptr_equal(at, block + 3);
    assert_memory_equal(block, "a\0b.", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_takes_its_bytes_and_a_nul),
        cmocka_unit_test(texts_stand_one_behind_the_other),
        cmocka_unit_test(a_text_that_is_not_there_takes_no_room),
        cmocka_unit_test(bytes_are_copied_with_their_nuls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
