/*
 * What is old is rolled up and goes, what is young stays, the file keeps its size, and
 * none of it delays a commit.
 */
#include "base/clock.h"
#include "room.h"
#include "store/inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define HOUR 3600000
#define DAY  (24 * (int64_t)HOUR)

/* Of the row 7 a replay must know that a turn was passed over. */
static void put_score(struct store *s, const char *atom, uint64_t id, int64_t ts,
                      float score, int alarm)
{
    store_put_score(s, &(struct store_score){ .atom = atom,
                                              .id = id,
                                              .ts = ts,
                                              .gen = 1,
                                              .surprise = score / 2,
                                              .score = score,
                                              .tail = 1 / (1 + score),
                                              .alarm = alarm,
                                              .turn_skipped = id == 7,
                                              .detail = alarm ? "[]" : NULL });
}

static void put_obs_at(struct store *s, uint64_t id, int64_t ts, const char *values)
{
    store_put_obs(s, &(struct store_obs){
                         .atom = "pulse", .id = id, .ts = ts, .values = values });
}

/* Rows of today last, so that the clock is believed. */
static void age_decides(void **state)
{
    struct store_retention keep = { .observations_ms = 10 * DAY, .scores_ms = 20 * DAY };
    struct store *s = open_store();
    int64_t now = clock_now(&clock_system);

    (void)state;
    put_obs_at(s, 1, now - 11 * DAY, "{}");
    put_obs_at(s, 2, now - 9 * DAY, "{}");
    put_score(s, "pulse", 1, now - 21 * DAY, 1, 1);
    put_score(s, "pulse", 2, now - 19 * DAY, 1, 1);
    put_score(s, "pulse", 3, now - 9 * DAY, 1, 0);
    put_obs_at(s, 4, now, "{}");
    put_score(s, "pulse", 4, now, 1, 0);
    assert_int_equal(store_flush(s, 5000), 0);
    store_retain(s, &keep);
    wait_for_file("SELECT count(*) = 2 FROM rollup");
    assert_int_equal(ask_file("SELECT group_concat(id, '') FROM obs"), 24);
    assert_int_equal(ask_file("SELECT group_concat(id, '') FROM score"), 24);
    store_close(s, 5000);
}

/* Two minutes of two atoms; the minute that is rolled up in two slices is one row. */
static void scores_become_minutes_and_alarms_stay(void **state)
{
    static const struct {
        const char *sql;
        int64_t is;
    } facts[] = {
        { "SELECT count(*) FROM rollup", 3 },
        { "SELECT sum(n) FROM rollup", 61 },
        { "SELECT sum(alarms) FROM rollup", 1 },
        { "SELECT n FROM rollup WHERE atom = (SELECT id FROM atom WHERE name = 'pulse')"
          " ORDER BY minute LIMIT 1",
          40 },
        { "SELECT score_max FROM rollup ORDER BY minute, n DESC LIMIT 1", 40 },
        { "SELECT round(score * 2) FROM rollup ORDER BY minute, n DESC LIMIT 1", 41 },
        { "SELECT round(surprise * 4) FROM rollup ORDER BY minute, n DESC LIMIT 1", 41 },
        { "SELECT round(1 / tail_min) FROM rollup ORDER BY minute, n DESC LIMIT 1", 41 },
        { "SELECT count(*) FROM score", 3 }, /* the two that stay, and the young one */
        { "SELECT count(*) FROM score WHERE alarm AND detail = '[]'", 1 },
        { "SELECT id FROM score WHERE turn_skipped", 7 },
    };
    struct store *s = open_store();
    int64_t now = clock_now(&clock_system), minute = (now - 8 * DAY) / 60000 * 60000;
    sqlite3 *db;
    struct keeper *k;
    struct store_retention keep;
    struct store_state st;
    uint64_t id = 1;
    int more = 1;

    (void)state;
    for (int i = 1; i <= 40; i++, id++)
        put_score(s, "pulse", id, minute + i * 1000, (float)i, i == 30);
    for (int i = 0; i < 20; i++, id++)
        put_score(s, "drift", id, minute + 500, 1, 0);
    put_score(s, "pulse", id++, minute + 60000, 1, 0);
    put_obs_at(s, id, now, "{}");
    put_score(s, "pulse", id, now, 1, 0);
    store_state(s, &st);
    keep = st.keep;
    store_close(s, 5000);

    assert_int_equal(sqlite3_open(in_room("store.db"), &db), SQLITE_OK);
    assert_non_null(k = keeper_new(db, NULL));
    keeper_rows(k, 16);
    while (more)
        assert_int_equal(keeper_slice(k, &keep, now, clock_mono(&clock_system), &more),
                         SQLITE_OK);
    keeper_free(k);
    sqlite3_close(db);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (ask_file(facts[i].sql) != facts[i].is)
            fail_msg("%s: %d, not %d", facts[i].sql, (int)ask_file(facts[i].sql),
                     (int)facts[i].is);
}

