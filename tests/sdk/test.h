/* test.h - what every test of the SDK includes, in cmocka's order. */
#ifndef KIRI_TESTS_SDK_TEST_H
#define KIRI_TESTS_SDK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kiri/schema.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A schema of the fields in an array. */
#define SCHEMA(array)                                                                    \
    {                                                                                    \
        .size = sizeof(struct kiri_schema), .n_fields = COUNT(array), .fields = (array), \
        .period_ms = 1000                                                                \
    }

#endif
