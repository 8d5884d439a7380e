/* tests/bench/peers/peers_test.c mirrors the detectors of bench/peers/ and odd.c. */
#include "bench/peers/odd.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WARMUP 300u
#define ROWS   1500u
#define PEERS  5u

static const struct peer *const peers[PEERS] = { &peer_gaussian, &peer_median,
                                                 &peer_kmeans, &peer_markov,
                                                 &peer_range };

/* A triangle of 24 rows with noise, the same each time. */
static void draw(double *x)
{
    uint32_t state = 7;

    for (uint32_t r = 0; r < ROWS; r++) {
        double phase = r % 24;
        state = state * 1664525u + 1013904223u;
        x[r] = 50 + 2 * fabs(phase - 12) + 1.0 * (state >> 16) / 65536;
    }
}

static void watch(const struct peer *p, const double *x, double *alone, double *decades)
{
    assert_int_equal(peer_watch(p, x, ROWS, WARMUP, alone, decades), 0);
}

static void every_peer_finds_a_jump_that_was_never_seen(void **state)
{
    (void)state;
    double x[ROWS], alone[ROWS], decades[ROWS];

    draw(x);
    x[1200] = 200;
    for (uint32_t i = 0; i < PEERS; i++) {
        uint32_t most = WARMUP, peak = WARMUP;
        watch(peers[i], x, alone, decades);
        for (uint32_t r = WARMUP; r < ROWS; r++) {
            most = alone[r] > alone[most] ? r : most;
            peak = decades[r] > decades[peak] ? r : peak;
        }
        assert_true(most >= 1200 && most < 1206); /* smoothing may be late */
        assert_int_equal(peak, 1200);
    }
}

/* A chain knows what follows what: 66 where 50 to 51 is the valley. */
static void only_the_chain_finds_a_usual_value_at_the_wrong_place(void **state)
{
    (void)state;
    double x[ROWS], alone[ROWS], decades[ROWS];
    uint32_t rank[PEERS] = { 0 };

    draw(x);
    x[1212] = 66;
    for (uint32_t i = 0; i < PEERS; i++) {
        watch(peers[i], x, alone, decades);
        for (uint32_t r = WARMUP; r < ROWS; r++)
            rank[i] += alone[r] > alone[1212];
    }
    assert_true(rank[3] < 5); /* of 1,200 */
    assert_true(rank[0] > 50 && rank[1] > 50);
}

static void nothing_is_judged_during_the_warm_up(void **state)
{
    (void)state;
    double x[ROWS], alone[ROWS], decades[ROWS];

    draw(x);
    x[100] = 500;
    for (uint32_t i = 0; i < PEERS; i++) {
        watch(peers[i], x, alone, decades);
        for (uint32_t r = 0; r < WARMUP; r++)
            assert_true(alone[r] == 0 && decades[r] == 0);
    }
}

static void what_is_not_finite_is_passed_over(void **state)
{
    (void)state;
    double x[ROWS], alone[ROWS], decades[ROWS];

    draw(x);
    x[200] = NAN;
    x[1200] = INFINITY;
    for (uint32_t i = 0; i < PEERS; i++) {
        watch(peers[i], x, alone, decades);
        assert_true(alone[1200] == 0 && decades[1200] == 0);
        for (uint32_t r = 0; r < ROWS; r++)
            assert_true(isfinite(alone[r]) && isfinite(decades[r]));
    }
}

/* What comes later changes nothing that was said. */
static void no_peer_looks_ahead(void **state)
{
    (void)state;
    double x[ROWS], a[2][ROWS], d[2][ROWS];

    draw(x);
    for (uint32_t i = 0; i < PEERS; i++) {
        watch(peers[i], x, a[0], d[0]);
        assert_int_equal(peer_watch(peers[i], x, 900, WARMUP, a[1], d[1]), 0);
        assert_memory_equal(a[0], a[1], 900 * sizeof **a);
        assert_memory_equal(d[0], d[1], 900 * sizeof **d);
    }
}

static void a_stream_that_never_changes_is_never_odd(void **state)
{
    (void)state;
    double x[ROWS], alone[ROWS], decades[ROWS];

    for (uint32_t r = 0; r < ROWS; r++)
        x[r] = 3;
    for (uint32_t i = 0; i < PEERS; i++) {
        watch(peers[i], x, alone, decades);
        for (uint32_t r = WARMUP; r < ROWS; r++)
            assert_true(alone[r] < .5 && decades[r] < 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_peer_finds_a_jump_that_was_never_seen),
        cmocka_unit_test(only_the_chain_finds_a_usual_value_at_the_wrong_place),
        cmocka_unit_test(nothing_is_judged_during_the_warm_up),
        cmocka_unit_test(what_is_not_finite_is_passed_over),
        cmocka_unit_test(no_peer_looks_ahead),
        cmocka_unit_test(a_stream_that_never_changes_is_never_odd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
