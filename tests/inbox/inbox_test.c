/*
 * inbox_test.c - a message's way to its answer: when it waits, how long, and what the
 * same message gets. A flow that runs on this thread, with its own clock
 * (faults/lone_flow.h).
 */
#include "inbox/inbox.h"

#include "faults/lone_flow.h"
#include "load/remote.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SOIL "\"schema\":{\"fields\":[{\"name\":\"soil\",\"lo\":0,\"hi\":100}]}"
#define RAIN                                                                             \
    "\"schema\":{\"fields\":[{\"name\":\"soil\",\"lo\":0,\"hi\":100},"                   \
    "{\"name\":\"rain\",\"lo\":0,\"hi\":9}]}"

struct world {
    char dir[32];
    uv_loop_t loop;
    struct flow flow;
    struct clock clock; /* today, so that the store does not retire its rows */
    struct conf_atom as;
    struct instance *in[1];
    struct control control;
    struct inbox inbox;
};

static int make(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct kiri_error err;

    assert_non_null(w);
    snprintf(w->dir, sizeof w->dir, "/tmp/kiri-inbox-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    lone_flow_init(&w->flow, &w->loop, w->dir);
    w->clock = (struct clock){ clock_system.now_ms, w->flow.clock->mono_ms, NULL };
    w->flow.clock = &w->clock;
    w->as = (struct conf_atom){ .name = "soil", .plugin = "remote", .every_ms = 1000 };
    w->in[0] = instance_start(&w->flow, &w->as, remote_plugin(&err), NULL);
    assert_non_null(w->in[0]);
    w->control =
        (struct control){ .flow = &w->flow, .instance = w->in, .n_instances = 1 };
    inbox_open(&w->inbox, &w->control);
    lone_flow_turn(&w->flow);
    *state = w;
    return 0;
}

static int drop(void **state)
{
    struct world *w = *state;
    char command[64];

    w->in[0]->learning = 0;
    instance_stop(w->in[0]);
    for (int i = 0; i < 100 && !instance_gone(w->in[0]); i++)
        lone_flow_turn(&w->flow);
    assert_true(instance_gone(w->in[0]));
    instance_free(w->in[0]);
    inbox_close(&w->inbox);
    lone_flow_fini(&w->flow);
    snprintf(command, sizeof command, "rm -rf %s", w->dir);
    assert_int_equal(system(command), 0);
    free(w);
    return 0;
}

static void turn(struct world *w, int n)
{
    for (int i = 0; i < n; i++) {
        lone_flow_turn(&w->flow);
        inbox_turn(&w->inbox);
    }
}

/* Sends; the answer may come later. Freed with forget(). */
static struct bus_request *send_message(struct world *w, const char *text)
{
    struct bus_request *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->text = text;
    inbox_take(&w->inbox, r);
    return r;
}

/* The answer is there, and holds this. */
static void says(struct bus_request *r, const char *what)
{
    if (r->answers != 1)
        fail_msg("%s: %u answers", r->text, r->answers);
    if (!memmem(r->answer, r->len, what, strlen(what)))
        fail_msg("%s: %.*s does not say %s", r->text, (int)r->len, r->answer, what);
    free(r);
}

static void tell_schema(struct world *w)
{
    struct bus_request *r = send_message(w, "obs/soil {" SOIL "}");

    turn(w, 5);
    says(r, "{\"ok\":true,\"schema\":\"taken\"}");
    assert_true(w->in[0]->opened && w->in[0]->restored);
}

static void values_wait_until_their_schema_is_understood(void **state)
{
    struct world *w = *state;
    struct bus_request *both, *after;

    says(send_message(w, "obs/soil {\"values\":{\"soil\":1}}"), "send it once");
    assert_true(w->in[0]->health == INSTANCE_STALE);
    both = send_message(w, "obs/soil {" SOIL ",\"values\":{\"soil\":41}}");
    after = send_message(w, "obs/soil {\"values\":{\"soil\":42}}");
    assert_int_equal(both->answers + after->answers, 0);
    turn(w, 5);
    assert_int_equal(w->in[0]->collected, 2);
    assert_true(w->in[0]->last_row->v[0].num == 42); /* in the order they came */
    says(both, "\"ok\":true");
    says(after, "\"state\":\"learning\"");
    assert_true(w->in[0]->health == INSTANCE_WELL);
}

static void an_answer_waits_for_a_learning_but_not_for_ever(void **state)
{
    struct world *w = *state;
    struct bus_request *r, *late;

    tell_schema(w);
    w->in[0]->learning = 1;
    r = send_message(w, "obs/soil {\"values\":{\"soil\":41}}");
    turn(w, 50);
    assert_int_equal(r->answers, 0);
    late = send_message(w, "obs/soil {\"values\":{\"soil\":42}}");
    turn(w, 51);
    says(r, "\"state\":\"waiting\"");
    assert_int_equal(late->answers, 0);
    w->in[0]->learning = 0;
    score_rows(w->in[0]);
    says(late, "\"surprise\":");
    assert_int_equal(w->in[0]->collected, 2);
}

static void the_same_message_is_stored_once_and_all_who_sent_it_are_told(void **state)
{
    static const char text[] = "obs/soil {\"id\":\"a\",\"values\":{\"soil\":41}}";
    struct world *w = *state;
    struct bus_request *first, *second;

    tell_schema(w);
    w->in[0]->learning = 1;
    first = send_message(w, text);
    second = send_message(w, text);
    says(send_message(w, "obs/soil {\"id\":\"a\",\"values\":{\"soil\":42}}"),
         "this id was used for another message");
    w->in[0]->learning = 0;
    score_rows(w->in[0]);
    assert_int_equal(w->in[0]->collected, 1);
    struct bus_request *third = send_message(w, text);
    assert_int_equal(w->in[0]->collected, 1);
    assert_int_equal(first->len, third->len);
    assert_memory_equal(first->answer, third->answer, first->len);
    says(first, "\"ok\":true");
    says(second, "\"ok\":true");
    says(third, "\"ok\":true");
    says(send_message(w, "obs/soil {\"values\":{\"soil\":42}}"), "\"ok\":true");
    says(send_message(w, "obs/soil {\"values\":{\"soil\":42}}"), "\"ok\":true");
    assert_int_equal(w->in[0]->collected, 3); /* without an id it is another row */
}

static void a_refused_id_may_be_used_again(void **state)
{
    struct world *w = *state;

    tell_schema(w);
    says(send_message(w, "obs/soil {\"id\":\"a\",\"values\":{\"soil\":\"x\"}}"),
         "\"code\":65");
    says(send_message(w, "obs/soil {\"id\":\"a\",\"values\":{\"soil\":1}}"),
         "\"ok\":true");
}

static void one_atom_cannot_keep_all_places_of_the_socket(void **state)
{
    struct world *w = *state;
    struct bus_request *r[INBOX_WAITERS], *more;

    tell_schema(w);
    w->in[0]->learning = 1;
    for (unsigned i = 0; i < INBOX_WAITERS; i++)
        r[i] = send_message(w, "obs/soil {\"values\":{\"soil\":41}}");
    more = send_message(w, "obs/soil {\"values\":{\"soil\":42}}");
    says(more, "\"state\":\"waiting\"");
    w->in[0]->learning = 0;
    score_rows(w->in[0]);
    for (unsigned i = 0; i < INBOX_WAITERS; i++)
        says(r[i], "\"surprise\":");
    assert_int_equal(w->in[0]->collected, INBOX_WAITERS + 1);
}

static void rows_that_wait_are_bounded_and_none_is_lost(void **state)
{
    static const char text[] = "obs/soil {\"values\":{\"soil\":41}}";
    struct bus_request *first[INBOX_WAITERS];
    struct world *w = *state;

    tell_schema(w);
    w->in[0]->learning = 1;
    for (unsigned i = 0; i < INBOX_WAITERS; i++)
        first[i] = send_message(w, text);
    for (unsigned i = INBOX_WAITERS; i < INBOX_ROWS; i++)
        says(send_message(w, text), "\"state\":\"waiting\"");
    says(send_message(w, text), "\"code\":75");
    turn(w, 101);
    for (unsigned i = 0; i < INBOX_WAITERS; i++)
        says(first[i], "\"state\":\"waiting\"");
    assert_int_equal(w->in[0]->collected, INBOX_ROWS);
    assert_int_equal(w->in[0]->dropped, 0);
}

static void another_schema_is_another_language_and_two_senders_are_told(void **state)
{
    struct world *w = *state;
    struct bus_request *r;

    tell_schema(w);
    for (int i = 0; i < 20; i++)
        says(send_message(w, "obs/soil {\"values\":{\"soil\":41}}"), "\"ok\":true");
    says(send_message(w, "obs/soil {" RAIN "}"), "do two senders disagree?");
    turn(w, INBOX_CHANGE_MS / LONE_TURN_MS);
    r = send_message(w, "obs/soil {" RAIN ",\"values\":{\"rain\":1}}");
    turn(w, 10);
    says(r, "\"name\":\"rain\"");
    assert_int_equal(w->in[0]->schema->n_fields, 2);
    assert_int_equal(w->in[0]->facts.rows, 21); /* what was seen before is remembered */
    says(send_message(w, "obs/soil {" SOIL "}"), "do two senders disagree?");
    says(send_message(w, "obs/soil {" RAIN "}"), "as it was");
}

static void what_only_people_read_may_change_and_the_model_stays(void **state)
{
    static const char unit[] = "obs/soil {\"schema\":{\"fields\":[{\"name\":\"soil\","
                               "\"lo\":0,\"hi\":100,\"unit\":\"%\"}]}}";
    struct world *w = *state;
    struct bus_request *r;

    w->in[0]->warmup = 60;
    tell_schema(w);
    for (int i = 0; i < 100; i++) {
        r = send_message(w, "obs/soil {\"values\":{\"soil\":41}}");
        turn(w, 2);
        says(r, "\"ok\":true");
    }
    assert_int_equal(w->in[0]->facts.gen, 1);
    turn(w, INBOX_CHANGE_MS / LONE_TURN_MS);
    r = send_message(w, unit);
    turn(w, 10);
    says(r, "taken");
    assert_string_equal(w->in[0]->schema->fields[0].unit, "%");
    assert_int_equal(w->in[0]->facts.gen, 1);
    assert_int_equal(w->in[0]->facts.rows, 100);
    r = send_message(w, "obs/soil {\"values\":{\"soil\":41}}");
    turn(w, 2);
    says(r, "\"gen\":1");
}

static void a_schema_that_cannot_be_learned_changes_nothing(void **state)
{
    struct world *w = *state;

    tell_schema(w);
    turn(w, INBOX_CHANGE_MS / LONE_TURN_MS);
    says(send_message(w, "obs/soil "
                         "{\"schema\":{\"fields\":[{\"name\":\"a\",\"kind\":\"words\","
                         "\"max_len\":4}]}}"),
         "\"code\":65");
    says(send_message(w, "obs/soil {\"schema\":{\"fields\":[]}}"), "\"code\":65");
    says(send_message(w, "obs/soil {\"values\":{\"soil\":41}}"), "\"ok\":true");
}

static void when_the_host_stops_everybody_is_told(void **state)
{
    struct world *w = *state;
    struct bus_request *row, *waiting;

    waiting = send_message(w, "obs/soil {" SOIL ",\"values\":{\"soil\":41}}");
    inbox_close(&w->inbox);
    says(waiting, "this host is stopping");
    inbox_open(&w->inbox, &w->control);
    turn(w, 5);
    w->in[0]->learning = 1;
    row = send_message(w, "obs/soil {\"values\":{\"soil\":41}}");
    inbox_close(&w->inbox);
    says(row, "\"ok\":true");
    inbox_open(&w->inbox, &w->control);
    atomic_store(&w->flow.stopping, 1);
    says(send_message(w, "obs/soil {\"values\":{\"soil\":41}}"), "\"code\":69");
    atomic_store(&w->flow.stopping, 0);
}

static void an_atom_that_goes_takes_nobody_with_it(void **state)
{
    struct world *w = *state;
    struct bus_request *r;

    tell_schema(w);
    w->in[0]->learning = 1;
    r = send_message(w, "obs/soil {\"values\":{\"soil\":41}}");
    w->control.n_instances = 0;
    says(send_message(w, "obs/soil {\"values\":{\"soil\":41}}"), "\"code\":66");
    turn(w, 101);
    says(r, "\"state\":\"waiting\"");
    w->control.n_instances = 1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_wait_until_their_schema_is_understood),
        TEST(an_answer_waits_for_a_learning_but_not_for_ever),
        TEST(the_same_message_is_stored_once_and_all_who_sent_it_are_told),
        TEST(a_refused_id_may_be_used_again),
        TEST(one_atom_cannot_keep_all_places_of_the_socket),
        TEST(rows_that_wait_are_bounded_and_none_is_lost),
        TEST(another_schema_is_another_language_and_two_senders_are_told),
        TEST(what_only_people_read_may_change_and_the_model_stays),
        TEST(a_schema_that_cannot_be_learned_changes_nothing),
        TEST(when_the_host_stops_everybody_is_told),
        TEST(an_atom_that_goes_takes_nobody_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
