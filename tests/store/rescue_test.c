/*
 * RELIABILITY A6: damage is found, what can be read is brought into a new file while the
 * store goes on, the old one is kept, and how much was lost is said.
 */
#include "base/clock.h"
#include "room.h"
#include "store/reader.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 8000, PAGE = 4096, HURT = 50 };

static void fill(struct store *s)
{
    int64_t now = clock_now(&clock_system);
    char text[200];

    store_boot(s, "aa");
    for (uint64_t id = 1; id <= ROWS; id++) {
        int n = snprintf(text, sizeof text, "score/pulse {\"seq\":%u,\"id\":%u}",
                         (unsigned)id, (unsigned)id);
        put_obs(s, id % 2 ? "pulse" : "drift", id);
        store_put_score(s, &(struct store_score){ .atom = id % 2 ? "pulse" : "drift",
                                                  .id = id,
                                                  .ts = now,
                                                  .surprise = .25f,
                                                  .score = (float)id,
                                                  .turn_skipped = id % 100 == 0,
                                                  .tail = 1 });
        store_put_message(s, id, now, text, (size_t)n, 0);
    }
    store_put_kv(s, "pulse", "key", "value", 5);
    assert_int_equal(store_flush(s, 20000), 0);
}

/* The same pages each time: a generator of our own. */
static void hurt_pages(unsigned n)
{
    int fd = open(in_room("store.db"), O_RDWR);
    uint64_t random = 12345;
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    for (unsigned i = 0; i < n; i++) {
        uint8_t noise[64];
        off_t page;

        random = random * 6364136223846793005u + 1442695040888963407u;
        page = 1 + (off_t)((random >> 33) % (uint64_t)(st.st_size / PAGE - 1));
        for (size_t b = 0; b < sizeof noise; b++)
            noise[b] = (uint8_t)(random >> (b % 8 * 8) ^ (b * 151 + 3));
        assert_int_equal(pwrite(fd, noise, sizeof noise, page * PAGE), sizeof noise);
    }
    close(fd);
}

static void wait_for_rescue(struct store *s, struct store_state *st)
{
    const struct timespec moment = { .tv_nsec = 5000000 };
    int64_t end = clock_mono(&clock_system) + 60000;

    do {
        nanosleep(&moment, NULL);
        store_state(s, st);
        assert_true(clock_mono(&clock_system) < end);
    } while (!st->recovered.ts || st->recovered.going);
}

/* A page holds at most this many of the rows above. */
#define ROWS_A_PAGE 160

static void assert_only_what_was_damaged_is_lost(const struct store_state *st)
{
    int64_t obs = ask_file("SELECT count(*) FROM obs WHERE id <= 8000");
    int64_t score = ask_file("SELECT count(*) FROM score WHERE id <= 8000");
    int64_t message = ask_file("SELECT count(*) FROM message WHERE"
                               " (id & ((1 << 40) - 1)) <= 8000");
    int64_t missing = 3 * ROWS - obs - score - message;

    print_message("%d observations, %d scores, %d messages; lost %d, said %d\n", (int)obs,
                  (int)score, (int)message, (int)missing, (int)st->recovered.lost);
    assert_true(missing > 0 && missing <= HURT * ROWS_A_PAGE);
    assert_true(st->recovered.lost >= (uint64_t)missing / 3);
    assert_true(st->recovered.lost <= (uint64_t)missing * 3);
    assert_int_equal(
        ask_file("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(ask_file("SELECT count(*) FROM obs WHERE vals !="
                              " '{\"cpu\":' || id || '}' AND id <= 8000"),
                     0);
}

static void damage_is_found_and_recovered_while_the_store_goes_on(void **state)
{
    struct store *s = open_store();
    struct store_reader *r;
    struct store_state st;
    struct store_place end = { .boot = "aa", .seq = ROWS };

    (void)state;
    fill(s);
    store_close(s, 5000);
    hurt_pages(HURT);
    s = open_store();
    store_check(s);
    put_obs(s, "pulse", store_next_id(s));
    wait_for_rescue(s, &st);
    assert_int_equal(st.degraded, 0);
    assert_true(st.recovered.rows > 0);
    assert_true(names_in_room(st.recovered.kept_as) >= 1);
    put_obs(s, "pulse", store_next_id(s) + 1);
    assert_int_equal(store_flush(s, 5000), 0);
    assert_only_what_was_damaged_is_lost(&st);
    assert_int_equal(ask_file("SELECT count(*) FROM obs WHERE id > 8000"), 2);
    r = store_reader_open(room, NULL);
    assert_non_null(r);
    assert_int_equal(store_since(r, &end, NULL, NULL, NULL, NULL), STORE_ALL);
    store_reader_close(r);
    store_close(s, 5000);
}

static int count(void *ctx, const struct store_obs *o)
{
    (void)o;
    ++*(unsigned *)ctx;
    return 0;
}

/* A reader that was open before reads the new file without being told. */
static void readers_follow_to_the_new_file(void **state)
{
    struct store *s = open_store();
    struct store_reader *r;
    struct store_state st;
    unsigned n = 0;

    (void)state;
    fill(s);
    store_close(s, 5000);
    s = open_store();
    r = store_reader_open(room, NULL);
    assert_non_null(r);
    assert_int_equal(store_each_obs(r, "pulse", 0, 0, INT64_MAX, count, &n, NULL), 0);
    assert_int_equal(n, ROWS / 2);
    hurt_pages(HURT);
    store_check(s);
    wait_for_rescue(s, &st);
    n = 0;
    assert_int_equal(store_each_obs(r, "pulse", 0, 0, INT64_MAX, count, &n, NULL), 0);
    assert_true(n > ROWS / 4 && n < ROWS / 2);
    store_reader_close(r);
    store_close(s, 5000);
}

static void a_whole_file_is_left_alone(void **state)
{
    const struct timespec moment = { .tv_nsec = 5000000 };
    struct store *s = open_store();
    struct store_state st;

    (void)state;
    put_obs(s, "pulse", 1);
    assert_int_equal(store_flush(s, 5000), 0);
    store_check(s);
    do {
        nanosleep(&moment, NULL);
        store_state(s, &st);
    } while (!st.checked_ts);
    store_close(s, 5000);
    assert_int_equal(st.recovered.ts, 0);
    assert_int_equal(names_in_room("store.db.bad-"), 0);
}

/* Even without its first page, which says where everything is. */
static void the_first_page_is_not_needed(void **state)
{
    static char zero[PAGE];
    struct store *s = open_store();
    struct store_state st;
    int fd;

    (void)state;
    fill(s);
    store_close(s, 5000);
    fd = open(in_room("store.db"), O_RDWR);
    assert_int_equal(pwrite(fd, zero, sizeof zero, 0), sizeof zero);
    close(fd);
    s = open_store();
    wait_for_rescue(s, &st);
    store_close(s, 5000);
    assert_int_equal(ask_file("SELECT count(*) FROM obs"), ROWS);
    assert_int_equal(ask_file("SELECT count(*) FROM score"), ROWS);
    assert_int_equal(ask_file("SELECT count(*) FROM score WHERE turn_skipped AND"
                              " id % 100 = 0"),
                     ROWS / 100);
    assert_int_equal(ask_file("SELECT count(*) FROM message"), ROWS);
}

int main(void)
{
#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(damage_is_found_and_recovered_while_the_store_goes_on),
        ROOM_TEST(readers_follow_to_the_new_file),
        ROOM_TEST(a_whole_file_is_left_alone),
        ROOM_TEST(the_first_page_is_not_needed),
    };
#undef ROOM_TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
