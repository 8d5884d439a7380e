/* tests/bench/engine_test.c mirrors bench/engine/: floors, data, peaks, threads. */
#include "bench/engine/peak.h"
#include "bench/engine/peer.h"
#include "bench/engine/plans.h"
#include "bench/engine/team.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define assert_near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

/* The floors that the goals were set by, on a core of 102.4 GFLOP/s, without Adam. */
static void a_floor_is_the_arithmetic_that_a_unit_needs(void **state)
{
    (void)state;
    static const struct {
        int plan;
        double us; /* of a unit */
    } cases[] = {
        { W1_B1, 1.53 },        { W2_B1, 25.35 },
        { W2_B32, 32 * 25.35 }, { W3_N7, 3.62 },
        { W3_N16, 8.45 },       { W4_TRAIN, 1024 / .020682 },
        { W5_TURN, 2396 },      { W4_FORWARD, 1024 / .062047 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct work *w = work_new(&plans[cases[i].plan].work);
        assert_non_null(w);
        assert_near(work_flops(w) / 102.4e3, cases[i].us, .005 * cases[i].us);
        work_free(w);
    }
}

static void names_are_seven_tokens_in_the_mean(void **state)
{
    (void)state;
    struct work *w = work_new(&plans[W1_B1].work);
    assert_near(work_tokens(w), 7.2, 1e-9);
    work_free(w);
}

static void what_should_have_been_said_sums_to_one(void **state)
{
    (void)state;
    struct work *w = work_new(&plans[W5_TURN].work);
    const uint32_t words = w->plan->shape.vocab - 1;
    for (uint32_t i = 0; i < words; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < words; k++)
            sum += (double)w->target[i].p[k];
        assert_near(sum, 1, 1e-5);
    }
    work_free(w);
}

static void a_reset_work_does_the_same_again(void **state)
{
    (void)state;
    struct work *w = work_new(&plans[W5_TURN].work);
    double first[WORK_CHECKS], again[WORK_CHECKS];

    assert_int_equal(work_checks(w, first), 0);
    assert_int_equal(work_checks(w, again), 0);
    assert_memory_equal(first, again, sizeof first);
    assert_true(peer_agrees(first, again));
    assert_true(first[0] > 0 && first[1] > 0 && first[2] > 0);
    work_free(w);
}

static void a_peer_that_computes_something_else_is_none(void **state)
{
    (void)state;
    const double ours[] = { 3.5, 3.4, 3.3 }, rounded[] = { 3.5001, 3.3999, 3.3 };
    const double other[] = { 3.5, 3.4, 3.31 }, broken[] = { NAN, 3.4, 3.3 };

    assert_true(peer_agrees(ours, rounded));
    assert_false(peer_agrees(ours, other));
    assert_false(peer_agrees(ours, broken));
}

/* Every set that this core has moves Adam's weights alike. */
static void sets_compute_the_same(void **state)
{
    (void)state;
    _Alignas(64) float w[128], m[128], v[128], g[128];
    for (int i = 0; peak_sets[i]; i++) {
        if (!peak_sets[i]->here())
            continue;
        for (int k = 0; k < 128; k++) {
            w[k] = 0;
            m[k] = .25f;
            v[k] = 4;
            g[k] = (float)(k % 8);
        }
        peak_sets[i]->adam(w, m, v, g, 128);
        for (int k = 0; k < 128; k++) {
            const double d = k % 8, first = .85 * .25 + .15 * d;
            const double second = .99 * 4 + .01 * d * d;
            assert_near((double)m[k], first, 1e-6);
            assert_near((double)v[k], second, 1e-6);
            assert_near((double)w[k], -1e-12 * first / sqrt(second), 1e-15);
        }
        assert_true(peak_sets[i]->turn_flops > 0);
    }
}

static void note(void *arg, uint32_t i)
{
    unsigned char *done = arg;
    done[i]++;
}

static void a_team_does_each_task_once(void **state)
{
    (void)state;
    struct team *team = team_new(3);
    const struct gpt_parallel *p = team_parallel(team);
    unsigned char done[64];

    for (uint32_t n = 0; n <= sizeof done; n++) {
        memset(done, 0, sizeof done);
        p->run(p->ctx, n, note, done);
        for (uint32_t i = 0; i < sizeof done; i++)
            assert_int_equal(done[i], i < n);
    }
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_floor_is_the_arithmetic_that_a_unit_needs),
        cmocka_unit_test(names_are_seven_tokens_in_the_mean),
        cmocka_unit_test(what_should_have_been_said_sums_to_one),
        cmocka_unit_test(a_reset_work_does_the_same_again),
        cmocka_unit_test(a_peer_that_computes_something_else_is_none),
        cmocka_unit_test(sets_compute_the_same),
        cmocka_unit_test(a_team_does_each_task_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
