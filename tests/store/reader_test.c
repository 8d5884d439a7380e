/*
 * Another connection, thread or process sees what was committed; the journal is read from
 * a place on, in its order, or the place is said to be gone.
 */
#include "base/clock.h"
#include "room.h"
#include "store/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct heard {
    char text[512]; /* "boot:seq boot:seq " */
    unsigned n, stop_at;
};

static int hear(void *ctx, const struct store_message *m)
{
    struct heard *h = ctx;
    size_t at = strlen(h->text);

    if (h->n == h->stop_at)
        return 1;
    snprintf(h->text + at, sizeof h->text - at, "%s:%u ", m->boot, (unsigned)m->seq);
    h->n++;
    assert_int_equal(m->len, strlen("score/pulse {}"));
    assert_memory_equal(m->bytes, "score/pulse {}", m->len);
    return 0;
}

static void put_message(struct store *s, uint64_t seq, int64_t ts)
{
    store_put_message(s, seq, ts, "score/pulse {}", 14, 0);
}

static struct store_reader *open_reader(void)
{
    struct kiri_error err;
    struct store_reader *r = store_reader_open(room, &err);

    if (!r)
        fail_msg("%s", err.text);
    return r;
}

/* What is behind a place, and which answer came with it. */
static int since(struct store_reader *r, const char *boot, uint64_t seq, struct heard *h,
                 struct store_place *oldest)
{
    struct store_place after = { .seq = seq };

    snprintf(after.boot, sizeof after.boot, "%s", boot);
    *h = (struct heard){ .stop_at = UINT32_MAX };
    return store_since(r, &after, hear, h, oldest, NULL);
}

/* Three runs, the second one's name sorts before the first's; seqs with holes, as
 * heartbeats leave them; the third has said nothing yet. */
static struct store *three_runs(void)
{
    struct store *s = open_store();
    int64_t now = clock_now(&clock_system);

    store_boot(s, "bb");
    for (uint64_t seq = 1; seq <= 7; seq += 2)
        put_message(s, seq, now);
    store_close(s, 5000);
    s = open_store();
    store_boot(s, "aa");
    put_message(s, 2, now);
    put_message(s, 3, now);
    store_close(s, 5000);
    s = open_store();
    store_boot(s, "cc");
    store_flush(s, 5000);
    return s;
}

static void the_journal_is_read_from_any_place_into_later_runs(void **state)
{
    static const struct {
        const char *boot;
        uint64_t seq;
        const char *rest;
    } cases[] = {
        { "", 0, "bb:1 bb:3 bb:5 bb:7 aa:2 aa:3 " },
        { "", 99, "bb:1 bb:3 bb:5 bb:7 aa:2 aa:3 " },
        { "bb", 0, "bb:1 bb:3 bb:5 bb:7 aa:2 aa:3 " },
        { "bb", 3, "bb:5 bb:7 aa:2 aa:3 " },
        { "bb", 4, "bb:5 bb:7 aa:2 aa:3 " }, /* a heartbeat's seq: nobody journals it */
        { "bb", 1000, "aa:2 aa:3 " },
        { "bb", UINT64_MAX, "aa:2 aa:3 " },
        { "aa", 2, "aa:3 " },
        { "aa", 3, "" },
        { "cc", 1, "" },
    };
    struct store *s = three_runs();
    struct store_reader *r = open_reader();
    struct heard h;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(since(r, cases[i].boot, cases[i].seq, &h, NULL), STORE_ALL);
        assert_string_equal(h.text, cases[i].rest);
    }
    put_message(s, 9, clock_now(&clock_system));
    assert_int_equal(store_flush(s, 5000), 0);
    assert_int_equal(since(r, "aa", 3, &h, NULL), STORE_ALL);
    assert_string_equal(h.text, "cc:9 ");
    store_reader_close(r);
    store_close(s, 5000);
}

static void whoever_has_enough_stops(void **state)
{
    struct store *s = three_runs();
    struct store_reader *r = open_reader();
    struct heard h = { .stop_at = 2 };

    (void)state;
    assert_int_equal(store_since(r, &(struct store_place){ .boot = "bb", .seq = 3 }, hear,
                                 &h, NULL, NULL),
                     STORE_STOPPED);
    assert_string_equal(h.text, "bb:5 bb:7 ");
    store_reader_close(r);
    store_close(s, 5000);
}

