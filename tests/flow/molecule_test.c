/* tests/flow/molecule_test.c mirrors host/flow/molecule.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gpt.h"
#include "flow/molecule.h"

#include <math.h>

#define MINUTE 60000
#define RATE   .001

enum { A, B, C };

static struct molecule_verdict say(struct molecule *m, uint32_t atom, int64_t ts,
                                   uint32_t period_ms, double tail)
{
    struct molecule_row row = { .ts = ts, .period_ms = period_ms, .tail = tail };
    struct molecule_verdict v;

    assert_int_equal(molecule_push(m, atom, &row, &v), 0);
    return v;
}

/* One minute of two atoms. */
static struct molecule_verdict both(struct molecule *m, int minute, double a, double b)
{
    int64_t ts = (int64_t)minute * MINUTE;

    assert_int_equal(say(m, A, ts, MINUTE, a).complete, minute == 0); /* B is unknown */
    struct molecule_verdict v = say(m, B, ts + 3, MINUTE, b);
    assert_true(v.complete);
    return v;
}

static double uniform(struct gpt_rng *rng)
{
    return (1 + gpt_rng_below(rng, 1000000)) / 1000001.0;
}

/* Minutes in which nothing is wrong; the next one's number. */
static int calm(struct molecule *m, struct gpt_rng *rng, int minutes)
{
    molecule_init(m, RATE);
    (void)both(m, 0, .5, .5);
    for (int i = 1; i < minutes; i++) {
        double a = uniform(rng), b = uniform(rng);
        both(m, i, a, b);
    }
    return minutes;
}

/* -ln P(chi-square of 2 k degrees >= 2 sum), for k = 1, 2, 3. */
static void a_score_is_the_decades_of_fishers_tail(void **state)
{
    static const double tails[] = { .1, .02, .5 };
    struct molecule m;
    double sum = 0, terms = 0, term = 1;
    (void)state;

    for (uint32_t k = 1; k <= 3; k++) {
        struct molecule_verdict v = { 0 };
        molecule_init(&m, RATE);
        for (uint32_t i = 0; i < k; i++)
            v = say(&m, i, 0, MINUTE, tails[i]);
        sum -= log(tails[k - 1]);
        terms = 0;
        term = 1;
        for (uint32_t j = 0; j < k; j++) {
            terms += term;
            term *= sum / (j + 1);
        }
        assert_true(v.complete);
        assert_int_equal(v.atoms, k);
        assert_float_equal(v.sum, (float)sum, 1e-5);
        assert_float_equal(v.score, (float)((sum - log(terms)) / M_LN10), 1e-5);
        molecule_fini(&m);
    }
}

static void many_atoms_do_not_overflow(void **state)
{
    struct molecule_verdict v = { 0 };
    struct molecule m;
    (void)state;

    molecule_init(&m, RATE);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 2000; i++)
            v = say(&m, i, round * MINUTE, MINUTE, 1 / M_E);
    assert_int_equal(v.atoms, 2000);
    assert_true(v.score > 0.2f && v.score < 0.4f); /* as expected of them: one in two */
    for (uint32_t i = 0; i < 2000; i++)
        v = say(&m, i, 2 * MINUTE, MINUTE, 1e-12);
    assert_float_equal(v.score, 20, 0);
    molecule_fini(&m);
}

static void two_that_are_a_little_odd_at_once_are_odder_than_either(void **state)
{
    struct gpt_rng rng;
    struct molecule m;
    (void)state;

    gpt_rng_seed(&rng, 1);
    int now = calm(&m, &rng, 3000);
    struct molecule_verdict one = both(&m, now, .01, .5);
    assert_true(one.tail > .01f && !one.alarm);
    struct molecule_verdict two = both(&m, now + 1, .003, .003);
    assert_true(two.tail < .001f && two.onset);
    assert_true(two.score > 3);
    molecule_fini(&m);
}

/* Atoms that see the same are not twice as sure. */
static void what_atoms_know_of_each_other_is_in_its_past(void **state)
{
    struct gpt_rng rng;
    struct molecule m;
    int64_t rows = 20000;
    (void)state;

    gpt_rng_seed(&rng, 2);
    calm(&m, &rng, 1);
    for (int i = 1; i < rows; i++) {
        double tail = uniform(&rng);
        both(&m, i, tail, tail);
    }
    double promised = (double)rows * RATE;
    assert_true((double)m.alarms > promised / 2 && (double)m.alarms < promised * 2);
    molecule_fini(&m);
}

static void a_row_waits_for_all_of_the_shortest_period(void **state)
{
    struct molecule m;
    (void)state;

    molecule_init(&m, RATE);
    say(&m, A, 0, MINUTE, .5);
    say(&m, B, 1, MINUTE, .5);
    say(&m, C, 2, 60 * MINUTE, .5);
    for (int i = 1; i < 10; i++) {
        int64_t ts = (int64_t)i * MINUTE;
        assert_false(say(&m, A, ts, MINUTE, .5).complete);
        struct molecule_verdict v = say(&m, B, ts + 1, MINUTE, .5);
        assert_true(v.complete);
        assert_int_equal(v.atoms, 3); /* C's row of the first minute is young */
    }
    molecule_fini(&m);
}

