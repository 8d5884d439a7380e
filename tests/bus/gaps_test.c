/*
 * How many messages are missing, from their own numbers.
 */
#include "client/gaps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct step {
    const char *boot, *topic;
    unsigned n;
    unsigned lost; /* in all, after it */
};

static void hear(struct gaps *g, const struct step *s)
{
    char text[256];
    struct kiri_message m;
    struct kiri_head h;

    snprintf(text, sizeof text,
             "%s {\"v\":1,\"host\":\"h,\\\"n\\\":9\",\"boot\":\"%s\",\"ts\":1,\"seq\":77,"
             "\"n\":%u,\"x\":{\"a\":1,\"n\":5}}",
             s->topic, s->boot, s->n);
    assert_int_equal(kiri_message_split(text, strlen(text), &m), 0);
    assert_int_equal(kiri_message_head(&m, &h), 0);
    gaps_hear(g, &m, &h);
}

static void gaps_are_judged_topic_by_topic(void **state)
{
    static const struct step steps[] = {
        { "a", "score/x", 5, 0 }, /* the first says where it stands        */
        { "a", "score/x", 6, 0 },   { "a", "score/y", 900, 0 },
        { "a", "score/x", 9, 2 }, /* 7 and 8                               */
        { "a", "score/xy", 1, 2 },  { "a", "score/y", 901, 2 },
        { "a", "score/x", 9, 2 }, /* the same again                        */
        { "a", "score/x", 3, 2 }, /* an old one                            */
        { "a", "score/x", 10, 2 },  { "b", "score/x", 1, 2 }, /* a new start */
        { "b", "score/y", 3, 4 },   /* 1 and 2 of the new start              */
        { "b", "score/z", 7, 10 },  /* heard from its beginning */
        { "b", "log/info", 7, 10 }, /* not journalled              */
        { "b", "log/info", 9, 11 },
    };
    struct gaps g = { .topic = NULL };

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        hear(&g, &steps[i]);
        if (g.lost != steps[i].lost)
            fail_msg("step %zu: %llu lost", i, (unsigned long long)g.lost);
    }
    gaps_fini(&g);
}

static int begins_with_score(void *ctx, const char *name, size_t len)
{
    (void)ctx;
    return len > 6 && strncmp(name, "score/", 6) == 0;
}

static void beat(struct gaps *g, const char *topics)
{
    char text[512];
    struct kiri_message m;
    struct kiri_head h;

    snprintf(
        text, sizeof text,
        "heartbeat {\"v\":1,\"host\":\"h\",\"boot\":\"a\",\"ts\":1,\"seq\":7,\"n\":1,"
        "\"period\":5000,\"topics\":%s",
        topics);
    assert_int_equal(kiri_message_split(text, strlen(text), &m), 0);
    assert_int_equal(kiri_message_head(&m, &h), 0);
    gaps_heartbeat(g, &m, &h, begins_with_score, NULL);
}

static void a_heartbeat_tells_what_is_missing_at_the_end(void **state)
{
    struct gaps g = { .topic = NULL };

    (void)state;
    hear(&g, &(struct step){ "a", "score/x", 5, 0 });
    beat(&g, "{\"alert\":9,\"score/x\":5,\"score/new\":3}}");
    assert_int_equal(g.lost, 0);
    beat(&g, "{\"alert\":12,\"score/x\":8,\"score/new\":4}}");
    assert_int_equal(g.lost, 3 + 1); /* alerts were never asked for */
    hear(&g, &(struct step){ "a", "score/x", 9, 0 });
    assert_int_equal(g.lost, 4); /* none is counted twice */
    gaps_fini(&g);
}

static void a_heartbeat_that_is_damaged_stops_where_it_is(void **state)
{
    static const char *const broken[] = {
        "",
        "{",
        "{\"",
        "{\"score/x",
        "{\"score/x\"",
        "{\"score/x\":",
        "{\"score/x\":x",
        "[\"score/x\",9]",
        "{\"\":9,\"score/x\":99}",
        "7",
        "{score/x:99}",
        "{\"score/x\" :99}",
    };
    struct gaps g = { .topic = NULL };

    (void)state;
    hear(&g, &(struct step){ "a", "score/x", 5, 0 });
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        beat(&g, broken[i]);
    assert_int_equal(g.lost, 0);
    gaps_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_judged_topic_by_topic),
        cmocka_unit_test(a_heartbeat_tells_what_is_missing_at_the_end),
        cmocka_unit_test(a_heartbeat_that_is_damaged_stops_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
