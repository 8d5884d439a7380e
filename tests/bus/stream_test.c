/*
 * RELIABILITY C1, C6: a subscriber gets every journalled message of its topics exactly
 * once and in order, whatever the bus dropped and however often the host was killed.
 */
#include "journal.h"
#include <kiri/client.h>

#include <kiri/wire.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct kiri_client *hear_from(enum kiri_client_start start, const char *boot,
                                     uint64_t seq, const char *prefix)
{
    const struct kiri_client_options o = {
        .bus = url, .control = control, .start = start, .boot = boot, .seq = seq
    };
    char why[256];
    struct kiri_client *c = kiri_client_open(&o, why, sizeof why);

    if (!c || kiri_client_subscribe(c, prefix, why, sizeof why))
        fail_msg("%s", why);
    return c;
}

static struct kiri_client *hear(const char *prefix)
{
    return hear_from(KIRI_START_NOW, NULL, 0, prefix);
}

/* Reads this many messages' places, "boot:seq". */
static void assert_hears(struct kiri_client *c, const char *place)
{
    struct kiri_message m;
    struct kiri_head h;
    const char *bytes;
    char got[80];
    size_t len;
    int rc = kiri_client_next(c, 20000, &bytes, &len);

    if (rc != 1)
        fail_msg("%s expected, nothing heard: %d %s", place, rc, kiri_client_why(c));
    assert_int_equal(kiri_message_split(bytes, len, &m), 0);
    assert_int_equal(kiri_message_head(&m, &h), 0);
    snprintf(got, sizeof got, "%.*s:%llu", (int)h.boot_len, h.boot,
             (unsigned long long)h.seq);
    assert_string_equal(got, place);
}

/* All that was ever said on these topics, from the first-th on. */
static void assert_hears_all(struct kiri_client *c, struct journal *j, const char *prefix,
                             size_t first)
{
    const char *place;

    for (size_t i = first; (place = journal_said(j, prefix, i)); i++)
        assert_hears(c, place);
}

static void assert_hears_no_more(struct kiri_client *c)
{
    const char *bytes;
    size_t len;

    if (kiri_client_next(c, 200, &bytes, &len) == 1)
        fail_msg("heard %s", bytes);
}

/* Nothing more comes, nothing was lost; both are freed. */
static void end_without_loss(struct kiri_client *c, struct journal *j)
{
    assert_hears_no_more(c);
    assert_int_equal(kiri_client_lost(c), 0);
    kiri_client_free(c);
    journal_free(j);
}

struct connecting {
    struct journal *journal;
    int seen;
};

/* The bus' own probe of its door is a peer, too, for a moment: seen twenty times. */
static int is_connected(void *ctx)
{
    struct connecting *c = ctx;
    struct bus_counts n;

    journal_beat(c->journal); /* also makes a door anew that became deaf */
    bus_counts(journal_bus(c->journal), &n);
    c->seen = n.peers == 1 ? c->seen + 1 : 0;
    return c->seen == 20;
}

static void assert_connects(struct journal *j)
{
    struct connecting c = { .journal = j };

    assert_true(within(is_connected, &c));
}

static void say_three(struct journal *j, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        journal_say(j, "score/a");
        journal_say(j, "score/ab");
        journal_say(j, "obs/a");
    }
}

static void what_the_bus_dropped_comes_from_the_journal(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;

    (void)state;
    journal_boot(j, "b1");
    c = hear("score/a ");
    assert_connects(j);
    say_three(j, 3000); /* nobody reads meanwhile: NNG keeps the newest thousand */
    journal_commit(j);
    journal_say(j, "score/a");
    journal_commit(j);
    assert_hears_all(c, j, "score/a ", 0);
    assert_hears_no_more(c);
    assert_true(journal_asked(j) > 0);
    assert_int_equal(kiri_client_lost(c), 0);
    kiri_client_free(c);
    journal_free(j);
}

static void a_lost_end_is_told_by_the_heartbeat(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;

    (void)state;
    journal_boot(j, "b1");
    c = hear("score/a ");
    assert_connects(j);
    journal_say(j, "score/a");
    journal_commit(j);
    assert_hears_all(c, j, "score/a ", 0);
    for (int i = 0; i < 10; i++)
        journal_say(j, "score/a");
    for (int i = 0; i < 3000; i++) /* pushes them out of every queue */
        journal_say(j, "log/info");
    journal_commit(j);
    journal_beat(j);
    assert_hears_all(c, j, "score/a ", 1);
    kiri_client_free(c);
    journal_free(j);
}

/* The store commits each second: what was just published is asked for until it is there.
 */
static void what_is_not_committed_yet_is_waited_for(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;
    size_t heard = 0, len;
    const char *bytes;

    (void)state;
    journal_boot(j, "b1");
    c = hear("score/");
    assert_connects(j);
    say_three(j, 1500);
    while (kiri_client_next(c, 300, &bytes, &len) == 1)
        heard++;
    assert_true(heard < 3000);
    journal_commit(j);
    journal_beat(j);
    assert_hears_all(c, j, "score/", heard);
    end_without_loss(c, j);
}

