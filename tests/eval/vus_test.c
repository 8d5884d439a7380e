/* tests/eval/vus_test.c mirrors host/eval/vus.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "draw.h"
#include "eval/vus.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static double vus_of(const double *score, const uint8_t *odd, uint32_t n, uint32_t buffer)
{
    struct ranking r;
    struct spans events;
    double out;

    assert_int_equal(ranking_make(&r, score, odd, n), 0);
    assert_int_equal(spans_of(odd, n, &events), 0);
    assert_int_equal(vus_pr(&r, &events, buffer, &out), 0);
    ranking_free(&r);
    spans_free(&events);
    return out;
}

static void known_volumes(void **state)
{
    (void)state;
    static const struct {
        double score[9];
        uint8_t odd[9];
        uint32_t n, buffer;
        double volume;
    } cases[] = {
        /* the event first, its flanks next */
        { { 0, 2, 3, 1, 0 }, { 0, 0, 1, 0, 0 }, 5, 2, 1 },
        /* the row before the event first. Without a flank (lengths 0 and 1) precision is
         * 1/2 at recall 1. With one of a row (length 2, label f = sqrt(1/2)): recall
         * f / (1 + f/2) = .5224077 at precision f, then 1 at (1 + f) / 2; so
         * (.5 + .5 + .7770485) / 3 */
        { { 0, 3, 2, 0, 0 }, { 0, 0, 1, 0, 0 }, 5, 0, .5 },
        { { 0, 3, 2, 0, 0 }, { 0, 0, 1, 0, 0 }, 5, 2, .5923495156295 },
        /* two events: recall of one alone is 1/2 * 1/2; the other comes behind a false
         * row, at precision 2/3: 1/4 + 3/4 * 2/3 */
        { { 0, 3, 0, 0, 2, 0, 0, 1, 0 }, { 0, 1, 0, 0, 0, 0, 0, 1, 0 }, 9, 0, .75 },
        /* a score that knows nothing has one threshold: all rows */
        { { 5, 5, 5, 5 }, { 0, 1, 0, 0 }, 4, 0, .25 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        double is = vus_of(cases[i].score, cases[i].odd, cases[i].n, cases[i].buffer);
        assert_true(fabs(is - cases[i].volume) < 1e-9);
    }
}

/* ---- as the paper defines it, slowly -------------------------------------------------
 */

static void soften(const uint8_t *odd, int n, int length, double *label)
{
    for (int i = 0; i < n; i++)
        label[i] = odd[i];
    for (int s = 0, e; s < n; s = e + 1) {
        for (e = s; e < n && odd[e] && e + 1 < n && odd[e + 1]; e++)
            ;
        if (!odd[s])
            continue;
        for (int d = 1; d <= length / 2; d++) {
            if (s - d >= 0)
                label[s - d] += sqrt(1 - (double)d / length);
            if (e + d < n)
                label[e + d] += sqrt(1 - (double)d / length);
        }
    }
    for (int i = 0; i < n; i++)
        label[i] = fmin(label[i], 1);
}

/* Faded events, and those with a row at or above: events whose flanks share a row are
 * one.
 */
static double part_found(const double *score, const uint8_t *odd, int n, int half,
                         int level)
{
    double parts = 0, found = 0;
    int hit = 0, end = -1;

    for (int s = 0, e; s < n; s = e + 1) {
        for (e = s; e < n && odd[e] && e + 1 < n && odd[e + 1]; e++)
            ;
        if (!odd[s])
            continue;
        if (end < 0 || end < s - half) {
            found += hit;
            hit = 0;
            parts++;
        }
        for (int i = s - half; i <= e + half; i++)
            hit |= i >= 0 && i < n && score[i] >= level;
        end = e + half;
    }
    return (found + hit) / parts;
}

static double slowly(const double *score, const uint8_t *odd, int n, int buffer)
{
    double label[DRAW_ROWS], sum = 0;

    for (int length = 0; length <= buffer; length++) {
        double before = 0, positive = 0;
        soften(odd, n, length, label);
        for (int i = 0; i < n; i++)
            positive += odd[i];
        for (int level = DRAW_LEVELS; level >= -DRAW_LEVELS; level--) {
            double tp = 0, at = 0, labels = 0;
            for (int i = 0; i < n; i++) {
                at += score[i] >= level;
                tp += score[i] >= level ? label[i] : 0;
                labels += odd[i] ? 1 : score[i] >= level ? label[i] : 0;
            }
            if (!(at > 0))
                continue;
            double recall = fmin(tp / ((positive + labels) / 2), 1) *
                            part_found(score, odd, n, length / 2, level);
            sum += (recall - before) * tp / at;
            before = recall;
        }
    }
    return sum / (buffer + 1);
}

static void volumes_are_what_the_paper_defines(void **state)
{
    (void)state;
    static const int buffers[] = { 0, 1, 2, 5, 12, 40, 300 };
    double score[DRAW_ROWS];
    uint8_t odd[DRAW_ROWS];

    for (uint32_t seed = 1; seed <= 12; seed++) {
        int n = (int)draw_stream(seed, score, odd);
        for (size_t i = 0; i < COUNT(buffers); i++) {
            double fast = vus_of(score, odd, (uint32_t)n, (uint32_t)buffers[i]);
            assert_true(fabs(fast - slowly(score, odd, n, buffers[i])) < 1e-12);
        }
    }
}

static void rising_functions_of_the_score_change_nothing(void **state)
{
    (void)state;
    double score[DRAW_ROWS], other[DRAW_ROWS];
    uint8_t odd[DRAW_ROWS];

    for (uint32_t seed = 1; seed <= 10; seed++) {
        uint32_t n = draw_stream(seed, score, odd);
        for (uint32_t i = 0; i < n; i++)
            other[i] = atan(score[i]) + 7;
        assert_true(fabs(vus_of(score, odd, n, 20) - vus_of(other, odd, n, 20)) < 1e-12);
    }
}

static void without_events_it_is_no_number(void **state)
{
    (void)state;
    static const double score[] = { 1, 2, 3 };
    static const uint8_t odd[] = { 0, 0, 0 };

    assert_true(isnan(vus_of(score, odd, 3, 10)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_volumes),
        cmocka_unit_test(volumes_are_what_the_paper_defines),
        cmocka_unit_test(rising_functions_of_the_score_change_nothing),
        cmocka_unit_test(without_events_it_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