static void who_is_late_is_not_waited_for_for_ever(void **state)
{
    struct molecule m;
    (void)state;

    molecule_init(&m, RATE);
    say(&m, A, 0, MINUTE, .5);
    say(&m, B, 1, MINUTE, .5);
    assert_false(say(&m, A, MINUTE, MINUTE, .5).complete);
    struct molecule_verdict v = say(&m, A, 2 * MINUTE, MINUTE, .5);
    assert_true(v.complete);
    assert_int_equal(v.atoms, 2);
    v = say(&m, A, 3 * MINUTE + 1, MINUTE, .5);
    assert_true(v.complete);
    assert_int_equal(v.atoms, 1); /* three periods: B is old */
    molecule_fini(&m);
}

static void an_atom_without_a_period_counts_where_it_speaks(void **state)
{
    struct molecule m;
    (void)state;

    molecule_init(&m, RATE);
    say(&m, A, 0, MINUTE, .5);
    struct molecule_verdict v = say(&m, B, 10, 0, .01);
    assert_true(v.complete);
    assert_int_equal(v.atoms, 2);
    v = say(&m, A, MINUTE, MINUTE, .5);
    assert_true(v.complete);
    assert_int_equal(v.atoms, 1);
    molecule_fini(&m);
}

static void who_cannot_say_or_is_gone_does_not_count(void **state)
{
    struct molecule m;
    (void)state;

    molecule_init(&m, RATE);
    struct molecule_verdict v = say(&m, A, 0, MINUTE, (double)NAN);
    assert_true(v.complete && v.atoms == 0);
    assert_true(v.tail >= 1 && !v.alarm);
    say(&m, B, 1, MINUTE, .5);
    v = say(&m, A, MINUTE, MINUTE, (double)NAN);
    assert_int_equal(m.past.n, MOLECULE_PRIOR);
    molecule_leave(&m, B);
    v = say(&m, A, MINUTE + 1, MINUTE, .5);
    assert_true(v.complete);
    assert_int_equal(v.atoms, 1);
    molecule_leave(&m, 1000); /* nobody */
    molecule_fini(&m);
}

static void the_first_rows_are_measured_by_theory(void **state)
{
    static const double tails[] = { 0.5, 0.1, 0.01, 0.002 };
    struct molecule m;
    (void)state;

    molecule_init(&m, RATE);
    for (int i = 0; i < 4; i++) {
        double tail = (double)say(&m, A, (int64_t)i * MINUTE, MINUTE, tails[i]).tail;
        assert_true(tail > tails[i] / 2 && tail < tails[i] * 2);
    }
    molecule_fini(&m);
}

/* It counts once, and as hardly more than an alarm. */
static void an_incident_is_no_past(void **state)
{
    struct gpt_rng rng;
    struct molecule m;
    (void)state;

    gpt_rng_seed(&rng, 3);
    int now = calm(&m, &rng, 2000);
    double before = molecule_level(&m, RATE);
    uint64_t alarms = m.alarms;
    for (int i = 0; i < 200; i++)
        assert_true(both(&m, now + i, 1e-9, 1e-9).alarm);
    assert_int_equal(m.alarms, alarms + 1);
    for (int i = 200; i < 260; i++)
        both(&m, now + i, uniform(&rng), .5);
    assert_false(m.alarm.open);
    assert_true(fabs(molecule_level(&m, RATE) - before) < 0.5);
    assert_true(both(&m, now + 260, 1e-5, 1e-5).onset);
    molecule_fini(&m);
}

/* Else an alarm that atoms' new habits keep open would never end. */
static void what_stays_becomes_its_past(void **state)
{
    struct gpt_rng rng;
    struct molecule m;
    (void)state;

    gpt_rng_seed(&rng, 4);
    int now = calm(&m, &rng, 2000);
    for (int i = 0; i < 2500; i++)
        both(&m, now + i, .002 * uniform(&rng), .002 * uniform(&rng));
    assert_false(m.alarm.open);
    molecule_fini(&m);
}

static void a_budget_is_kept(void **state)
{
    struct gpt_rng rng;
    struct molecule m;
    (void)state;

    gpt_rng_seed(&rng, 5);
    calm(&m, &rng, 30000);
    assert_in_range(m.alarms, 15, 60);
    molecule_fini(&m);
}

static void its_level_is_the_score_of_a_rate(void **state)
{
    struct gpt_rng rng;
    struct molecule m;
    (void)state;

    molecule_init(&m, RATE);
    assert_true(isinf(molecule_level(&m, RATE)));
    molecule_fini(&m);
    gpt_rng_seed(&rng, 6);
    calm(&m, &rng, 8000);
    assert_true(fabs(molecule_level(&m, RATE) - 3) < 0.3); /* decades of .001 */
    molecule_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_score_is_the_decades_of_fishers_tail),
        cmocka_unit_test(many_atoms_do_not_overflow),
        cmocka_unit_test(two_that_are_a_little_odd_at_once_are_odder_than_either),
        cmocka_unit_test(what_atoms_know_of_each_other_is_in_its_past),
        cmocka_unit_test(a_row_waits_for_all_of_the_shortest_period),
        cmocka_unit_test(who_is_late_is_not_waited_for_for_ever),
        cmocka_unit_test(an_atom_without_a_period_counts_where_it_speaks),
        cmocka_unit_test(who_cannot_say_or_is_gone_does_not_count),
        cmocka_unit_test(the_first_rows_are_measured_by_theory),
        cmocka_unit_test(an_incident_is_no_past),
        cmocka_unit_test(what_stays_becomes_its_past),
        cmocka_unit_test(a_budget_is_kept),
        cmocka_unit_test(its_level_is_the_score_of_a_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
