/*
 * RELIABILITY A3: a model cut short or with any bit flipped is never accepted.
 */
#include "model/weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned char *file;
static size_t len;

static int write_model(void **state)
{
    const struct gpt_shape shape = {
        .vocab = 12, .width = 8, .heads = 2, .layers = 1, .context = 6
    };
    struct gpt *g = gpt_new(&shape, 1);
    struct safetensors_writer *w = safetensors_writer_new();
    struct weights_block *b = weights_put(w, g, NULL);

    (void)state;
    file = safetensors_build(w, &len);
    weights_block_free(b);
    safetensors_writer_free(w);
    gpt_free(g);
    return file ? 0 : -1;
}

static int drop_model(void **state)
{
    (void)state;
    free(file);
    return 0;
}

/* In a copy of its own exact size, so that ASan sees any read beyond. */
static int accepted(const unsigned char *bytes, size_t n)
{
    unsigned char *copy = malloc(n + 1);
    struct safetensors *s;
    int yes;

    assert_non_null(copy);
    memcpy(copy + 1, bytes, n); /* unaligned on purpose */
    s = safetensors_parse(copy + 1, n, NULL);
    yes = s != NULL;
    safetensors_free(s);
    free(copy);
    return yes;
}

static void the_whole_file_is_accepted(void **state)
{
    (void)state;
    assert_true(accepted(file, len));
}

static void no_shorter_file_is_accepted(void **state)
{
    (void)state;
    for (size_t n = 0; n < len; n++)
        assert_false(accepted(file, n));
}

static void no_flipped_bit_of_the_header_is_accepted(void **state)
{
    size_t header = 8 + file[0] + 256u * file[1];

    (void)state;
    for (size_t bit = 0; bit < 8 * header; bit++) {
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (accepted(file, len))
            fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void no_random_flip_is_accepted(void **state)
{
    struct gpt_rng rng;

    (void)state;
    gpt_rng_seed(&rng, 3);
    for (int i = 0; i < 10000; i++) {
        uint32_t bit = gpt_rng_below(&rng, (uint32_t)(8 * len));

        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (accepted(file, len))
            fail_msg("bit %u of byte %u", bit % 8, bit / 8);
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void zeros_and_a_tail_of_garbage_are_refused(void **state)
{
    unsigned char *other = calloc(1, len + 8);

    (void)state;
    assert_non_null(other);
    assert_false(accepted(other, len));
    memcpy(other, file, len);
    assert_false(accepted(other, len + 8));
    memset(other + len / 2, 0, len - len / 2); /* a torn write after power loss */
    assert_false(accepted(other, len));
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_file_is_accepted),
        cmocka_unit_test(no_shorter_file_is_accepted),
        cmocka_unit_test(no_flipped_bit_of_the_header_is_accepted),
        cmocka_unit_test(no_random_flip_is_accepted),
        cmocka_unit_test(zeros_and_a_tail_of_garbage_are_refused),
    };
    return cmocka_run_group_tests(tests, write_model, drop_model);
}
