/*
 * RELIABILITY G4 for the store: the file of each released version opens, and nothing of
 * it is lost. tests/golden/store-v1.db: 120 observations and scores of two atoms, a
 * journal of two runs (seq 1, 4, .. 178 each), two keys.
 */
#include "room.h"
#include "store/reader.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void take_golden(const char *name)
{
    static char bytes[1 << 20];
    char path[512];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "%s/tests/golden/%s", KIRI_SOURCE_DIR, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    n = read(fd, bytes, sizeof bytes);
    close(fd);
    assert_true(n > 0 && n < (ssize_t)sizeof bytes);
    fd = open(in_room("store.db"), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, (size_t)n), n);
    close(fd);
}

struct order {
    char boot[64];
    uint64_t seq, n, runs;
};

static int in_order(void *ctx, const struct store_message *m)
{
    struct order *o = ctx;
    char begin[80];

    if (strcmp(o->boot, m->boot)) {
        snprintf(o->boot, sizeof o->boot, "%s", m->boot);
        o->seq = 0;
        o->runs++;
    }
    assert_true(m->seq > o->seq);
    o->seq = m->seq;
    snprintf(begin, sizeof begin, "{\"v\":1,\"boot\":\"%s\",\"seq\":%u,", m->boot,
             (unsigned)m->seq);
    assert_non_null(strstr(m->bytes, begin));
    o->n++;
    return 0;
}

static void a_file_of_version_1_is_brought_here_with_all_it_holds(void **state)
{
    static const struct {
        const char *sql;
        int64_t is;
    } facts[] = {
        { "PRAGMA user_version", 3 },
        { "SELECT count(*) FROM obs", 120 },
        { "SELECT count(*) FROM obs WHERE label = '/tmp/a file' AND atom ="
          " (SELECT id FROM atom WHERE name = 'names')",
          40 },
        { "SELECT count(*) FROM score", 120 },
        { "SELECT count(*) FROM score WHERE detail NOTNULL AND alarm", 2 },
        { "SELECT count(*) FROM message", 120 },
        { "SELECT count(*) FROM kv", 2 },
        { "SELECT count(*) FROM boot", 2 },
        { "SELECT integrity_check = 'ok' FROM pragma_integrity_check", 1 },
    };
    struct store_place from = { .boot = "" };
    struct order o = { .seq = 0 };
    struct store_reader *r;
    struct store *s;

    (void)state;
    take_golden("store-v1.db");
    s = open_store();
    assert_int_equal(store_next_id(s), 121);
    put_obs(s, "pulse", 121);
    store_close(s, 5000);
    assert_int_equal(ask_file("DELETE FROM obs WHERE id = 121"), -1);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        assert_int_equal(ask_file(facts[i].sql), facts[i].is);
    r = store_reader_open(room, NULL);
    assert_non_null(r);
    assert_int_equal(store_since(r, &from, in_order, &o, NULL, NULL), STORE_ALL);
    assert_int_equal(o.n, 120);
    assert_int_equal(o.runs, 2);
    store_reader_close(r);
}

static int count(void *ctx, const struct store_obs *o)
{
    (void)o;
    ++*(unsigned *)ctx;
    return 0;
}

/* kiri export after an upgrade, before a host has run. */
static void observations_of_version_1_are_read_as_they_are(void **state)
{
    struct store_reader *r;
    struct kiri_error err;
    unsigned n = 0;

    (void)state;
    take_golden("store-v1.db");
    r = store_reader_open(room, NULL);
    assert_non_null(r);
    assert_int_equal(store_each_obs(r, "names", 0, 0, INT64_MAX, count, &n, NULL), 0);
    assert_int_equal(n, 40);
    assert_int_equal(store_since(r, &(struct store_place){ .boot = "" }, in_order, NULL,
                                 NULL, &err),
                     -1);
    assert_non_null(strstr(err.text, "older KIRI"));
    store_reader_close(r);
    assert_int_equal(ask_file("PRAGMA user_version"), 1);
}

int main(void)
{
#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_file_of_version_1_is_brought_here_with_all_it_holds),
        ROOM_TEST(observations_of_version_1_are_read_as_they_are),
    };
#undef ROOM_TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
