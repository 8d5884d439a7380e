/*
 * A subscriber hears what it asked for, knows what it missed, and waits as long as it was
 * told to.
 */
#include "world.h"
#include <kiri/client.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

static struct kiri_client *hear(const char *prefix)
{
    char why[256];
    const struct kiri_client_options o = { .bus = url };
    struct kiri_client *c = kiri_client_open(&o, why, sizeof why);

    if (!c || kiri_client_subscribe(c, prefix, why, sizeof why))
        fail_msg("%s", why);
    return c;
}

/* Publishes `topic` until c hears, and reads until it has heard the last of it. */
static void sync_on(struct bus *b, struct kiri_client *c, const char *topic)
{
    const char *bytes = NULL;
    char last[64];
    uint64_t seq = 0;
    size_t len;
    int rc = 0;

    for (int i = 0; i < 500 && rc == 0; i++) {
        seq = bus_publish(b, topic, 0, "", NULL);
        rc = kiri_client_next(c, 10, &bytes, &len);
    }
    snprintf(last, sizeof last, "\"seq\":%llu,", (unsigned long long)seq);
    while (rc == 1 && !strstr(bytes, last))
        rc = kiri_client_next(c, 5000, &bytes, &len);
    assert_int_equal(rc, 1);
}

static void assert_next(struct kiri_client *c, const char *begins)
{
    const char *bytes;
    size_t len;

    assert_int_equal(kiri_client_next(c, 5000, &bytes, &len), 1);
    assert_int_equal(strlen(bytes), len);
    if (strncmp(bytes, begins, strlen(begins)) != 0)
        fail_msg("expected %s, heard %s", begins, bytes);
}

/* RELIABILITY C7. */
static void a_topic_ends_at_its_space(void **state)
{
    struct bus *b = open_bus("7f3a", 8);
    struct kiri_client *one = hear("score/a "), *all = hear("score/");
    const char *bytes;
    int last = 0;
    size_t len;

    (void)state;
    sync_on(b, one, "score/a");
    sync_on(b, all, "score/a");
    bus_publish(b, "score/ab", 0, "", NULL);
    bus_publish(b, "score/a-b", 0, "", NULL);
    bus_publish(b, "scores", 0, "", NULL);
    bus_publish(b, "score/a", 0, "\"last\":1", NULL);
    assert_next(all, "score/ab {");
    assert_next(all, "score/a-b {");
    assert_next(all, "score/a {");
    while (kiri_client_next(one, 100, &bytes, &len) == 1) {
        assert_memory_equal(bytes, "score/a {", 9);
        last = strstr(bytes, "\"last\"") != NULL;
    }
    assert_true(last);
    assert_int_equal(kiri_client_lost(one), 0);
    assert_int_equal(kiri_client_lost(all), 0);
    kiri_client_free(one);
    kiri_client_free(all);
    bus_close(b);
}

/* Messages that other subscribers' prefixes keep from us are not missing. */
static void the_heartbeat_counts_what_was_wanted_and_is_kept_back(void **state)
{
    struct bus *b = open_bus("7f3a", 8);
    struct kiri_client *c = hear("score/a ");
    const char *bytes;
    size_t len;

    (void)state;
    sync_on(b, c, "score/a");
    for (int i = 0; i < 10; i++)
        bus_publish(b, "score/b", 0, "", NULL);
    bus_heartbeat(b, 0, 5000, "");
    assert_int_equal(kiri_client_next(c, 100, &bytes, &len), 0);
    assert_int_equal(kiri_client_lost(c), 0);
    kiri_client_free(c);

    c = hear("heartbeat ");
    sync_on(b, c, "heartbeat");
    bus_heartbeat(b, 0, 5000, "");
    assert_next(c, "heartbeat {");
    kiri_client_free(c);
    bus_close(b);
}

/* Faster than it reads: what NNG dropped is known to the last message. */
static void what_a_slow_reader_misses_is_counted(void **state)
{
    enum { MESSAGES = 30000 };
    struct bus *b = open_bus("7f3a", 8);
    struct kiri_client *c = hear("note/a/b ");
    const char *bytes = NULL;
    uint64_t got = 0;
    size_t len;

    (void)state;
    sync_on(b, c, "note/a/b");
    for (int i = 0; i < MESSAGES; i++)
        bus_publish(b, "note/a/b", 0, "", NULL);
    while (kiri_client_next(c, 200, &bytes, &len) == 1)
        got++;
    bus_heartbeat(b, 0, 5000, ""); /* the last ones may be among the missing */
    assert_int_equal(kiri_client_next(c, 200, &bytes, &len), 0);
    assert_true(got > 100);
    assert_int_equal(got + kiri_client_lost(c), MESSAGES);
    kiri_client_free(c);
    bus_close(b);
}

static void it_finds_the_host_again_after_a_restart(void **state)
{
    struct bus *b = open_bus("7f3a", 8);
    struct kiri_client *c = hear("score/a ");
    int64_t began;

    (void)state;
    sync_on(b, c, "score/a");
    bus_close(b);
    b = open_bus("7f3b", 8);
    began = now_ms();
    sync_on(b, c, "score/a");
    assert_true(now_ms() - began < 3000);
    kiri_client_free(c);
    bus_close(b);
}

static void nothing_to_hear_ends_when_time_is_up(void **state)
{
    struct kiri_client *c = hear(""); /* no host there, either */
    const char *bytes;
    size_t len;
    int64_t began = now_ms();

    (void)state;
    assert_int_equal(kiri_client_next(c, 0, &bytes, &len), 0);
    assert_int_equal(kiri_client_next(c, 60, &bytes, &len), 0);
    assert_in_range(now_ms() - began, 55, 2000);
    kiri_client_free(c);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
}

static void a_signal_interrupts_the_waiting(void **state)
{
    const struct sigaction act = { .sa_handler = on_alarm };
    const struct itimerval soon = { .it_value = { .tv_usec = 50000 },
                                    .it_interval = { .tv_usec = 50000 } },
                           never = { { 0, 0 }, { 0, 0 } };
    struct kiri_client *c = hear("");
    const char *bytes;
    size_t len;

    (void)state;
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(kiri_client_next(c, -1, &bytes, &len), 0);
    setitimer(ITIMER_REAL, &never, NULL);
    kiri_client_free(c);
}

static void a_url_that_is_none_gets_a_sentence(void **state)
{
    const struct kiri_client_options o = { .bus = "carrier-pigeon://loft" };
    char why[256] = "";

    (void)state;
    assert_null(kiri_client_open(&o, why, sizeof why));
    assert_non_null(strstr(why, "carrier-pigeon://loft"));
    kiri_client_free(NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_topic_ends_at_its_space),
        ROOM_TEST(the_heartbeat_counts_what_was_wanted_and_is_kept_back),
        ROOM_TEST(what_a_slow_reader_misses_is_counted),
        ROOM_TEST(it_finds_the_host_again_after_a_restart),
        ROOM_TEST(nothing_to_hear_ends_when_time_is_up),
        ROOM_TEST(a_signal_interrupts_the_waiting),
        ROOM_TEST(a_url_that_is_none_gets_a_sentence),
    };
    return RUN_ROOM_TESTS(tests, argc, argv);
}
