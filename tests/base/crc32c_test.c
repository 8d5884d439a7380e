/* crc32c_test.c - the vectors of RFC 3720, appendix B.4. */
#include "test.h"

#include "base/crc32c.h"

#include <string.h>

static void the_published_vectors_come_out(void **state)
{
    unsigned char bytes[32];
    (void)state;

    assert_int_equal(crc32c(0, "", 0), 0);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(crc32c(0, bytes, 32), 0x46dd794e);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(crc32c(0, bytes, 32), 0x113fdb5c);
}

static void pieces_give_what_the_whole_gives(void **state)
{
    const char *text = "an observation is a short sentence";
    size_t n = strlen(text);
    (void)state;

    for (size_t cut = 0; cut <= n; cut++)
        assert_int_equal(crc32c(crc32c(0, text, cut), text + cut, n - cut),
                         crc32c(0, text, n));
}

static void one_flipped_bit_is_always_seen(void **state)
{
    unsigned char bytes[64] = { 1, 2, 3 };
    uint32_t good = crc32c(0, bytes, sizeof bytes);
    (void)state;

    for (unsigned bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_int_not_equal(crc32c(0, bytes, sizeof bytes), good);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_come_out),
        cmocka_unit_test(pieces_give_what_the_whole_gives),
        cmocka_unit_test(one_flipped_bit_is_always_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
