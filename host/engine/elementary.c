/*
 * engine/elementary.c - exp, log, sine and power with the same bits everywhere.
 */
#include "engine/elementary.h"
#include "engine/vec.h"

#include <math.h>

float gpt_exp(float x)
{
    return v4_exp(v4_all(x))[0];
}

/* x = 2^k m, m in [sqrt 1/2, sqrt 2); ln m = 2 atanh(s), s = (m - 1) / (m + 1), whose
 * series in s^2 < .0295 is exact to double after eleven terms. ln 2 in two parts, k *
 * high exact. */
double gpt_log(double x)
{
    int k;
    double m = frexp(x, &k);
    if (m < 0.70710678118654752) {
        m *= 2;
        k--;
    }
    const double s = (m - 1) / (m + 1);
    const double z = s * s;
    double series = 0;
    for (int i = 23; i >= 3; i -= 2)
        series = series * z + 2.0 / i;
    const double high = 0.693147180369123816490;
    const double low = 1.90821492927058770002e-10;
    return k * high + (2 * s + (s * z * series + k * low));
}

/* Folded into a quarter turn, then Taylor. */
double gpt_sin_turn(double x)
{
    const double sign = x < 0.5 ? 1 : -1;
    double quarter = x < 0.5 ? x : x - 0.5;
    if (quarter > 0.25)
        quarter = 0.5 - quarter;
    const double a = quarter * 6.28318530717958647693;
    const double z = a * a;
    double series = 1;
    for (int i = 22; i >= 2; i -= 2)
        series = 1 - z * series / (i * (i + 1));
    return sign * a * series;
}

double gpt_power(double b, uint64_t n)
{
    double y = 1;
    for (; n; n >>= 1) {
        if (n & 1)
            y *= b;
        b *= b;
    }
    return y;
}