static void a_restart_is_crossed_without_loss(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;
    size_t heard = 0;

    (void)state;
    journal_boot(j, "b1");
    c = hear("score/");
    assert_connects(j);
    say_three(j, 5);
    journal_commit(j);
    assert_hears_all(c, j, "score/", 0);
    while (journal_said(j, "score/", heard))
        heard++;
    say_three(j, 2000); /* not read before the end */
    journal_commit(j);
    journal_boot(j, "b2");
    say_three(j, 30); /* before anybody can connect */
    journal_commit(j);
    journal_boot(j, "b3");
    say_three(j, 30);
    journal_commit(j);
    assert_connects(j);
    journal_beat(j);
    assert_hears_all(c, j, "score/", heard);
    end_without_loss(c, j);
}

/* The last second before a SIGKILL: heard, never committed. */
static void what_was_heard_but_never_journalled_is_given_once(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;

    (void)state;
    journal_boot(j, "b1");
    c = hear("score/");
    assert_connects(j);
    for (size_t i = 0; i < 40; i++) { /* as fast as it is heard */
        say_three(j, 1);
        assert_hears_all(c, j, "score/", 2 * i);
    }
    journal_lose(j, 60);
    journal_boot(j, "b2");
    size_t heard = 80;
    say_three(j, 10);
    journal_commit(j);
    assert_connects(j);
    journal_beat(j);
    assert_hears_all(c, j, "score/", heard);
    end_without_loss(c, j);
}

static void all_of_a_host_that_starts_later_is_heard(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c = hear("score/");
    const char *bytes;
    size_t len;

    (void)state;
    assert_int_equal(kiri_client_next(c, 10, &bytes, &len), 0);
    journal_boot(j, "b1");
    say_three(j, 50);
    journal_commit(j);
    assert_connects(j);
    journal_beat(j);
    assert_hears_all(c, j, "score/", 0);
    assert_hears_no_more(c);
    kiri_client_free(c);
    journal_free(j);
}

static void a_late_joiner_hears_from_where_it_came(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;
    size_t before = 0;

    (void)state;
    journal_boot(j, "b1");
    say_three(j, 50);
    journal_commit(j);
    while (journal_said(j, "score/", before))
        before++;
    c = hear("score/");
    say_three(j, 3); /* before its connection, perhaps */
    journal_commit(j);
    assert_connects(j);
    journal_beat(j);
    assert_hears_all(c, j, "score/", before);
    end_without_loss(c, j);
}

static void a_place_is_where_an_earlier_one_ended(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;
    char boot[40];
    uint64_t seq;

    (void)state;
    journal_boot(j, "b1");
    say_three(j, 40);
    journal_commit(j);
    c = hear_from(KIRI_START_OLDEST, NULL, 0, "score/a ");
    for (size_t i = 0; i < 25; i++)
        assert_hears(c, journal_said(j, "score/a ", i));
    snprintf(boot, sizeof boot, "%s", kiri_client_place(c, &seq));
    kiri_client_free(c);
    journal_boot(j, "b2");
    say_three(j, 40);
    journal_commit(j);
    c = hear_from(KIRI_START_AFTER, boot, seq, "score/a ");
    assert_connects(j); /* what comes meanwhile waits */
    assert_hears_all(c, j, "score/a ", 25);
    end_without_loss(c, j);
}

static void what_the_journal_no_longer_has_is_counted(void **state)
{
    enum { MESSAGES = 5000, KEPT = 2000 };
    struct journal *j = journal_new();
    struct kiri_client *c;
    const char *bytes;
    uint64_t got = 0;
    size_t len;

    (void)state;
    journal_boot(j, "b1");
    c = hear("score/a ");
    assert_connects(j);
    journal_say(j, "score/a");
    journal_commit(j);
    assert_hears_all(c, j, "score/a ", 0);
    for (int i = 0; i < MESSAGES; i++)
        journal_say(j, "score/a");
    journal_commit(j);
    journal_prune(j, KEPT);
    journal_beat(j);
    while (kiri_client_next(c, 500, &bytes, &len) == 1)
        got++;
    assert_int_equal(got + kiri_client_lost(c), MESSAGES);
    assert_in_range(kiri_client_lost(c), 1, MESSAGES - KEPT);
    assert_non_null(strstr(kiri_client_why(c), "no longer has what followed b1:"));
    kiri_client_free(c);
    journal_free(j);
}

