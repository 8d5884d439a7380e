/*
 * tests/bus/outgoing_test.c mirrors host/bus/outgoing.c: subscribers that leave while
 * messages are sent cost the memory of one message each at most, most of them none.
 * LeakSanitizer shows which: only what outgoing() made is forgiven.
 */
#include "world.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROUNDS = 20, PEERS = 16, MESSAGE = 1024 };

/* Of this process; by a sanitizer, if one has taken malloc's place. */
size_t sanitizer_allocated(void) __asm__("__sanitizer_get_current_allocated_bytes")
    __attribute__((weak));

static size_t allocated(void)
{
    return sanitizer_allocated ? sanitizer_allocated() : mallinfo2().uordblks;
}

static atomic_int all_left;

static void *come_and_leave(void *arg)
{
    int fd[PEERS];

    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < PEERS; i++)
            fd[i] = raw_connect("bus", RAW_SUB);
        for (int i = 0; i < PEERS; i++)
            close(fd[i]);
    }
    atomic_store(&all_left, 1);
    return NULL;
}

static int little_is_lost(void *ctx)
{
    const size_t *before = ctx;
    size_t now = allocated();

    return now <= *before || now - *before <= ROUNDS * PEERS * 2 * MESSAGE;
}

static void those_who_leave_cost_one_message_each_at_most(void **state)
{
    char members[MESSAGE] = "\"x\":\"";
    struct bus *b = open_bus("7f3a", 2 * PEERS);
    size_t before, published = 0;
    pthread_t thread;

    (void)state;
    memset(members + 5, 'x', MESSAGE - 7);
    members[MESSAGE - 2] = '"';
    before = allocated();
    assert_int_equal(pthread_create(&thread, NULL, come_and_leave, NULL), 0);
    /* if all were lost it would be far more */
    while (!atomic_load(&all_left) || published < 10 * ROUNDS * PEERS)
        published += bus_publish(b, "score/a", 0, members, NULL) != 0;
    pthread_join(thread, NULL);
    assert_true(has_peers(b, 0));
    assert_true(within(little_is_lost, &before));
    bus_close(b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(those_who_leave_cost_one_message_each_at_most),
    };
    return RUN_ROOM_TESTS(tests, argc, argv);
}
