/*
 * What is written without an exponent, with up to nine digits, is scaled to an integer in
 * long double, whose error (1e-10 at most) is far below how near to a half it may come.
 * All else, and what is nearly a half, is printf's.
 */
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DIGITS 9
#define LEAST_EXACT 6
#define LEAST_POWER (-4) /* printf writes less than 1e-4 with an exponent */
#define NEAR_HALF   1e-6L

/* 10^-4 to 10^9. None is below the power that it stands for, so that x >= power tells the
 * same as if it were exact. */
static const double power[] = { 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2,
                                1e3,  1e4,  1e5,  1e6,  1e7, 1e8, 1e9 };
static const uint32_t whole[] = { 1,      10,      100,      1000,      10000,
                                  100000, 1000000, 10000000, 100000000, 1000000000 };
static const long double scale[] = { 1e0L, 1e1L, 1e2L, 1e3L,  1e4L,  1e5L, 1e6L,
                                     1e7L, 1e8L, 1e9L, 1e10L, 1e11L, 1e12L };

static size_t print(char out[NUMBER_CAP], double x, int digits)
{
    return (size_t)snprintf(out, NUMBER_CAP, "%.*g", digits, x);
}

/* The decimal exponent of x, 1e-4 <= x < 1e9. */
static int exponent_of(double x)
{
    int e = LEAST_POWER;

    while (x >= power[e + 1 - LEAST_POWER])
        e++;
    return e;
}

/* x as `digits` digits, the first of which has the exponent *e; 0: ask printf. */
static uint32_t round_to(double x, int digits, int *e)
{
    *e = exponent_of(x);
    const long double scaled = (long double)x * scale[digits - 1 - *e];
    uint32_t n = (uint32_t)scaled;
    const long double rest = scaled - (long double)n;

    if (fabsl(rest - .5L) < NEAR_HALF)
        return 0;
    n += rest > .5L;
    if (n < whole[digits])
        return n;
    (*e)++;
    return *e < digits ? whole[digits - 1] : 0;
}

/* The digits without the zeros behind the last that counts: how many are left. */
static int write_digits(char *text, uint32_t n, int digits)
{
    for (int i = digits; i-- > 0; n /= 10)
        text[i] = (char)('0' + n % 10);
    while (digits > 1 && text[digits - 1] == '0')
        digits--;
    return digits;
}

size_t number_write(char out[NUMBER_CAP], double x, int digits)
{
    const double size = fabs(x);
    char text[MOST_DIGITS];
    char *at = out;
    int e;

    if (digits > MOST_DIGITS || !(size >= power[0] && size < power[digits - LEAST_POWER]))
        return print(out, x, digits);
    const uint32_t n = round_to(size, digits, &e);
    if (!n)
        return print(out, x, digits);
    const int left = write_digits(text, n, digits);
    if (x < 0)
        *at++ = '-';
    if (e < 0) {
        memcpy(at, "0.000", 5);
        at += 1 - e;
        memcpy(at, text, (size_t)left);
        at += left;
    } else {
        for (int i = 0; i <= e; i++)
            *at++ = i < left ? text[i] : '0';
        if (left > e + 1) {
            *at++ = '.';
            memcpy(at, text + e + 1, (size_t)(left - e - 1));
            at += left - e - 1;
        }
    }
    *at = 0;
    return (size_t)(at - out);
}

/* Digits that count in what "%.14e" has written. */
static int digits_in(const char *text)
{
    int n = 0, count = 0;

    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9')
            continue;
        n++;
        if (*text != '0')
            count = n;
    }
    return count;
}

/* Numbers so small that they have fewer digits than others. */
static size_t try_digits(char out[NUMBER_CAP], double x)
{
    size_t n = 0;

    for (int digits = LEAST_EXACT; digits <= DBL_DIG + 2; digits++) {
        n = print(out, x, digits);
        if (strtod(out, NULL) == x)
            break;
    }
    return n;
}

/* What a number of up to 15 digits was read from is found again by 15 digits (DBL_DIG):
 * so when 15 do not give x back, fewer do not either, and when they do, those of them
 * that count are as few as can be. */
size_t number_write_exact(char out[NUMBER_CAP], double x)
{
    if (fabs(x) < DBL_MIN)
        return try_digits(out, x);
    snprintf(out, NUMBER_CAP, "%.14e", x);
    if (strtod(out, NULL) == x) {
        const int count = digits_in(out);
        return number_write(out, x, count < LEAST_EXACT ? LEAST_EXACT : count);
    }
    const size_t n = print(out, x, DBL_DIG + 1);
    return strtod(out, NULL) == x ? n : print(out, x, DBL_DIG + 2);
}
