/*
 * RELIABILITY A6, A7: files that are not ours, files that are broken, disks that are
 * full.
 */
#include "base/clock.h"
#include "room.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void write_file(const char *name, const void *bytes, size_t n)
{
    int fd = open(in_room(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static void run_sql(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(in_room("store.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void what_is_no_database_is_kept_and_replaced(void **state)
{
    static char garbage[9000];
    struct stat st;
    struct store *s;

    (void)state;
    memset(garbage, 'x', sizeof garbage);
    write_file("store.db", garbage, sizeof garbage);
    write_file("store.db-wal", garbage, 100);
    s = open_store();
    put_obs(s, "pulse", 1);
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT count(*) FROM obs"), 1);
    assert_int_equal(names_in_room("store.db.bad-"), 3); /* it, its log and index */
    assert_int_equal(stat(in_room("store.db"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

/* The header is whole, the tables behind it are not: rows are found without them. Ids are
 * new ones, whatever was lost. */
static void a_torn_schema_costs_no_rows(void **state)
{
    static char zero[3900];
    struct store *s = open_store();
    int fd;

    (void)state;
    put_obs(s, "pulse", 1);
    store_close(s, 5000);
    fd = open(in_room("store.db"), O_WRONLY);
    assert_int_equal(pwrite(fd, zero, sizeof zero, 100), sizeof zero);
    close(fd);
    s = open_store();
    assert_true(store_next_id(s) > 1);
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT obs.id FROM obs JOIN atom ON atom.id = obs.atom"
                              " WHERE name = 'pulse'"),
                     1);
    assert_int_equal(names_in_room("store.db.bad-"), 1);
}

static void anothers_database_is_refused_and_untouched(void **state)
{
    struct kiri_error err;

    (void)state;
    run_sql("CREATE TABLE theirs(x); INSERT INTO theirs VALUES(7)");
    assert_null(store_open(room, NULL, &err));
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_non_null(strstr(err.text, "another program's database"));
    assert_non_null(strstr(err.text, room));
    assert_int_equal(ask_file("SELECT x FROM theirs"), 7);
    assert_int_equal(names_in_room("store.db.bad-"), 0);
}

static void a_newer_file_is_refused_by_name(void **state)
{
    struct kiri_error err;

    (void)state;
    store_close(open_store(), 5000);
    run_sql("PRAGMA user_version=4");
    assert_null(store_open(room, NULL, &err));
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_non_null(strstr(err.text, "newer KIRI (version 4, this one knows 3)"));
    assert_int_equal(ask_file("PRAGMA user_version"), 4);
}

static void a_bad_place_gets_a_sentence(void **state)
{
    struct kiri_error err;

    (void)state;
    assert_null(store_open("/nonexistent/kiri", NULL, &err));
    assert_int_equal(err.code, KIRI_NO_WRITE);
    assert_non_null(strstr(err.text, "/nonexistent/kiri/store.db"));
    assert_int_equal(symlink("/etc/passwd", in_room("store.db")), 0);
    assert_null(store_open(room, NULL, &err));
    assert_int_equal(err.code, KIRI_NO_WRITE);
}

/* Whatever is left of the log, the file opens, and what it holds is a beginning of what
 * was put. */
static void a_log_cut_anywhere_loses_only_its_end(void **state)
{
    static char main_file[1 << 20], log[1 << 20];
    struct store *s = open_store();
    ssize_t main_len, log_len, tables_len;
    struct stat st;
    int fd;

    (void)state;
    assert_int_equal(stat(in_room("store.db-wal"), &st), 0);
    tables_len = (ssize_t)st.st_size;
    for (uint64_t id = 1; id <= 3; id++) {
        put_obs(s, "pulse", id);
        assert_int_equal(store_flush(s, 5000), 0);
    }
    fd = open(in_room("store.db"), O_RDONLY);
    main_len = read(fd, main_file, sizeof main_file);
    close(fd);
    fd = open(in_room("store.db-wal"), O_RDONLY);
    log_len = read(fd, log, sizeof log);
    close(fd);
    store_close(s, 5000);
    assert_true(main_len > 0 && log_len > 3 * 4096);

    /* In full every byte of the three transactions; else around their frames' borders. */
    ssize_t step = getenv("KIRI_FULL") ? 1 : 401;
    for (ssize_t cut = log_len; cut >= 0; cut -= cut > tables_len ? step : 4001) {
        int64_t rows, last;

        write_file("store.db", main_file, (size_t)main_len);
        write_file("store.db-wal", log, (size_t)cut);
        unlink(in_room("store.db-shm"));
        /* As a host opens it, or, which is faster, as SQLite does. */
        if (cut <= tables_len || cut % 401 == 0) {
            s = open_store();
            last = (int64_t)store_next_id(s) - 1;
            store_close(s, 5000);
        } else {
            last = ask_file("SELECT coalesce(max(id), 0) FROM obs");
        }
        rows = ask_file("SELECT count(*) FROM obs");
        assert_true(rows == last && rows >= 0 && rows <= 3);
        if (cut == log_len)
            assert_int_equal(rows, 3);
        assert_int_equal(names_in_room("store.db.bad-"), 0);
    }
}

static void limit_file_size(rlim_t most)
{
    struct rlimit r;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
    r.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void wait_until(struct store *s, int degraded)
{
    const struct timespec moment = { .tv_nsec = 2000000 };
    int64_t end = clock_mono(&clock_system) + 10000;
    struct store_state st;

    do {
        nanosleep(&moment, NULL);
        store_state(s, &st);
    } while (st.degraded != degraded && clock_mono(&clock_system) < end);
    assert_int_equal(st.degraded, degraded);
}

/* Files may not grow any more: to SQLite that is a full disk. */
static void a_full_disk_degrades_and_heals_by_itself(void **state)
{
    struct store *s = open_store();
    struct store_state st;

    (void)state;
    put_obs(s, "pulse", 1);
    assert_int_equal(store_flush(s, 5000), 0);
    limit_file_size(4096);
    for (uint64_t id = 2; id <= 100; id++)
        put_obs(s, "pulse", id);
    store_put_message(s, 1, clock_now(&clock_system), "alert {}", 8, 1);
    wait_until(s, 1);
    store_state(s, &st);
    assert_true(st.why[0] != '\0');
    assert_int_equal(st.committed, 1);
    assert_int_equal(st.queued, 100);
    assert_int_equal(st.dropped, 0);
    assert_int_equal(store_flush(s, 5000), -1);

    limit_file_size(RLIM_INFINITY);
    wait_until(s, 0);
    assert_int_equal(store_flush(s, 5000), 0);
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT count(*) FROM obs"), 100);
    assert_int_equal(ask_file("SELECT count(*) FROM message"), 1);
}

static int count(void *ctx, const struct store_obs *o)
{
    (void)o;
    ++*(unsigned *)ctx;
    return 0;
}

/* A7: nothing can be made at all; the host starts, and all is there in the end. */
static void a_store_that_cannot_be_made_is_degraded_from_the_start(void **state)
{
    struct store_state st;
    struct store *s;
    uint64_t first;
    unsigned n = 0;

    (void)state;
    limit_file_size(0);
    s = open_store();
    store_state(s, &st);
    assert_int_equal(st.degraded, 1);
    assert_true(st.why[0] != '\0');
    store_boot(s, "aa");
    first = store_next_id(s);
    for (uint64_t id = first; id < first + 100; id++)
        put_obs(s, "pulse", id);
    assert_int_equal(store_history(s, "pulse", 10, count, &n, NULL, NULL), 0);
    assert_int_equal(n, 0);
    limit_file_size(RLIM_INFINITY);
    wait_until(s, 0);
    assert_int_equal(store_flush(s, 5000), 0);
    assert_int_equal(store_history(s, "pulse", 1000, count, &n, NULL, NULL), 0);
    assert_int_equal(n, 100);
    store_close(s, 5000);
    s = open_store();
    assert_int_equal(store_next_id(s), first + 100);
    store_close(s, 5000);
}

/* What an earlier run stored is read though nothing can be written, and no id comes back.
 */
static void history_is_read_on_a_full_disk(void **state)
{
    struct store *s = open_store();
    struct store_state st;
    unsigned n = 0;

    (void)state;
    for (uint64_t id = 1; id <= 5; id++)
        put_obs(s, "pulse", id);
    store_close(s, 5000);
    limit_file_size(0);
    s = open_store();
    store_state(s, &st);
    assert_int_equal(st.degraded, 1);
    assert_true(store_next_id(s) > 5);
    assert_int_equal(store_history(s, "pulse", 10, count, &n, NULL, NULL), 0);
    assert_int_equal(n, 5);
    put_obs(s, "pulse", store_next_id(s));
    limit_file_size(RLIM_INFINITY);
    wait_until(s, 0);
    n = 0;
    assert_int_equal(store_history(s, "pulse", 10, count, &n, NULL, NULL), 0);
    assert_int_equal(n, 6);
    store_close(s, 5000);
}

/* Somebody removes the file under a running host: the next rows go into a new one. */
static void a_file_that_was_taken_away_is_made_anew(void **state)
{
    struct store *s = open_store();

    (void)state;
    put_obs(s, "pulse", 1);
    assert_int_equal(store_flush(s, 5000), 0);
    unlink(in_room("store.db"));
    unlink(in_room("store.db-wal"));
    unlink(in_room("store.db-shm"));
    put_obs(s, "pulse", 2);
    store_flush(s, 5000);
    put_obs(s, "pulse", 3);
    assert_int_equal(store_flush(s, 5000), 0);
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT max(id) FROM obs"), 3);
}

/* 48 MiB of observations against a bound of 16: the newest of them, and what matters more
 * than they do, are there in the end. */
static void what_waits_is_bounded_and_the_oldest_rows_go_first(void **state)
{
    enum { ROWS = 3000, ROW = 16384 };
    static char values[ROW];
    struct store *s = open_store();
    struct store_state st;

    (void)state;
    memset(values, 'x', sizeof values - 1);
    put_obs(s, "pulse", 1);
    assert_int_equal(store_flush(s, 5000), 0);
    limit_file_size(4096);
    store_put_message(s, 1, clock_now(&clock_system), "alert {}", 8, 1);
    store_put_kv(s, "pulse", "k", "v", 1);
    wait_until(s, 1);
    for (uint64_t id = 2; id <= ROWS; id++) {
        store_put_obs(s,
                      &(struct store_obs){ .atom = "pulse", .id = id, .values = values });
        if (id % 64 == 0)
            wait_until(s, 1); /* a moment, as between two rows of a real host */
    }
    store_state(s, &st);
    assert_true(st.queued * ROW <= (20u << 20));
    assert_true(st.dropped >= ROWS / 2);
    assert_int_equal(st.queued + st.dropped, ROWS - 1 + 2);

    limit_file_size(RLIM_INFINITY);
    wait_until(s, 0);
    assert_int_equal(store_flush(s, 5000), 0);
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT max(id) FROM obs"), ROWS);
    assert_int_equal(ask_file("SELECT count(*) FROM obs WHERE id > 3000 - 512"), 512);
    assert_int_equal(ask_file("SELECT count(*) FROM message"), 1);
    assert_int_equal(ask_file("SELECT count(*) FROM kv"), 1);
}

int main(void)
{
#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(what_is_no_database_is_kept_and_replaced),
        ROOM_TEST(a_torn_schema_costs_no_rows),
        ROOM_TEST(anothers_database_is_refused_and_untouched),
        ROOM_TEST(a_newer_file_is_refused_by_name),
        ROOM_TEST(a_bad_place_gets_a_sentence),
        ROOM_TEST(a_log_cut_anywhere_loses_only_its_end),
        ROOM_TEST(a_full_disk_degrades_and_heals_by_itself),
        ROOM_TEST(a_store_that_cannot_be_made_is_degraded_from_the_start),
        ROOM_TEST(history_is_read_on_a_full_disk),
        ROOM_TEST(a_file_that_was_taken_away_is_made_anew),
        ROOM_TEST(what_waits_is_bounded_and_the_oldest_rows_go_first),
    };
#undef ROOM_TEST
    signal(SIGXFSZ, SIG_IGN); /* as the host does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
