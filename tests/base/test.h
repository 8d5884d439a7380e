/* test.h - what every test of base/ includes, in cmocka's order. */
#ifndef KIRI_TESTS_BASE_TEST_H
#define KIRI_TESTS_BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
