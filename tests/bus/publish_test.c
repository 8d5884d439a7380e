/*
 * What subscribers hear, and what they can do to the publisher: nothing.
 */
#include "world.h"

#include <kiri/wire.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static char heard[70000];

static void a_message_says_whose_it_is_and_where_it_stands(void **state)
{
    struct bus *b = open_bus("7f3a", 8);
    int fd = raw_connect("bus", RAW_SUB);
    char expected[256];
    struct bus_bytes sent;
    uint64_t seq;

    (void)state;
    raw_sync(b, fd);
    seq = bus_publish(b, "score/pulse", 1763679600123, "\"id\":7,\"score\":0.4", &sent);
    snprintf(expected, sizeof expected,
             "score/pulse {\"v\":1,\"host\":\"a \\\"mini\\\"\",\"boot\":\"7f3a\","
             "\"ts\":1763679600123,\"seq\":%llu,\"n\":1,\"id\":7,\"score\":0.4}",
             (unsigned long long)seq);
    assert_int_equal(raw_hear(fd, heard, sizeof heard, 5000), strlen(expected));
    assert_string_equal(heard, expected);
    assert_int_equal(sent.len, strlen(expected)); /* the journal gets the same bytes */
    assert_memory_equal(sent.data, expected, sent.len);
    close(fd);
    bus_close(b);
}

static void n_counts_a_topic_and_seq_counts_them_all(void **state)
{
    static const struct {
        const char *topic, *n;
    } said[] = { { "score/a", "\"n\":1}" }, { "score/ab", "\"n\":1}" },
                 { "score/a", "\"n\":2}" }, { "action/retrain/a", "\"n\":1}" },
                 { "score/a", "\"n\":3}" }, { "score/ab", "\"n\":2}" } };
    struct bus *b = open_bus("7f3a", 8);
    struct bus_bytes sent;
    struct bus_counts c;

    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        assert_int_equal(bus_publish(b, said[i].topic, 0, "", &sent), i + 1);
        assert_non_null(strstr(sent.data, said[i].n));
    }
    bus_counts(b, &c);
    assert_int_equal(c.published, 6);
    bus_close(b);
}

/* "x":"xxx..." with n times x. */
static void spell_members(char *out, size_t n)
{
    memcpy(out, "\"x\":\"", 5);
    memset(out + 5, 'x', n);
    memcpy(out + 5 + n, "\"", 2);
}

static void what_is_refused_uses_no_number(void **state)
{
    static const char *const topics[] = {
        "", "two words", "Upper", "new\nline", "quote\"", "score/\xc3\xa9",
    };
    struct bus *b = open_bus("7f3a", 8);
    char *big = malloc(KIRI_WIRE_MAX + 1), topic[KIRI_TOPIC_MAX + 2];
    struct bus_bytes sent;
    struct bus_counts c;
    size_t head;

    (void)state;
    assert_non_null(big);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        assert_int_equal(bus_publish(b, topics[i], 0, "", NULL), 0);
    memset(topic, 'a', sizeof topic - 1);
    topic[sizeof topic - 1] = '\0';
    assert_int_equal(bus_publish(b, topic, 0, "", NULL), 0);
    topic[KIRI_TOPIC_MAX] = '\0';
    assert_int_equal(bus_publish(b, topic, 0, "", NULL), 1);

    assert_int_equal(bus_publish(b, "a", 0, "\"x\":\"\"", &sent), 2);
    head = sent.len;
    spell_members(big, KIRI_WIRE_MAX - head);
    assert_int_equal(bus_publish(b, "a", 0, big, &sent), 3);
    assert_int_equal(sent.len, KIRI_WIRE_MAX);
    spell_members(big, KIRI_WIRE_MAX - head + 1);
    assert_int_equal(bus_publish(b, "a", 0, big, &sent), 0);

    assert_int_equal(bus_publish(b, "a", 0, "", &sent), 4);
    assert_non_null(strstr(sent.data, "\"seq\":4,\"n\":3}"));
    bus_counts(b, &c);
    assert_int_equal(c.published, 4);
    assert_int_equal(c.refused, sizeof topics / sizeof *topics + 2);
    free(big);
    bus_close(b);
}

static uint64_t number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    assert_non_null(at);
    return strtoull(at + strlen(key), NULL, 10);
}

/* To NNG it is stopped: it greets and never reads. Another one beside it hears on, and
 * can say exactly what it missed. */