/* bb:1 and bb:3 are two hours old and deleted when the store is opened again. */
static void a_place_before_what_was_deleted_is_gone(void **state)
{
    struct store *s = open_store();
    struct store_reader *r;
    struct store_place oldest;
    int64_t now = clock_now(&clock_system);
    struct heard h;

    (void)state;
    store_boot(s, "bb");
    put_message(s, 1, now - 7200000);
    put_message(s, 3, now - 7100000);
    put_message(s, 5, now);
    store_close(s, 5000);
    s = open_store();
    wait_for_file("SELECT count(*) = 1 FROM message");
    store_close(s, 5000);
    r = open_reader();
    assert_int_equal(since(r, "bb", 1, &h, &oldest), STORE_GONE);
    assert_string_equal(h.text, "");
    assert_string_equal(oldest.boot, "bb");
    assert_int_equal(since(r, oldest.boot, oldest.seq, &h, NULL), STORE_ALL);
    assert_string_equal(h.text, "bb:5 ");
    assert_int_equal(since(r, "bb", 3, &h, NULL), STORE_ALL); /* nothing was missed */
    assert_string_equal(h.text, "bb:5 ");
    assert_int_equal(since(r, "nobody", 3, &h, &oldest), STORE_GONE);
    assert_int_equal(oldest.seq, 4);
    assert_int_equal(since(r, "", 0, &h, NULL), STORE_ALL);
    assert_string_equal(h.text, "bb:5 ");
    store_reader_close(r);
}

static int hear_obs(void *ctx, const struct store_obs *o)
{
    struct heard *h = ctx;
    size_t at = strlen(h->text);

    snprintf(h->text + at, sizeof h->text - at, "%s:%u ", o->atom, (unsigned)o->id);
    return ++h->n == h->stop_at;
}

static int hear_atom(void *ctx, const char *atom)
{
    char *atoms = ctx;
    size_t at = strlen(atoms);

    snprintf(atoms + at, 64 - at, "%s ", atom);
    return 0;
}

static void observations_are_read_by_atom_id_and_time(void **state)
{
    static const struct {
        const char *atom;
        uint64_t after;
        int64_t from, to;
        unsigned stop_at;
        const char *rows;
    } cases[] = {
        { "odd", 0, 0, INT64_MAX, 0, "odd:1 odd:3 odd:5 odd:7 odd:9 " },
        { "odd", 3, 0, INT64_MAX, 0, "odd:5 odd:7 odd:9 " },
        { "odd", 3, 0, INT64_MAX, 1, "odd:5 " },
        { "even", 0, 4100000000004, 4100000000008, 0, "even:4 even:6 " },
        { "odd", UINT64_MAX, 0, INT64_MAX, 0, "" },
        { "none", 0, 0, INT64_MAX, 0, "" },
    };
    struct store *s = open_store();
    struct store_reader *r;
    char atoms[64] = "";

    (void)state;
    for (uint64_t id = 1; id <= 9; id++)
        put_obs(s, id % 2 ? "odd" : "even", id);
    store_close(s, 5000);
    r = open_reader(); /* no host runs */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heard h = { .stop_at = cases[i].stop_at };

        assert_int_equal(store_each_obs(r, cases[i].atom, cases[i].after, cases[i].from,
                                        cases[i].to, hear_obs, &h, NULL),
                         0);
        assert_string_equal(h.text, cases[i].rows);
    }
    assert_int_equal(store_each_atom(r, hear_atom, atoms, NULL), 0);
    assert_string_equal(atoms, "even odd ");
    store_reader_close(r);
}

static void put_score(struct store *s, const char *atom, uint64_t id)
{
    store_put_score(s,
                    &(struct store_score){ .atom = atom, .id = id, .ts = (int64_t)id });
}

struct learned {
    unsigned rows;
    uint64_t gens;
    uint64_t skipped; /* the id of the only one */
};

static int note_score(void *ctx, const struct store_obs *o)
{
    struct learned *l = ctx;

    l->rows++;
    l->gens += o->gen;
    if (o->turn_skipped)
        l->skipped += o->id;
    return 0;
}

