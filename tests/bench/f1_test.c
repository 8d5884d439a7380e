/* tests/bench/f1_test.c mirrors bench/f1.c. */
#include "bench/f1.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array)          (sizeof(array) / sizeof *(array))
#define assert_near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

static void f1_is_the_harmonic_mean_of_precision_and_recall(void **state)
{
    const struct f1_row rows[] = { { 4, 1 }, { 3, 0 }, { 2, 1 }, { 1, 0 }, { 0, 1 } };
    static const struct {
        double threshold, f1;
    } cases[] = {
        { 5, 0 },            /* nothing is called odd            */
        { 4, 2. / (1 + 3) }, /* precision 1, recall 1/3          */
        { 2, 4. / (3 + 3) }, /* 2/3 and 2/3                      */
        { 0, 6. / (5 + 3) }, /* everything: precision .6, recall 1 */
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_near(f1_at(rows, COUNT(rows), cases[i].threshold), cases[i].f1, 1e-12);
}

static void the_best_threshold_is_found(void **state)
{
    struct f1_row rows[] = { { 1, 0 }, { 5, 1 }, { 2, 0 }, { 4, 1 }, { 3, 0 } };
    (void)state;

    assert_near(f1_best(rows, COUNT(rows)), 4, 0);
    assert_near(f1_at(rows, COUNT(rows), 4), 1, 0);
}

/* Split, the two odd ones of them would be F1 .8, not 2/3. */
static void equal_scores_are_odd_all_or_none(void **state)
{
    struct f1_row rows[] = { { 3, 1 }, { 2, 1 }, { 2, 0 }, { 2, 0 }, { 2, 0 }, { 1, 0 } };
    (void)state;

    assert_near(f1_best(rows, COUNT(rows)), 3, 0);
    assert_near(f1_at(rows, COUNT(rows), 3), 2. / 3, 1e-12);
}

static void without_odd_rows_there_is_no_threshold(void **state)
{
    struct f1_row rows[] = { { 3, 0 }, { 2, 0 } };
    (void)state;

    assert_true(isinf(f1_best(rows, COUNT(rows))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f1_is_the_harmonic_mean_of_precision_and_recall),
        cmocka_unit_test(the_best_threshold_is_found),
        cmocka_unit_test(equal_scores_are_odd_all_or_none),
        cmocka_unit_test(without_odd_rows_there_is_no_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