static void a_host_that_refuses_leaves_gaps_counted(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;
    const char *bytes;
    uint64_t got = 0;
    size_t len;

    (void)state;
    journal_boot(j, "b1");
    journal_refuse(j, "this host obeys its own user and root only");
    c = hear("score/a ");
    assert_connects(j);
    assert_non_null(strstr(kiri_client_why(c), "obeys its own user"));
    journal_say(j, "score/a");
    assert_hears_all(c, j, "score/a ", 0);
    for (int i = 0; i < 3000; i++)
        journal_say(j, "score/a");
    journal_beat(j);
    while (kiri_client_next(c, 300, &bytes, &len) == 1)
        got++;
    assert_true(got > 100);
    assert_int_equal(got + kiri_client_lost(c), 3000);
    kiri_client_free(c);

    c = hear_from(KIRI_START_OLDEST, NULL, 0, "score/a "); /* cannot be */
    assert_int_equal(kiri_client_next(c, 20000, &bytes, &len), -1);
    assert_non_null(strstr(kiri_client_why(c), "obeys its own user"));
    kiri_client_free(c);
    journal_free(j);
}

static void a_snapshot_comes_first_and_the_stream_goes_on_behind_it(void **state)
{
    static const char *const more[] = { "obs/", "atom/", "model/" };
    struct journal *j = journal_new();
    struct kiri_client *c;
    char why[256];
    size_t a = 0;

    (void)state;
    journal_boot(j, "b1");
    say_three(j, 100);
    journal_say(j, "atom/a");
    journal_say(j, "model/a");
    journal_say(j, "note/a/x"); /* none of those that are kept */
    journal_commit(j);
    c = hear_from(KIRI_START_SNAPSHOT, NULL, 0, "score/");
    assert_connects(j); /* what comes meanwhile waits */
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(kiri_client_subscribe(c, more[i], why, sizeof why), 0);
    assert_hears(c, "b1:301"); /* in order of topic */
    assert_hears(c, "b1:302");
    assert_hears(c, "b1:300");
    assert_hears(c, "b1:298");
    assert_hears(c, "b1:299");
    while (journal_said(j, "", a))
        a++;
    say_three(j, 3);
    journal_commit(j);
    assert_connects(j);
    journal_say(j, "score/a");
    journal_commit(j);
    assert_hears_all(c, j, "", a);
    assert_int_equal(kiri_client_lost(c), 0);
    kiri_client_free(c);
    journal_free(j);
}

/* More than the 8 MiB that may wait: dropped, and paged. */
static void what_waits_is_bounded_and_nothing_is_lost(void **state)
{
    enum { MESSAGES = 1200, BYTES = 20000 };
    struct journal *j = journal_new();
    struct kiri_client *c;
    size_t heard = 0, len;
    const char *bytes;

    (void)state;
    journal_boot(j, "b1");
    c = hear("score/a ");
    assert_connects(j);
    say_three(j, 3000); /* a hole to wait at */
    for (int i = 0; i < MESSAGES; i++) {
        journal_say_long(j, "score/a", BYTES);
        while (kiri_client_next(c, 0, &bytes, &len) == 1)
            heard++;
    }
    assert_true(heard < 3000);
    journal_commit(j);
    journal_beat(j);
    assert_hears_all(c, j, "score/a ", heard);
    assert_int_equal(kiri_client_lost(c), 0);
    kiri_client_free(c);
    journal_free(j);
}

static void the_log_is_heard_live_and_never_asked_for(void **state)
{
    struct journal *j = journal_new();
    struct kiri_client *c;
    const char *bytes;
    size_t len;

    (void)state;
    journal_boot(j, "b1");
    journal_say(j, "log/info"); /* before us */
    c = hear("log/");
    assert_connects(j);
    for (int i = 0; i < 5; i++) {
        journal_say(j, "log/info");
        assert_int_equal(kiri_client_next(c, 5000, &bytes, &len), 1);
        assert_memory_equal(bytes, "log/info {", 10);
    }
    assert_int_equal(kiri_client_lost(c), 0);
    kiri_client_free(c);
    journal_free(j);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(what_the_bus_dropped_comes_from_the_journal),
        ROOM_TEST(a_lost_end_is_told_by_the_heartbeat),
        ROOM_TEST(what_is_not_committed_yet_is_waited_for),
        ROOM_TEST(a_restart_is_crossed_without_loss),
        ROOM_TEST(what_was_heard_but_never_journalled_is_given_once),
        ROOM_TEST(all_of_a_host_that_starts_later_is_heard),
        ROOM_TEST(a_late_joiner_hears_from_where_it_came),
        ROOM_TEST(a_place_is_where_an_earlier_one_ended),
        ROOM_TEST(what_the_journal_no_longer_has_is_counted),
        ROOM_TEST(a_host_that_refuses_leaves_gaps_counted),
        ROOM_TEST(a_snapshot_comes_first_and_the_stream_goes_on_behind_it),
        ROOM_TEST(what_waits_is_bounded_and_nothing_is_lost),
        ROOM_TEST(the_log_is_heard_live_and_never_asked_for),
    };
    return RUN_ROOM_TESTS(tests, argc, argv);
}
