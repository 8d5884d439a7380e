/*
 * What is put is there afterwards, in the order in which it was put, and to nobody else.
 */
#include "base/clock.h"
#include "room.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

struct heard {
    uint64_t id[64];
    unsigned n, stop_at;
    char label[64], values[64];
};

static int hear(void *ctx, const struct store_obs *o)
{
    struct heard *h = ctx;

    h->id[h->n++] = o->id;
    snprintf(h->label, sizeof h->label, "%s", o->label ? o->label : "(none)");
    snprintf(h->values, sizeof h->values, "%s", o->values);
    return h->n == h->stop_at;
}

static void history_is_the_newest_of_one_atom_oldest_first(void **state)
{
    struct store *s = open_store();
    struct heard h = { .n = 0 };
    uint64_t total;

    (void)state;
    assert_int_equal(store_next_id(s), 1);
    for (uint64_t id = 1; id <= 20; id++)
        put_obs(s, id % 2 ? "odd" : "even", id);
    assert_int_equal(store_history(s, "even", 3, hear, &h, &total, NULL), 0);
    assert_int_equal(total, 10);
    assert_int_equal(h.n, 3);
    assert_int_equal(h.id[0], 16);
    assert_int_equal(h.id[2], 20);
    assert_string_equal(h.values, "{\"cpu\":20}");
    assert_string_equal(h.label, "(none)");

    h = (struct heard){ .stop_at = 2 };
    assert_int_equal(store_history(s, "odd", 1000, hear, &h, NULL, NULL), 0);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.id[0], 1);

    h = (struct heard){ .n = 0 };
    assert_int_equal(store_history(s, "nobody", 5, hear, &h, &total, NULL), 0);
    assert_int_equal(total, 0);
    assert_int_equal(h.n, 0);
    store_close(s, 5000);
}

