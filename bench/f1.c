#include "bench/f1.h"

#include <math.h>
#include <stdlib.h>

static double f1_of(size_t called, size_t right, size_t odd)
{
    return called + odd ? 2.0 * (double)right / (double)(called + odd) : 0;
}

static size_t odd_of(const struct f1_row *r, size_t n)
{
    size_t odd = 0;

    for (size_t i = 0; i < n; i++)
        odd += r[i].odd != 0;
    return odd;
}

double f1_at(const struct f1_row *r, size_t n, double threshold)
{
    size_t called = 0, right = 0;

    for (size_t i = 0; i < n; i++)
        if (r[i].score >= threshold) {
            called++;
            right += r[i].odd != 0;
        }
    return f1_of(called, right, odd_of(r, n));
}

static int greatest_first(const void *a, const void *b)
{
    double x = ((const struct f1_row *)a)->score, y = ((const struct f1_row *)b)->score;

    return (x < y) - (x > y);
}

double f1_best(struct f1_row *r, size_t n)
{
    size_t odd = odd_of(r, n), right = 0;
    double best = 0, threshold = INFINITY;

    qsort(r, n, sizeof *r, greatest_first);
    for (size_t i = 0; i < n; i++) {
        right += r[i].odd != 0;
        if (i + 1 < n && r[i + 1].score >= r[i].score)
            continue; /* equal ones are called odd all or none */
        double f1 = f1_of(i + 1, right, odd);
        if (f1 > best) {
            best = f1;
            threshold = r[i].score;
        }
    }
    return threshold;
}
