/* queue_test.c - messages from any thread to one: in order, none lost, closed for good.
 */
#include "test.h"

#include "base/queue.h"

#include <stdlib.h>

struct note {
    struct queue_item item;
    int from, n;
};

static void items_come_out_in_the_order_they_went_in(void **state)
{
    struct queue q;
    struct note notes[5];
    int n = 0;
    (void)state;

    queue_init(&q);
    assert_null(queue_take(&q));
    for (int i = 0; i < 5; i++) {
        notes[i].n = i;
        assert_int_equal(queue_put(&q, &notes[i].item), 0);
    }
    for (struct queue_item *i = queue_take(&q); i; i = i->next)
        assert_int_equal(((struct note *)i)->n, n++);
    assert_int_equal(n, 5);
    assert_null(queue_take(&q)); /* taken whole */
    queue_fini(&q);
}

static void an_empty_queue_can_be_used_again(void **state)
{
    struct queue q;
    struct note note = { .n = 7 };
    (void)state;

    queue_init(&q);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(queue_put(&q, &note.item), 0);
        assert_ptr_equal(queue_take(&q), &note.item);
        assert_null(note.item.next);
    }
    queue_fini(&q);
}

static void waiting_ends_when_the_time_is_up(void **state)
{
    struct queue q;
    (void)state;

    queue_init(&q);
    assert_null(queue_wait(&q, 0));
    assert_null(queue_wait(&q, 5));
    queue_fini(&q);
}

static void a_closed_queue_gives_what_it_has_and_takes_no_more(void **state)
{
    struct queue q;
    struct note early, late;
    (void)state;

    queue_init(&q);
    assert_int_equal(queue_put(&q, &early.item), 0);
    queue_close(&q);
    assert_int_equal(queue_put(&q, &late.item), -1);
    assert_ptr_equal(queue_wait(&q, -1), &early.item);
    assert_null(queue_wait(&q, -1)); /* closed and empty: it does not wait */
    queue_fini(&q);
}

static void *wait_for_ever(void *arg)
{
    return queue_wait(arg, -1);
}

static void closing_wakes_who_waits(void **state)
{
    struct queue q;
    pthread_t waiter;
    void *got = &q;
    (void)state;

    queue_init(&q);
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_ever, &q), 0);
    queue_close(&q);
    assert_int_equal(pthread_join(waiter, &got), 0);
    assert_null(got);
    queue_fini(&q);
}

enum { SENDERS = 4, EACH = 2500 };

struct sender {
    struct queue *q;
    int id;
    struct note notes[EACH];
};

static void *send_all(void *arg)
{
    struct sender *s = arg;

    for (int i = 0; i < EACH; i++) {
        s->notes[i].from = s->id;
        s->notes[i].n = i;
        if (queue_put(s->q, &s->notes[i].item))
            return s;
    }
    return NULL;
}

static void many_senders_lose_nothing_and_keep_their_own_order(void **state)
{
    struct queue q;
    struct sender *s = calloc(SENDERS, sizeof *s);
    pthread_t thread[SENDERS];
    int next[SENDERS] = { 0 }, got = 0;
    (void)state;

    assert_non_null(s);
    queue_init(&q);
    for (int i = 0; i < SENDERS; i++) {
        s[i].q = &q;
        s[i].id = i;
        assert_int_equal(pthread_create(&thread[i], NULL, send_all, &s[i]), 0);
    }
    while (got < SENDERS * EACH)
        for (struct queue_item *i = queue_wait(&q, -1); i; i = i->next, got++) {
            const struct note *n = (const struct note *)i;
            assert_int_equal(n->n, next[n->from]++);
        }
    for (int i = 0; i < SENDERS; i++) {
        void *failed;
        assert_int_equal(pthread_join(thread[i], &failed), 0);
        assert_null(failed);
    }
    assert_null(queue_take(&q));
    queue_fini(&q);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_the_order_they_went_in),
        cmocka_unit_test(an_empty_queue_can_be_used_again),
        cmocka_unit_test(waiting_ends_when_the_time_is_up),
        cmocka_unit_test(a_closed_queue_gives_what_it_has_and_takes_no_more),
        cmocka_unit_test(closing_wakes_who_waits),
        cmocka_unit_test(many_senders_lose_nothing_and_keep_their_own_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