static void observations_know_what_their_scores_say_of_learning(void **state)
{
    struct store *s = open_store();
    struct learned l = { 0 };
    struct store_reader *r;
    (void)state;

    for (uint64_t id = 1; id <= 9; id++)
        put_obs(s, id % 2 ? "odd" : "even", id);
    for (uint64_t id = 1; id <= 7; id += 2) /* the last odd one has no score yet */
        store_put_score(s, &(struct store_score){ .atom = "odd",
                                                  .id = id,
                                                  .gen = id,
                                                  .turn_skipped = id == 5 });
    store_close(s, 5000);
    r = open_reader();
    assert_int_equal(
        store_each_obs(r, "odd", 0, INT64_MIN, INT64_MAX, note_score, &l, NULL), 0);
    assert_int_equal(l.rows, 5);
    assert_int_equal(l.gens, 1 + 3 + 5 + 7);
    assert_int_equal(l.skipped, 5);
    store_reader_close(r);
}

static int tell_score(void *ctx, const struct store_score *c)
{
    char *text = ctx;
    size_t at = strlen(text);

    snprintf(text + at, 64 - at, "%u:%.1f ", (unsigned)c->id, (double)c->surprise);
    return 0;
}

static void the_newest_scores_of_an_atom_are_given_oldest_first(void **state)
{
    static const struct {
        const char *atom;
        uint32_t most;
        const char *told;
    } cases[] = {
        { "molecule", 2, "4:0.4 6:0.6 " },
        { "molecule", 9, "2:0.2 4:0.4 6:0.6 " },
        { "odd", 1, "7:0.7 " },
        { "none", 9, "" },
        { "molecule", 0, "" },
    };
    struct store *s = open_store();
    struct store_reader *r;

    (void)state;
    for (uint64_t id = 2; id <= 7; id++)
        store_put_score(s, &(struct store_score){ .atom = id % 2 ? "odd" : "molecule",
                                                  .id = id,
                                                  .surprise = (float)id / 10 });
    store_close(s, 5000);
    r = open_reader();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char told[64] = "";
        assert_int_equal(store_newest_scores(r, cases[i].atom, cases[i].most, tell_score,
                                             told, NULL),
                         0);
        assert_string_equal(told, cases[i].told);
    }
    store_reader_close(r);
}

static void the_newest_ids_up_to_a_row_are_known(void **state)
{
    static const struct {
        const char *atom;
        uint64_t upto;
        uint32_t most;
        uint64_t after;
    } cases[] = {
        { "odd", UINT64_MAX, 2, 5 }, { "odd", 9, 2, 5 },  { "odd", 8, 2, 3 },
        { "odd", 7, 9, 0 },          { "odd", 7, 4, 0 },  { "even", 7, 1, 4 },
        { "even", 1, 1, 0 },         { "none", 9, 1, 0 },
    };
    struct store *s = open_store();
    struct store_reader *r;
    uint64_t id;

    (void)state;
    for (id = 1; id <= 9; id++)
        put_obs(s, id % 2 ? "odd" : "even", id);
    put_score(s, "odd", 5);
    put_score(s, "odd", 3);
    store_close(s, 5000);
    r = open_reader();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            store_newest(r, cases[i].atom, cases[i].upto, cases[i].most, &id, NULL), 0);
        assert_int_equal(id, cases[i].after);
    }
    assert_int_equal(store_scored_to(r, "odd", &id, NULL), 0);
    assert_int_equal(id, 5);
    assert_int_equal(store_scored_to(r, "even", &id, NULL), 0);
    assert_int_equal(id, 0);
    store_reader_close(r);
}

static void where_there_is_no_store_is_said(void **state)
{
    struct kiri_error err = { 0 };

    (void)state;
    assert_null(store_reader_open(room, &err));
    assert_int_equal(err.code, KIRI_NO_INPUT);
    assert_non_null(strstr(err.text, room));
    store_reader_close(NULL);
}

int main(void)
{
#define ROOM_TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(the_journal_is_read_from_any_place_into_later_runs),
        ROOM_TEST(whoever_has_enough_stops),
        ROOM_TEST(a_place_before_what_was_deleted_is_gone),
        ROOM_TEST(observations_are_read_by_atom_id_and_time),
        ROOM_TEST(observations_know_what_their_scores_say_of_learning),
        ROOM_TEST(the_newest_scores_of_an_atom_are_given_oldest_first),
        ROOM_TEST(the_newest_ids_up_to_a_row_are_known),
        ROOM_TEST(where_there_is_no_store_is_said),
    };
#undef ROOM_TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
