/*
 * The control socket: every question gets its own answer, and nobody's silence keeps the
 * others waiting.
 */
#include "world.h"
#include <kiri/client.h>

#include <kiri/wire.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int next_is_there(void *ctx)
{
    void **at = ctx; /* the bus, and where its next request goes */

    return (at[1] = bus_next_request(at[0])) != NULL;
}

static struct bus_request *wait_request(struct bus *b)
{
    void *at[2] = { b, NULL };

    assert_true(within(next_is_there, at));
    return at[1];
}

struct question {
    pthread_t thread;
    char text[32], why[256];
    char *answer;
    int timeout_ms;
};

static void *ask(void *arg)
{
    struct question *q = arg;

    q->answer =
        kiri_client_ask(control, q->text, q->timeout_ms, NULL, q->why, sizeof q->why);
    return NULL;
}

static void start_asking(struct question *q, int i)
{
    *q = (struct question){ .timeout_ms = 20000 };
    snprintf(q->text, sizeof q->text, "{\"id\":\"%d\"}", i);
    assert_int_equal(pthread_create(&q->thread, NULL, ask, q), 0);
}

static void echo(struct bus *b, struct bus_request *r)
{
    char answer[128];
    size_t len;
    const char *text = bus_request_text(r, &len);

    assert_int_equal(strlen(text), len);
    snprintf(answer, sizeof answer, "[%s]", text);
    bus_answer(b, r, answer, strlen(answer));
}

static void assert_answered(struct question *q)
{
    char expected[64];

    pthread_join(q->thread, NULL);
    if (!q->answer)
        fail_msg("%s", q->why);
    snprintf(expected, sizeof expected, "[%s]", q->text);
    assert_string_equal(q->answer, expected);
    free(q->answer);
}

static void twenty_at_once_each_get_their_own_answer(void **state)
{
    enum { ASKERS = 20 };
    struct bus *b = open_bus("7f3a", 64);
    struct question q[ASKERS];

    (void)state;
    for (int i = 0; i < ASKERS; i++)
        start_asking(&q[i], i);
    for (int i = 0; i < ASKERS; i++) {
        struct bus_request *r = wait_request(b);

        assert_int_equal(bus_request_uid(r), getuid());
        echo(b, r);
    }
    for (int i = 0; i < ASKERS; i++)
        assert_answered(&q[i]);
    assert_int_equal(atomic_load(&bells), ASKERS);
    assert_null(bus_next_request(b));
    bus_close(b);
}

/* A long command keeps one place of eight. */
static void an_open_question_does_not_keep_the_next_waiting(void **state)
{
    enum { SLOW = 7 };
    struct bus *b = open_bus("7f3a", 64);
    struct question slow[SLOW], quick;
    struct bus_request *open_request[SLOW];

    (void)state;
    for (int i = 0; i < SLOW; i++) {
        start_asking(&slow[i], i);
        open_request[i] = wait_request(b);
    }
    for (int i = 0; i < 20; i++) {
        start_asking(&quick, 100 + i);
        echo(b, wait_request(b));
        assert_answered(&quick);
    }
    for (int i = SLOW - 1; i >= 0; i--) /* in another order than asked */
        echo(b, open_request[i]);
    for (int i = 0; i < SLOW; i++)
        assert_answered(&slow[i]);
    bus_close(b);
}

/* A request as NNG frames it: an id with the high bit set, then the text. */
static void raw_ask(int fd, unsigned id, const void *text, size_t n)
{
    unsigned char message[256] = { 0x80, 0, 0, (unsigned char)id };

    assert_true(n <= sizeof message - 4);
    memcpy(message + 4, text, n);
    raw_send_message(fd, message, 4 + n);
}

static void bytes_that_are_no_json_reach_the_host_as_they_are(void **state)
{
    static const char garbage[] = "\0\xff{{{ not json \n\0 at all";
    struct bus *b = open_bus("7f3a", 8);
    int fd = raw_connect("control", RAW_REQ);
    struct bus_request *r;
    const char *text;
    char got[256];
    size_t len;

    (void)state;
    raw_ask(fd, 5, garbage, sizeof garbage - 1);
    r = wait_request(b);
    text = bus_request_text(r, &len);
    assert_int_equal(len, sizeof garbage - 1);
    assert_memory_equal(text, garbage, sizeof garbage); /* and a NUL after them */
    bus_answer(b, r, "{\"error\":\"not JSON\"}", 20);
    assert_int_equal(raw_hear(fd, got, sizeof got, 5000), 24);
    assert_memory_equal(got, "\x80\0\0\5{\"error\":\"not JSON\"}", 24);

    raw_ask(fd, 6, "", 0); /* nothing at all is a text, too */
    r = wait_request(b);
    assert_string_equal(bus_request_text(r, &len), "");
    assert_int_equal(len, 0);
    bus_answer(b, r, "", 0);
    assert_int_equal(raw_hear(fd, got, sizeof got, 5000), 4);
    close(fd);
    bus_close(b);
}

/* RELIABILITY C5: 0 disconnects of others. */
static void frames_that_are_no_requests_disturb_nobody(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } frames[] = { { "", 0 },
                   { "\x80", 1 },
                   { "\x80\0\0", 3 },
                   { "\0\0\0\1\0\0\0\2", 8 }, /* ids without an end */
                   { "GET / HTTP/1.1\r\n\r\n", 18 } };
    struct bus *b = open_bus("7f3a", 32);
    int good = raw_connect("control", RAW_REQ);
    char got[64];

    (void)state;
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
            int bad = raw_connect("control", RAW_REQ);

            if (bad >= 0)
                raw_poke(bad, frames[i].bytes, frames[i].n);
            close(bad);
        }
    raw_ask(good, 9, "status", 6);
    echo(b, wait_request(b));
    assert_int_equal(raw_hear(good, got, sizeof got, 5000), 12);
    assert_memory_equal(got + 4, "[status]", 8);
    close(good);
    bus_close(b);
}