static void a_subscriber_that_does_not_read_never_blocks_the_others(void **state)
{
    enum { MESSAGES = 20000 };
    static char filler[1000];
    struct bus *b = open_bus("7f3a", 8);
    int stopped = raw_connect("bus", RAW_SUB), live = raw_connect("bus", RAW_SUB);
    int64_t slowest = 0, began;
    uint64_t got = 0, gaps = 0, last = 0;
    char members[1100];

    (void)state;
    assert_true(has_peers(b, 2));
    raw_sync(b, live);
    memset(filler, 'x', sizeof filler - 1);
    snprintf(members, sizeof members, "\"x\":\"%s\"", filler);
    for (int i = 0; i < MESSAGES; i++) {
        began = now_ms();
        assert_true(bus_publish(b, "note/a/b", 0, members, NULL) > 0);
        if (now_ms() - began > slowest)
            slowest = now_ms() - began;
        while (i % 50 == 0 && raw_hear(live, heard, sizeof heard, 0) >= 0)
            if (!strncmp(heard, "note/", 5)) {
                uint64_t n = number_after(heard, "\"n\":");

                gaps += n - last - 1;
                last = n;
                got++;
            }
    }
    bus_publish(b, "end", 0, "", NULL);
    while (raw_hear(live, heard, sizeof heard, 5000) >= 0 && strncmp(heard, "end ", 4)) {
        uint64_t n = number_after(heard, "\"n\":");

        gaps += n - last - 1;
        last = n;
        got++;
    }
    assert_true(slowest < 500);
    assert_true(got > 100);
    assert_int_equal(got + gaps, MESSAGES);
    close(stopped);
    close(live);
    bus_close(b);
}

static void more_than_the_cap_are_turned_away_until_there_is_room(void **state)
{
    enum { CAP = 4, CALLERS = 12 };
    struct bus *b = open_bus("7f3a", CAP);
    int fd[CALLERS], again;
    struct bus_counts c;

    (void)state;
    for (int i = 0; i < CAP; i++) {
        fd[i] = raw_connect("bus", RAW_SUB);
        assert_true(fd[i] >= 0);
        assert_true(has_peers(b, (unsigned)i + 1));
    }
    for (int i = CAP; i < CALLERS; i++) {
        fd[i] = raw_connect("bus", RAW_SUB);
        assert_true(fd[i] < 0 || raw_is_closed(fd[i]));
    }
    bus_counts(b, &c);
    assert_int_equal(c.peers, CAP);
    assert_int_equal(c.turned_away, CALLERS - CAP);
    for (int i = 0; i < CALLERS; i++)
        close(fd[i]);
    assert_true(has_peers(b, 0));
    again = raw_connect("bus", RAW_SUB);
    assert_true(again >= 0);
    raw_sync(b, again);
    close(again);
    bus_close(b);
}

static long resident_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long pages[2] = { 0, 0 };

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &pages[0], &pages[1]), 2);
    fclose(f);
    return pages[1] * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A sanitizer's own memory comes and goes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GROWTH_KIB 65536
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GROWTH_KIB 65536
#endif
#endif
#ifndef GROWTH_KIB
#define GROWTH_KIB 1024
#endif

/* RELIABILITY C4. */
static void a_gigabyte_that_is_announced_is_not_waited_for(void **state)
{
    static const struct {
        const char *name;
        int protocol;
    } doors[] = { { "bus", RAW_SUB }, { "control", RAW_REQ } };
    static const unsigned char huge[][9] = {
        { 1, 0, 0, 0, 0, 0x40, 0, 0, 0 },
        { 1, 0, 0, 0, 0, 0, 1, 0, 1 }, /* 64 KiB + 1 */
        { 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    };
    struct bus *b = open_bus("7f3a", 8);
    long before;

    (void)state;
    raw_sync(b, raw_connect("bus", RAW_SUB)); /* what NNG takes once it has taken */
    before = resident_kib();
    for (int round = 0; round < 10; round++)
        for (size_t d = 0; d < 2; d++)
            for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
                int fd = raw_connect(doors[d].name, doors[d].protocol);

                assert_true(fd >= 0);
                raw_send(fd, huge[i], sizeof huge[i]);
                assert_true(raw_is_closed(fd));
                close(fd);
            }
    assert_true(resident_kib() - before < GROWTH_KIB);
    bus_close(b);
}

/* nng#1518: one that leaves in the middle of the greeting must not take the door along.
 */
