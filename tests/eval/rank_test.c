/* tests/eval/rank_test.c mirrors host/eval/rank.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "draw.h"
#include "eval/rank.h"

#include <math.h>

#define COUNT(array)      (sizeof(array) / sizeof *(array))
#define assert_near(a, b) assert_true(fabs((a) - (b)) <= 1e-12)
#define assert_nan(x)     assert_true(isnan(x))

struct figures {
    double auroc, ap;
    struct best best;
};

static struct figures figures_of(const double *score, const uint8_t *odd, uint32_t n)
{
    struct ranking r;
    struct figures f;

    assert_int_equal(ranking_make(&r, score, odd, n), 0);
    f.auroc = rank_auroc(&r);
    f.ap = rank_average_precision(&r);
    f.best = rank_best_f1(&r);
    ranking_free(&r);
    return f;
}

static void known_figures(void **state)
{
    (void)state;
    static const struct {
        double score[7];
        uint8_t odd[7];
        uint32_t n;
        double auroc, ap, f1, threshold;
    } cases[] = {
        /* the example in scikit-learn's documentation of both: of the four pairs only
         * (.35, .4) is wrong; 1/2 * 1 + 1/2 * 2/3 */
        { { .1, .4, .35, .8 }, { 0, 0, 1, 1 }, 4, .75, 5 / 6., .8, .35 },
        /* perfect, and the wrong way round: 1/2 * 1/3 + 1/2 * 2/4 */
        { { 4, 3, 2, 1 }, { 1, 1, 0, 0 }, 4, 1, 1, 1, 3 },
        { { 4, 3, 2, 1 }, { 0, 0, 1, 1 }, 4, 0, 5 / 12., 2 / 3., 1 },
        /* equal scores are half a win, and one threshold */
        { { 7, 7, 7, 7, 7 }, { 1, 0, 0, 0, 1 }, 5, .5, .4, 4 / 7., 7 },
        { { 1, 1, 0, 0 }, { 1, 0, 1, 0 }, 4, .5, .5, 2 / 3., 0 },
        { { 3, 2, 2, 1 }, { 1, 1, 0, 0 }, 4, 3.5 / 4, 5 / 6., .8, 2 },
        /* three of seven, some equal: pairs 4 + 3.5 + 0 of 12; 1/3 * 1 + 1/3 * 2/3
         * + 1/3 * 3/7 */
        { { 6, 5, 5, 3, 2, 2, 1 },
          { 1, 1, 0, 0, 0, 0, 1 },
          7,
          7.5 / 12,
          44 / 63.,
          2 / 3.,
          5 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct figures f = figures_of(cases[i].score, cases[i].odd, cases[i].n);
        assert_near(f.auroc, cases[i].auroc);
        assert_near(f.ap, cases[i].ap);
        assert_near(f.best.f1, cases[i].f1);
        assert_near(f.best.threshold, cases[i].threshold);
    }
}