static void the_journal_keeps_its_bytes(void **state)
{
    static char text[1000];
    struct store_retention keep = { .journal_bytes = 100000 };
    struct store *s = open_store();
    int64_t now = clock_now(&clock_system);

    (void)state;
    memset(text, 'x', sizeof text);
    store_boot(s, "aa");
    for (uint64_t seq = 1; seq <= 500; seq++)
        store_put_message(s, seq, now, text, sizeof text, 0);
    assert_int_equal(store_flush(s, 5000), 0);
    store_retain(s, &keep);
    wait_for_file("SELECT count(*) = 100 FROM message");
    assert_int_equal(ask_file("SELECT min(id) & 1023 FROM message"), 401);
    assert_int_equal(ask_file("SELECT value & 1023 FROM meta WHERE key = 'pruned_to'"),
                     400);
    store_close(s, 5000);

    /* What a process before this one had weighed counts, and is not weighed again. */
    s = store_open(room, &keep, NULL);
    assert_non_null(s);
    store_boot(s, "bb");
    for (uint64_t seq = 1; seq <= 50; seq++)
        store_put_message(s, seq, now, text, sizeof text, 0);
    assert_int_equal(store_flush(s, 5000), 0);
    store_retain(s, &keep);
    wait_for_file("SELECT count(*) = 100 FROM message");
    wait_for_file("SELECT value = 100000 FROM meta WHERE key = 'weighed_bytes'");
    store_close(s, 5000);
}

/* 5 MB against a limit of 2: the oldest rows go, the last hour stays, and the file gives
 * its pages back. */
static void the_file_keeps_its_size_and_the_last_hour(void **state)
{
    static char values[1000];
    struct store_retention keep = { .size_bytes = 2000000 };
    struct store *s = open_store();
    int64_t now = clock_now(&clock_system);
    const uint64_t rows = 5000, young = 500;

    (void)state;
    memset(values, 'x', sizeof values - 1);
    for (uint64_t id = 1; id <= rows; id++) {
        put_obs_at(s, id, id > rows - young ? now : now - 2 * HOUR, values);
        if (id % 5000 == 0) /* more may not wait in memory */
            assert_int_equal(store_flush(s, 10000), 0);
    }
    store_put_kv(s, "pulse", "k", "v", 1);
    assert_int_equal(store_flush(s, 10000), 0);
    assert_true(ask_file("PRAGMA page_count") * 4096 > 5000000);
    store_retain(s, &keep);
    wait_for_file("SELECT page_count * 4096 <= 2000000 FROM pragma_page_count");
    assert_int_equal(ask_file("SELECT max(id) FROM obs"), rows);
    assert_true(ask_file("SELECT count(*) FROM obs") > (int64_t)young);
    assert_int_equal(ask_file("SELECT count(*) FROM kv"), 1);

    /* Nothing else is left: then also the last hour goes, oldest first. */
    keep.size_bytes = 500000;
    store_retain(s, &keep);
    wait_for_file("SELECT page_count * 4096 <= 500000 FROM pragma_page_count");
    assert_int_equal(ask_file("SELECT max(id) FROM obs"), rows);
    assert_true(ask_file("SELECT min(id) FROM obs") > (int64_t)(rows - young));
    store_close(s, 5000);
}

/* A clock that is a year ahead must not cost a year of history. */
static void a_clock_that_jumps_deletes_nothing(void **state)
{
    struct store *s = open_store();
    int64_t now = clock_now(&clock_system);
    struct store_retention keep;
    struct store_state st;
    struct keeper *k;
    sqlite3 *db;
    int more = 1;

    (void)state;
    put_obs_at(s, 1, now, "{}");
    put_score(s, "pulse", 1, now, 1, 0);
    store_put_message(s, 1, now, "a {}", 4, 0);
    store_state(s, &st);
    keep = st.keep;
    store_close(s, 5000);
    assert_int_equal(sqlite3_open(in_room("store.db"), &db), SQLITE_OK);
    assert_non_null(k = keeper_new(db, NULL));
    while (more)
        assert_int_equal(keeper_slice(k, &keep, now + 400 * DAY,
                                      clock_mono(&clock_system), &more),
                         SQLITE_OK);
    assert_int_equal(ask_file("SELECT (SELECT count(*) FROM obs) + (SELECT count(*) FROM"
                              " score) + (SELECT count(*) FROM message)"),
                     3);
    keeper_free(k);
    sqlite3_close(db);
}

/* 60,000 old rows are on their way out, and each commit is asked for and awaited. */
static void retention_does_not_delay_a_commit(void **state)
{
    struct store *s = open_store();
    int64_t now = clock_now(&clock_system), worst = 0, took;
    const struct timespec moment = { .tv_nsec = 5000000 };
    uint64_t id;

    (void)state;
    for (id = 1; id <= 60000; id++) {
        put_obs_at(s, id, now - 100 * DAY, "{\"cpu\":12.5,\"mem\":40.1,\"net\":\"up\"}");
        put_score(s, "pulse", id, now - 8 * DAY, 1, 0);
    }
    put_obs_at(s, id++, now, "{}");
    assert_int_equal(store_flush(s, 20000), 0);
    store_retain(s, NULL);
    while (ask_file("SELECT count(*) < 2000 FROM obs") != 1) {
        put_obs_at(s, id++, now, "{}");
        took = clock_mono(&clock_system);
        assert_int_equal(store_flush(s, 5000), 0);
        took = clock_mono(&clock_system) - took;
        worst = took > worst ? took : worst;
        nanosleep(&moment, NULL);
    }
    print_message("worst commit during retention: %d ms\n", (int)worst);
    assert_true(worst < 500); /* 50 on a machine that does nothing else */
    store_close(s, 5000);
}

int main(void)
{
#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(age_decides),
        ROOM_TEST(scores_become_minutes_and_alarms_stay),
        ROOM_TEST(the_journal_keeps_its_bytes),
        ROOM_TEST(the_file_keeps_its_size_and_the_last_hour),
        ROOM_TEST(a_clock_that_jumps_deletes_nothing),
        ROOM_TEST(retention_does_not_delay_a_commit),
    };
#undef ROOM_TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