static void peers_that_vanish_in_the_greeting_do_no_harm(void **state)
{
    static const char greeting[8] = { 0, 'S', 'P', 0, 0, RAW_SUB, 0, 0 };
    struct bus *b = open_bus("7f3a", 8);
    int fd;

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        fd = raw_connect("bus", RAW_SUB);
        close(fd);                     /* greeted, then gone at once */
        fd = raw_connect("bus", 0x77); /* no such protocol */
        close(fd);
    }
    for (size_t i = 0; i < 8; i++) {
        fd = raw_connect("control", RAW_SUB); /* the wrong door */
        assert_true(fd < 0 || raw_is_closed(fd));
        close(fd);
        fd = raw_connect("bus", RAW_SUB);
        if (fd >= 0)
            send(fd, greeting, i, MSG_NOSIGNAL); /* a frame cut short */
        close(fd);
    }
    assert_true(has_peers(b, 0));
    fd = raw_connect("bus", RAW_SUB);
    assert_true(fd >= 0);
    raw_sync(b, fd);
    close(fd);
    bus_close(b);
}

static void the_heartbeat_carries_the_last_n_of_every_topic(void **state)
{
    struct bus *b = open_bus("7f3a", 8);
    int fd = raw_connect("bus", RAW_SUB);

    (void)state;
    raw_sync(b, fd);
    bus_publish(b, "score/pulse", 0, "", NULL);
    bus_publish(b, "score/pulse", 0, "", NULL);
    bus_publish(b, "alert", 0, "", NULL);
    bus_publish(b, "NOT A TOPIC", 0, "", NULL);
    bus_heartbeat(b, 42, 5000, "");
    while (raw_hear(fd, heard, sizeof heard, 5000) >= 0 &&
           strncmp(heard, "heartbeat ", 10) != 0)
        continue;
    assert_non_null(strstr(heard, "\"ts\":42,"));
    assert_non_null(strstr(heard, "\"n\":1,\"period\":5000,\"topics\":{"));
    assert_non_null(strstr(heard, "\"score/pulse\":2"));
    assert_non_null(strstr(heard, "\"alert\":1"));
    assert_null(strstr(heard, "NOT"));
    close(fd);
    bus_close(b);
}

/* More topics than fit one message: several heartbeats, each topic in exactly one, also
 * the first time, when `heartbeat` itself becomes a topic. */
static void many_topics_take_several_heartbeats(void **state)
{
    enum { TOPICS = 4000 };
    static unsigned char seen[TOPICS];
    struct bus *b = open_bus("7f3a", 8);
    int fd = raw_connect("bus", RAW_SUB), beats = 0;
    struct bus_counts c;
    uint64_t before;

    (void)state;
    memset(seen, 0, sizeof seen);
    raw_sync(b, fd);
    for (int i = 0; i < TOPICS; i++) {
        char topic[64];

        snprintf(topic, sizeof topic, "feedback/%d", i);
        assert_true(bus_publish(b, topic, 0, "", NULL) > 0);
        if (i % 8 == 0)
            while (raw_hear(fd, heard, sizeof heard, 0) >= 0)
                continue;
    }
    bus_publish(b, "sync", 0, "\"last\":1", NULL);
    while (raw_hear(fd, heard, sizeof heard, 5000) >= 0 && !strstr(heard, "\"last\""))
        continue;
    bus_counts(b, &c);
    before = c.published;
    bus_heartbeat(b, 0, 5000, "");
    bus_counts(b, &c);
    assert_int_equal(c.refused, 0);
    for (uint64_t i = before; i < c.published; i++) {
        assert_true(raw_hear(fd, heard, sizeof heard, 5000) > 0);
        assert_memory_equal(heard, "heartbeat ", 10);
        beats++;
        for (char *at = heard; (at = strstr(at, "\"feedback/"));) {
            long id = strtol(at += strlen("\"feedback/"), NULL, 10);

            assert_in_range(id, 0, TOPICS - 1);
            seen[id]++;
        }
    }
    assert_true(beats > 1);
    for (int i = 0; i < TOPICS; i++)
        assert_int_equal(seen[i], 1);
    close(fd);
    bus_close(b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_message_says_whose_it_is_and_where_it_stands),
        ROOM_TEST(n_counts_a_topic_and_seq_counts_them_all),
        ROOM_TEST(what_is_refused_uses_no_number),
        ROOM_TEST(a_subscriber_that_does_not_read_never_blocks_the_others),
        ROOM_TEST(more_than_the_cap_are_turned_away_until_there_is_room),
        ROOM_TEST(a_gigabyte_that_is_announced_is_not_waited_for),
        ROOM_TEST(the_heartbeat_carries_the_last_n_of_every_topic),
        ROOM_TEST(many_topics_take_several_heartbeats),
        ROOM_TEST(peers_that_vanish_in_the_greeting_do_no_harm),
    };
    return RUN_ROOM_TESTS(tests, argc, argv);
}