static void one_that_leaves_before_its_answer_does_no_harm(void **state)
{
    struct bus *b = open_bus("7f3a", 64);
    struct question q;

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        int fd = raw_connect("control", RAW_REQ);
        struct bus_request *r;

        assert_true(fd >= 0);
        raw_ask(fd, i, "status", 6);
        r = wait_request(b);
        close(fd);
        echo(b, r);
    }
    start_asking(&q, 1);
    echo(b, wait_request(b));
    assert_answered(&q);
    bus_close(b);
}

struct callers {
    int fd[8];
    int gone;
};

static int four_are_gone(void *ctx)
{
    struct callers *c = ctx;
    char byte;

    for (int i = 0; i < 8; i++)
        if (c->fd[i] >= 0 && recv(c->fd[i], &byte, 1, MSG_DONTWAIT) == 0) {
            close(c->fd[i]);
            c->fd[i] = -1;
        }
    c->gone = 0;
    for (int i = 0; i < 8; i++)
        c->gone += c->fd[i] < 0;
    return c->gone >= 4;
}

static void more_callers_than_the_cap_are_turned_away(void **state)
{
    struct bus *b = open_bus("7f3a", 4);
    struct callers c;
    struct bus_counts n;

    (void)state;
    for (int i = 0; i < 8; i++)
        c.fd[i] = raw_connect("control", RAW_REQ);
    assert_true(within(four_are_gone, &c));
    bus_counts(b, &n);
    assert_int_equal(c.gone, 4);
    assert_int_equal(n.turned_away, 4);
    assert_int_equal(n.peers, 0); /* callers are no subscribers */
    for (int i = 0; i < 8; i++)
        if (c.fd[i] >= 0) { /* the others are served */
            raw_ask(c.fd[i], 1, "status", 6);
            echo(b, wait_request(b));
            close(c.fd[i]);
        }
    bus_close(b);
}

/* Taken but unanswered, waiting in the queue, and still on the way. */
static void closing_does_not_wait_for_open_questions(void **state)
{
    struct bus *b = open_bus("7f3a", 64);
    int fd[12];
    int64_t began;

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        fd[i] = raw_connect("control", RAW_REQ);
        raw_ask(fd[i], i, "status", 6);
    }
    wait_request(b);
    wait_request(b);
    began = now_ms();
    bus_close(b);
    assert_true(now_ms() - began < 1500);
    for (unsigned i = 0; i < 12; i++) {
        assert_true(raw_is_closed(fd[i]));
        close(fd[i]);
    }
}

/* ---- asking where nobody answers -----------------------------------------------------
 */

static void assert_no_answer(const char *json, int timeout_ms, const char *why,
                             int64_t most_ms)
{
    char got[256] = "";
    int64_t began = now_ms();

    assert_null(kiri_client_ask(control, json, timeout_ms, NULL, got, sizeof got));
    if (!strstr(got, why))
        fail_msg("expected \"%s\", got \"%s\"", why, got);
    if (now_ms() - began > most_ms)
        fail_msg("\"%s\" took %lld ms", got, (long long)(now_ms() - began));
}

static int silent_listener(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%.60s/control", room);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

static void no_host_is_said_at_once(void **state)
{
    (void)state;
    assert_no_answer("{}", 20000, "it is not running", 2000); /* no socket */
    close(silent_listener());
    assert_no_answer("{}", 20000, "it is not running", 2000); /* left by a SIGKILL */
}

/* The kernel takes the connection for a stopped host; it never greets. */
static void a_stopped_host_is_given_up_in_time(void **state)
{
    int fd = silent_listener();

    (void)state;
    assert_no_answer("{}", 300, "did not answer within 300 ms", 2000);
    close(fd);
}

static void a_host_that_never_answers_is_given_up_in_time(void **state)
{
    struct bus *b = open_bus("7f3a", 8);

    (void)state;
    assert_no_answer("{}", 300, "did not answer within 300 ms", 2000);
    bus_close(b);
}

static void a_request_over_the_limit_is_not_sent(void **state)
{
    char *json = malloc(KIRI_WIRE_MAX + 2);

    (void)state;
    assert_non_null(json);
    memset(json, ' ', KIRI_WIRE_MAX + 1);
    json[KIRI_WIRE_MAX + 1] = '\0';
    assert_no_answer(json, 300, "takes at most 65536", 2000);
    free(json);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(twenty_at_once_each_get_their_own_answer),
        ROOM_TEST(an_open_question_does_not_keep_the_next_waiting),
        ROOM_TEST(bytes_that_are_no_json_reach_the_host_as_they_are),
        ROOM_TEST(frames_that_are_no_requests_disturb_nobody),
        ROOM_TEST(one_that_leaves_before_its_answer_does_no_harm),
        ROOM_TEST(more_callers_than_the_cap_are_turned_away),
        ROOM_TEST(closing_does_not_wait_for_open_questions),
        ROOM_TEST(no_host_is_said_at_once),
        ROOM_TEST(a_stopped_host_is_given_up_in_time),
        ROOM_TEST(a_host_that_never_answers_is_given_up_in_time),
        ROOM_TEST(a_request_over_the_limit_is_not_sent),
    };
    return RUN_ROOM_TESTS(tests, argc, argv);
}