static void what_was_put_is_there_after_a_restart(void **state)
{
    struct store *s = open_store();
    struct heard h = { .n = 0 };
    struct stat st;

    (void)state;
    store_put_obs(s, &(struct store_obs){ .atom = "files",
                                          .id = 41,
                                          .ts = 7,
                                          .label = "a \"label\" \xff",
                                          .values = "{\"n\":1}" });
    store_put_score(s, &(struct store_score){ .atom = "files",
                                              .id = 43,
                                              .gen = 2,
                                              .surprise = .5f,
                                              .tail = 1,
                                              .alarm = 1,
                                              .detail = "[]" });
    store_close(s, 5000);
    s = open_store();
    assert_int_equal(store_next_id(s), 44); /* a score counts too: ids never come back */
    assert_int_equal(store_history(s, "files", 9, hear, &h, NULL, NULL), 0);
    assert_int_equal(h.id[0], 41);
    assert_string_equal(h.label, "a \"label\" \xff");
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT count(*) FROM score WHERE id = 43 AND gen = 2"
                              " AND surprise = 0.5 AND alarm = 1 AND detail = '[]'"),
                     1);
    assert_int_equal(stat(in_room("store.db"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void the_files_beside_it_are_as_private(void **state)
{
    static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
    struct store *s = open_store();
    struct stat st;

    (void)state;
    put_obs(s, "pulse", 1);
    store_flush(s, 5000);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(stat(in_room(names[i]), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    store_close(s, 5000);
}

static void messages_are_kept_byte_for_byte_under_their_boot(void **state)
{
    static const char bytes[] = "alert {\"a\":\"\0\xff\"}";
    struct store *s = open_store();
    int64_t now = clock_now(&clock_system);

    (void)state;
    store_boot(s, "7f3a");
    store_put_message(s, 5, now, bytes, sizeof bytes - 1, 1);
    store_close(s, 5000);
    assert_int_equal(
        ask_file("SELECT count(*) FROM message JOIN boot ON boot.id = message.id >> 40"
                 " WHERE name = '7f3a' AND message.id & ((1 << 40) - 1) = 5"
                 " AND hex(bytes) = '616C657274207B2261223A2200FF227D'"),
        1);
}

/* Not after a second: the writer is asked for nothing else meanwhile. */
static void urgent_is_committed_at_once_and_takes_what_waits_along(void **state)
{
    struct store *s = open_store();
    struct store_state st;
    int64_t began = clock_mono(&clock_system);

    (void)state;
    put_obs(s, "pulse", 1);
    store_put_message(s, 1, clock_now(&clock_system), "action {}", 9, 1);
    do
        store_state(s, &st);
    while (st.committed < 2 && clock_mono(&clock_system) < began + 900);
    assert_int_equal(st.committed, 2);
    assert_int_equal(st.queued, 0);
    assert_true(st.last_commit_ms >= began);
    assert_true(st.bytes > 0);
    store_close(s, 5000);
}

struct pairs {
    char text[256];
};

static int hear_kv(void *ctx, const char *key, const void *value, size_t len)
{
    struct pairs *p = ctx;
    size_t at = strlen(p->text);

    snprintf(p->text + at, sizeof p->text - at, "%s=%.*s(%zu) ", key, (int)len,
             (const char *)value, len);
    return 0;
}

/* A reloaded atom asks for its state right after the old one put it. */
static void the_newest_value_of_a_key_is_seen_at_once(void **state)
{
    struct store *s = open_store();
    struct pairs p = { "" };

    (void)state;
    store_put_kv(s, "pulse", "b", "one", 3);
    store_put_kv(s, "drift", "b", "other", 5);
    store_put_kv(s, "pulse", "a", NULL, 0);
    store_put_kv(s, "pulse", "b", "three", 5);
    assert_int_equal(store_each_kv(s, "pulse", hear_kv, &p, NULL), 0);
    assert_string_equal(p.text, "a=(0) b=three(5) ");
    store_close(s, 5000);
}

/* Kept, it would hold up all that come after it. */
static void a_record_that_sqlite_refuses_is_counted_and_left_out(void **state)
{
    struct store *s = open_store();
    struct store_state st;

    (void)state;
    put_obs(s, "pulse", 1);
    store_put_obs(s, &(struct store_obs){ .atom = "pulse", .id = 2, .values = NULL });
    put_obs(s, "pulse", 3);
    assert_int_equal(store_flush(s, 5000), 0);
    store_state(s, &st);
    assert_int_equal(st.committed, 2);
    assert_int_equal(st.dropped, 1);
    assert_int_equal(st.degraded, 0);
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT count(*) FROM obs"), 2);
}

/* RELIABILITY A8: what the writer needs was opened at the start. */
static void commits_need_no_new_descriptor(void **state)
{
    struct store *s = open_store();
    struct rlimit had, none;

    (void)state;
    put_obs(s, "pulse", 1);
    assert_int_equal(store_flush(s, 5000), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &had), 0);
    none = had;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (uint64_t id = 2; id <= 2000; id++) { /* over more than one checkpoint */
        put_obs(s, "pulse", id);
        if (id % 500 == 0)
            assert_int_equal(store_flush(s, 5000), 0);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &had), 0);
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT count(*) FROM obs"), 2000);
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    store_close(NULL, 0);
    store_close(open_store(), 5000);
}

int main(void)
{
#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(history_is_the_newest_of_one_atom_oldest_first),
        ROOM_TEST(what_was_put_is_there_after_a_restart),
        ROOM_TEST(the_files_beside_it_are_as_private),
        ROOM_TEST(messages_are_kept_byte_for_byte_under_their_boot),
        ROOM_TEST(urgent_is_committed_at_once_and_takes_what_waits_along),
        ROOM_TEST(the_newest_value_of_a_key_is_seen_at_once),
        ROOM_TEST(a_record_that_sqlite_refuses_is_counted_and_left_out),
        ROOM_TEST(commits_need_no_new_descriptor),
        ROOM_TEST(closing_nothing_is_fine),
    };
#undef ROOM_TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
