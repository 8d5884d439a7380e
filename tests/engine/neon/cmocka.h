/*
 * As much of cmocka as the engine's tests use, for a machine whose libcmocka is not here:
 * a test that fails says where and ends the program.
 */
#ifndef KIRI_TESTS_ENGINE_NEON_CMOCKA_H
#define KIRI_TESTS_ENGINE_NEON_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
};

#define cmocka_unit_test(f)                                                              \
    {                                                                                    \
#f, f                                                                            \
    }
#define cmocka_run_group_tests(tests, begin, end)                                        \
    run_tests(tests, sizeof tests / sizeof *tests, begin, end)

#define print_error(...) fprintf(stderr, __VA_ARGS__)
#define fail_msg(...)                                                                    \
    do {                                                                                 \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                  \
        fprintf(stderr, __VA_ARGS__);                                                    \
        fputc('\n', stderr);                                                             \
        exit(1);                                                                         \
    } while (0)
#define assert_true(x)                                                                   \
    do {                                                                                 \
        if (!(x))                                                                        \
            fail_msg("not so: %s", #x);                                                  \
    } while (0)
#define assert_int_equal(a, b)       assert_true((a) == (b))
#define assert_int_not_equal(a, b)   assert_true((a) != (b))
#define assert_non_null(p)           assert_true((p) != NULL)
#define assert_null(p)               assert_true((p) == NULL)
#define assert_string_equal(a, b)    assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)

static inline int run_tests(const struct CMUnitTest *tests, size_t n,
                            int (*begin)(void **), int (*end)(void **))
{
    void *state = NULL;
    if (begin && begin(&state) != 0)
        return 1;
    for (size_t i = 0; i < n; i++) {
        fprintf(stderr, "%s\n", tests[i].name);
        tests[i].test(&state);
    }
    return end ? end(&state) : 0;
}

#endif
