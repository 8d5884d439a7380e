/* tests/flow/combined_test.c mirrors host/flow/combined.c. */
#include "flow/combined.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60000

static int push(struct combined *c, const char *name, int64_t minute, double tail)
{
    return combined_push(c, name,
                         &(struct molecule_row){
                             .ts = minute * MINUTE, .period_ms = MINUTE, .tail = tail });
}

/* Tails as normal rows have them: evenly spread, in an order of no meaning. */
static double usual(uint64_t i)
{
    return (double)((i * 2654435761u) % 10007 + 1) / 10008;
}

static void one_atom_alone_is_no_molecule(void **state)
{
    struct combined c;

    combined_init(&c, 0);
    for (int i = 1; i <= 50; i++)
        assert_int_equal(push(&c, "east", i, 0.5), 0);
    for (int i = 51; i <= 60; i++)
        assert_int_equal(push(&c, "west", i, (double)NAN), 0); /* it learns still */
    assert_int_equal(c.last_ts, 0);
    combined_fini(&c);
    (void)state;
}

static void two_that_have_spoken_make_a_row(void **state)
{
    struct combined c;
    int rows = 0;

    combined_init(&c, 0);
    for (int i = 1; i <= 20; i++) {
        push(&c, "east", i, 0.5);
        rows += push(&c, "west", i, 0.25);
    }
    assert_true(rows >= 19);
    assert_int_equal(c.last.atoms, 2);
    assert_int_equal(c.last_ts, 20 * MINUTE);
    combined_fini(&c);
    (void)state;
}

static void who_has_left_counts_no_more_and_its_place_is_taken(void **state)
{
    struct combined c;
    struct buf text = { 0 };

    combined_init(&c, 0);
    for (int i = 1; i <= 5; i++) {
        push(&c, "east", i, 0.5);
        push(&c, "west", i, 0.5);
    }
    combined_leave(&c, "west");
    combined_leave(&c, "nobody");
    assert_int_equal(push(&c, "east", 6, 0.5), 0); /* alone again */
    push(&c, "north", 7, 0.01);
    push(&c, "east", 7, 0.5);
    assert_int_equal(c.n, 2);
    combined_message(&c, &text);
    assert_non_null(strstr(buf_text(&text), "\"blame\":\"north\""));
    assert_null(strstr(buf_text(&text), "west"));
    buf_free(&text);
    combined_fini(&c);
    (void)state;
}

static void the_budget_is_by_the_shortest_period(void **state)
{
    static const struct {
        double alarm_per_s;
        uint32_t a, b;
        double rate;
    } cases[] = {
        { 0, 60000, 5000, 5.0 / 86400 }, /* one a day, a row each five seconds */
        { 1.0 / 3600, 60000, 60000, 60.0 / 3600 },
        { 1.0 / 86400, 0, 0, 1.0 / 1000 }, /* nobody knows how many rows a day has */
        { 100, 60000, 60000, 1 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct combined c;
        combined_init(&c, cases[i].alarm_per_s);
        assert_int_equal(combined_join(&c, "a", cases[i].a), 0);
        assert_int_equal(combined_join(&c, "b", cases[i].b), 0);
        assert_int_equal(combined_again(&c, 1, 0.5f, 2), 0);
        assert_float_equal(c.molecule.rate, cases[i].rate, 1e-12);
        combined_fini(&c);
    }
    (void)state;
}

static void rows_of_before_a_restart_are_its_past(void **state)
{
    struct combined live, again;

    combined_init(&live, 0);
    combined_init(&again, 0);
    combined_join(&again, "east", MINUTE);
    combined_join(&again, "west", MINUTE);
    for (int i = 1; i <= 300; i++) {
        push(&live, "east", i, usual((uint64_t)(2 * i)));
        if (push(&live, "west", i, usual((uint64_t)(2 * i + 1))) == 1)
            combined_again(&again, live.last_ts, live.last.nats, live.last.atoms);
    }
    assert_true(live.last.tail < 1);
    for (int i = 301; i <= 320; i++) {
        push(&live, "east", i, 0.01);
        push(&again, "east", i, 0.01);
        push(&live, "west", i, 0.02);
        push(&again, "west", i, 0.02);
    }
    assert_int_equal(again.last_ts, live.last_ts);
    assert_float_equal(again.last.nats, live.last.nats, 0);
    assert_float_equal(again.last.tail, live.last.tail, 0);
    assert_int_equal(again.last.alarm, live.last.alarm);
    combined_fini(&live);
    combined_fini(&again);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_atom_alone_is_no_molecule),
        cmocka_unit_test(two_that_have_spoken_make_a_row),
        cmocka_unit_test(who_has_left_counts_no_more_and_its_place_is_taken),
        cmocka_unit_test(the_budget_is_by_the_shortest_period),
        cmocka_unit_test(rows_of_before_a_restart_are_its_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