static void f1_is_the_harmonic_mean_of_precision_and_recall(void **state)
{
    (void)state;
    static const double score[] = { 4, 3, 2, 1, 0 };
    static const uint8_t odd[] = { 1, 0, 1, 0, 1 };
    static const struct {
        double threshold, f1;
    } cases[] = {
        { 5, 0 },            /* nothing is called odd              */
        { 4, 2. / (1 + 3) }, /* precision 1, recall 1/3            */
        { 2, 4. / (3 + 3) }, /* 2/3 and 2/3                        */
        { 0, 6. / (5 + 3) }, /* everything: precision .6, recall 1 */
    };
    struct ranking r;

    assert_int_equal(ranking_make(&r, score, odd, 5), 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_near(rank_f1_at(&r, cases[i].threshold).f1, cases[i].f1);
    assert_near(rank_f1_at(&r, 2).precision, 2 / 3.);
    ranking_free(&r);
}

/* Split, the two odd ones of them would be F1 .8, not 2/3. */
static void equal_scores_are_odd_all_or_none(void **state)
{
    (void)state;
    static const double score[] = { 3, 2, 2, 2, 2, 1 };
    static const uint8_t odd[] = { 1, 1, 0, 0, 0, 0 };
    struct figures f = figures_of(score, odd, 6);

    assert_near(f.best.threshold, 3);
    assert_near(f.best.f1, 2 / 3.);
}

static void nothing_to_tell_apart_is_no_number(void **state)
{
    (void)state;
    static const double score[] = { 1, 2, 3 };
    static const uint8_t none[] = { 0, 0, 0 }, all[] = { 1, 1, 1 };
    struct figures f = figures_of(score, none, 3);

    assert_nan(f.auroc);
    assert_nan(f.ap);
    assert_nan(f.best.f1);
    f = figures_of(score, all, 3);
    assert_nan(f.auroc);
    assert_near(f.ap, 1);
    assert_near(f.best.f1, 1);
    f = figures_of(score, all, 0);
    assert_nan(f.auroc);
    assert_nan(f.ap);
}

/* Pair by pair, threshold by threshold. */
static struct figures slowly(const double *score, const uint8_t *odd, uint32_t n)
{
    struct figures f = { 0 };
    double pairs = 0, all = 0, recall = 0;

    for (uint32_t i = 0; i < n; i++)
        all += odd[i];
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < n; k++) {
            if (!odd[i] || odd[k])
                continue;
            f.auroc += score[i] > score[k] ? 1 : score[i] < score[k] ? 0 : .5;
            pairs++;
        }
    f.auroc /= pairs;
    for (int level = DRAW_LEVELS; level >= -DRAW_LEVELS; level--) {
        double at = 0, found = 0;
        for (uint32_t i = 0; i < n; i++) {
            at += score[i] >= level;
            found += score[i] >= level && odd[i];
        }
        if (!(at > 0))
            continue;
        f.ap += (found / all - recall) * found / at;
        recall = found / all;
        f.best.f1 = fmax(f.best.f1, f1_of(found / at, recall));
    }
    return f;
}

static void figures_are_what_their_definitions_say(void **state)
{
    (void)state;
    double score[DRAW_ROWS];
    uint8_t odd[DRAW_ROWS];

    for (uint32_t seed = 1; seed <= 50; seed++) {
        uint32_t n = draw_stream(seed, score, odd);
        struct figures fast = figures_of(score, odd, n), slow = slowly(score, odd, n);
        assert_near(fast.auroc, slow.auroc);
        assert_near(fast.ap, slow.ap);
        assert_near(fast.best.f1, slow.best.f1);
    }
}

static void rising_functions_of_the_score_change_nothing(void **state)
{
    (void)state;
    double score[DRAW_ROWS], other[DRAW_ROWS];
    uint8_t odd[DRAW_ROWS];

    for (uint32_t seed = 1; seed <= 20; seed++) {
        uint32_t n = draw_stream(seed, score, odd);
        struct figures f = figures_of(score, odd, n), g;
        for (uint32_t i = 0; i < n; i++)
            other[i] = exp(score[i] / 3) * 1e-6 - 40;
        g = figures_of(other, odd, n);
        assert_true(f.auroc == g.auroc && f.ap == g.ap && f.best.f1 == g.best.f1);
        for (uint32_t i = 0; i < n; i++)
            other[i] = -score[i];
        g = figures_of(other, odd, n);
        assert_near(f.auroc + g.auroc, 1);
    }
}

static void the_order_of_rows_changes_nothing(void **state)
{
    (void)state;
    double score[DRAW_ROWS], other[DRAW_ROWS];
    uint8_t odd[DRAW_ROWS], other_odd[DRAW_ROWS];

    for (uint32_t seed = 1; seed <= 20; seed++) {
        uint32_t n = draw_stream(seed, score, odd);
        for (uint32_t i = 0; i < n; i++) {
            other[i] = score[n - 1 - i];
            other_odd[i] = odd[n - 1 - i];
        }
        struct figures f = figures_of(score, odd, n), g = figures_of(other, other_odd, n);
        assert_true(f.auroc == g.auroc && f.ap == g.ap && f.best.f1 == g.best.f1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_figures),
        cmocka_unit_test(f1_is_the_harmonic_mean_of_precision_and_recall),
        cmocka_unit_test(equal_scores_are_odd_all_or_none),
        cmocka_unit_test(nothing_to_tell_apart_is_no_number),
        cmocka_unit_test(figures_are_what_their_definitions_say),
        cmocka_unit_test(rising_functions_of_the_score_change_nothing),
        cmocka_unit_test(the_order_of_rows_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
