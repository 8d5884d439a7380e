/* tests/replay/replay_test.c mirrors host/replay/replay.c. */
#include "../flow/world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "flow/keep.h"
#include "flow/values.h"
#include "replay/replay.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS   300u
#define WARMUP 60u

static char dir[] = "/tmp/kiri-replay-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static void path_of(const char *name, char out[64])
{
    snprintf(out, 64, "%s/%s", dir, name);
}

static int remove_dir(void **state)
{
    static const char *const names[] = { "a", "b" };
    char path[64];
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        path_of(names[i], path);
        unlink(path);
    }
    return rmdir(dir);
}

static void write_file(const char *name, const struct buf *text)
{
    char path[64];

    path_of(name, path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(buf_text(text), 1, text->len, f), text->len);
    assert_int_equal(fclose(f), 0);
}

/* Rows [from, to) of the world, as lines. */
static void write_world(const char *name, uint32_t from, uint32_t to)
{
    struct world w = world_new(3);
    struct buf lines = { 0 };

    for (uint32_t i = 0; i < to; i++) {
        struct stream_row row = world_next(&w);
        struct buf values = { 0 };
        values_write(&world_schema, row.v, &values);
        if (i >= from)
            rows_write(&(struct store_obs){ .atom = name,
                                            .id = row.id,
                                            .ts = row.ts,
                                            .values = buf_text(&values) },
                       0, 0, &lines);
        buf_free(&values);
    }
    write_file(name, &lines);
    buf_free(&lines);
}

static struct rows *rows_of(const char *name)
{
    struct kiri_error err;
    char path[64];

    path_of(name, path);
    struct rows *r = rows_open(path, &world_schema, &err);
    assert_non_null(r);
    return r;
}

/* ---- what comes out -------------------------------------------------------------- */

struct heard {
    struct buf text; /* all messages, a line each */
    unsigned most;   /* messages, then no more; 0: no end */
    unsigned n;
};

static int hear(void *ctx, const char *bytes, size_t len)
{
    struct heard *h = ctx;

    buf_put(&h->text, bytes, len);
    buf_puts(&h->text, "\n");
    return ++h->n == h->most;
}

/* Replays file `name` through stream s. */
static struct buf play(const char *name, struct stream *s, int known)
{
    struct heard h = { 0 };
    struct kiri_error err;
    struct replay *r = replay_new(&(struct replay_options){ .message = hear, .ctx = &h });

    assert_non_null(r);
    assert_int_equal(replay_add(r, name, s, rows_of(name), known, &err), 0);
    assert_int_equal(replay_run(r, &err), 0);
    replay_free(r);
    return h.text;
}

/* The messages' bodies: the next of a text, whose topic begins with `kind`; NULL at the
 * end. */
static json_t *next_body(const char **at, const char *kind)
{
    while (**at) {
        const char *line = *at, *end = strchr(line, '\n');
        *at = end + 1;
        if (strncmp(line, kind, strlen(kind)) != 0)
            continue;
        const char *json = strchr(line, ' ') + 1;
        json_t *body = json_loadb(json, (size_t)(end - json), 0, NULL);
        assert_non_null(body);
        return body;
    }
    return NULL;
}

static json_int_t number(const json_t *body, const char *name)
{
    return json_integer_value(json_object_get(body, name));
}

/* ---- tests ----------------------------------------------------------------------- */

static void the_same_rows_give_the_same_bytes(void **state)
{
    (void)state;
    write_world("a", 0, ROWS);
    struct buf first = play("a", world_stream(WARMUP, 1), 0);
    struct buf again = play("a", world_stream(WARMUP, 1), 0);
    assert_true(first.len > 0);
    assert_string_equal(buf_text(&first), buf_text(&again));
    buf_free(&first);
    buf_free(&again);
}

static void each_row_is_scored_as_by_the_stream_itself(void **state)
{
    struct stream *s = world_stream(WARMUP, 1);
    struct world w = world_new(3);
    struct verdict v = { 0 };
    uint64_t seq = 0, n = 0;
    (void)state;

    write_world("a", 0, ROWS);
    struct buf text = play("a", world_stream(WARMUP, 1), 0);
    const char *at = buf_text(&text);
    json_t *body;
    while ((body = next_body(&at, ""))) {
        assert_int_equal(number(body, "seq"), ++seq);
        if (json_object_get(body, "steps")) { /* model/a, before the row that it scores */
            assert_null(json_object_get(body, "ms"));
            json_decref(body);
            continue;
        }
        world_step(s, &w, &v);
        assert_int_equal(number(body, "n"), ++n);
        assert_int_equal(number(body, "id"), v.id);
        assert_int_equal(number(body, "ts"), v.ts);
        assert_int_equal(number(body, "gen"), v.gen);
        double surprise = json_real_value(json_object_get(body, "surprise"));
        assert_true(fabs(surprise - (double)v.surprise) <= 1e-3 * (double)v.surprise);
        assert_string_equal(json_string_value(json_object_get(body, "host")),
                            REPLAY_HOST);
        json_decref(body);
    }
    assert_int_equal(n, ROWS);
    assert_true(v.gen > 1);
    buf_free(&text);
    stream_free(s);
}

/* The members that say what a row is worth, without the place in this replay. */
static void drop_place(json_t *body)
{
    json_object_del(body, "seq");
    json_object_del(body, "n");
}

static void a_replay_goes_on_from_a_model_as_if_it_had_never_stopped(void **state)
{
    static const uint32_t saved_at[] = { 100, 128, 129, 255 };
    (void)state;

    write_world("a", 0, ROWS);
    struct buf whole = play("a", world_stream(WARMUP, 1), 0);
    for (size_t i = 0; i < sizeof saved_at / sizeof *saved_at; i++) {
        struct stream *s = world_stream(WARMUP, 1);
        struct world w = world_new(3);
        struct kiri_error err;
        struct verdict v;
        size_t len;
        for (uint32_t k = 0; k < saved_at[i]; k++)
            world_step(s, &w, &v);
        void *model = keep_save(s, "a", &len);
        stream_free(s);
        s = world_stream(WARMUP, 1);
        assert_int_equal(keep_load(s, model, len, NULL, &err), 0);
        free(model);

        struct buf rest = play("a", s, 1);
        const char *at = buf_text(&rest), *full = buf_text(&whole);
        json_t *got, *want = NULL;
        unsigned n = 0;
        while ((got = next_body(&at, "score/"))) {
            while ((want = next_body(&full, "score/")) &&
                   number(want, "id") != number(got, "id"))
                json_decref(want);
            assert_non_null(want);
            drop_place(got);
            drop_place(want);
            assert_true(json_equal(got, want));
            json_decref(got);
            json_decref(want);
            n++;
        }
        assert_int_equal(n, ROWS - saved_at[i]);
        buf_free(&rest);
    }
    buf_free(&whole);
}

/* One step of a stream that may pass over what is due. What is written of the row: the
 * generation that scored it, or that a turn was passed over. Returns its surprise. */
static float step_recorded(struct stream *s, struct world *w, int passes, int gens,
                           struct buf *out)
{
    struct stream_lesson lesson;
    struct stream_row row = world_next(w);
    struct buf values = { 0 };
    struct verdict v;

    int skipped = passes && stream_due(s) == STREAM_A_TURN;
    if (skipped)
        stream_skip(s);
    else if (stream_due(s))
        assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(stream_push(s, &row, &v), 0);
    values_write(&world_schema, row.v, &values);
    rows_write(&(struct store_obs){ .atom = "a",
                                    .id = row.id,
                                    .ts = row.ts,
                                    .values = buf_text(&values),
                                    .gen = v.gen,
                                    .turn_skipped = skipped && !gens },
               0, gens, out);
    buf_free(&values);
    return v.surprise;
}

/* Learning that was passed over for its share of a core is passed over again. */
static void a_turn_that_was_passed_over_is_none_in_the_replay(void **state)
{
    struct stream *s = world_stream(WARMUP, 1);
    struct world w = world_new(3);
    struct buf lines = { 0 };
    struct kiri_error err;
    struct stream_facts facts;
    uint64_t gens = 0, skipped = 0;
    size_t len;
    (void)state;

    for (uint32_t i = 0; i < 200; i++)
        step_recorded(s, &w, 0, 1, &lines);
    void *model = keep_save(s, "a", &len);
    struct stream *again = world_stream(WARMUP, 1);
    assert_int_equal(keep_load(again, model, len, NULL, &err), 0);
    for (uint32_t i = 200; i < 600; i++) /* turns at 256, 384 and 512 */
        step_recorded(s, &w, i >= 300 && i < 400, 1, &lines);
    stream_facts(s, &facts);
    write_file("a", &lines);
    struct buf text = play("a", again, 1);
    const char *at = buf_text(&text);
    json_t *body;
    while ((body = next_body(&at, "model/"))) {
        gens = (uint64_t)number(body, "gen");
        skipped +=
            strcmp(json_string_value(json_object_get(body, "result")), "skipped") == 0;
        json_decref(body);
    }
    assert_int_equal(gens, facts.gen);
    assert_int_equal(skipped, 1);
    stream_free(s);
    buf_free(&text);
    buf_free(&lines);
    free(model);
}

/* Also when all is learned anew from the rows of an export, which name no generation. */
static void a_turn_that_was_passed_over_is_none_from_the_first_row_on(void **state)
{
    struct stream *s = world_stream(WARMUP, 1);
    struct world w = world_new(3);
    struct buf lines = { 0 };
    struct stream_facts facts;
    uint64_t skipped = 0;
    float surprise = 0;
    json_t *body, *last = NULL;
    (void)state;

    for (uint32_t i = 0; i < 800; i++) /* turns at 128, 256, .. 768 */
        surprise = step_recorded(s, &w, i % 300 < 150, 0, &lines);
    stream_facts(s, &facts);
    write_file("a", &lines);
    struct buf text = play("a", world_stream(WARMUP, 1), 0);
    const char *at = buf_text(&text);
    while ((body = next_body(&at, "model/"))) {
        skipped +=
            strcmp(json_string_value(json_object_get(body, "result")), "skipped") == 0;
        json_decref(body);
    }
    for (at = buf_text(&text); (body = next_body(&at, "score/")); last = body)
        json_decref(last);
    assert_int_equal(skipped, 3);
    assert_int_equal(number(last, "gen"), facts.gen);
    assert_int_equal(number(last, "id"), facts.last_id);
    assert_true(fabs(json_real_value(json_object_get(last, "surprise")) -
                     (double)surprise) <= 1e-3 * (double)surprise);
    json_decref(last);
    stream_free(s);
    buf_free(&text);
    buf_free(&lines);
}

static void rows_without_ids_are_new_to_a_model(void **state)
{
    struct buf lines = { 0 };
    struct stream *s = world_stream(1000, 1);
    struct world w = world_new(3);
    struct verdict v;
    struct kiri_error err;
    size_t len;
    (void)state;

    for (int i = 0; i < 20; i++)
        world_step(s, &w, &v);
    void *model = keep_save(s, "a", &len);
    stream_free(s);
    s = world_stream(1000, 1);
    assert_int_equal(keep_load(s, model, len, NULL, &err), 0);
    free(model);
    for (int i = 0; i < 3; i++)
        buf_puts(&lines, "{\"ts\":1,\"values\":{\"a\":0}}\n");
    write_file("a", &lines);
    buf_free(&lines);
    struct buf text = play("a", s, 1);
    const char *at = buf_text(&text);
    for (int i = 0; i < 3; i++) {
        json_t *body = next_body(&at, "score/");
        assert_non_null(body);
        assert_int_equal(number(body, "id"), 21 + i);
        json_decref(body);
    }
    assert_int_equal(*at, '\0');
    buf_free(&text);
}

static void rows_of_all_atoms_go_in_the_order_of_their_times(void **state)
{
    static const struct {
        const char *a, *b, *order;
    } cases[] = {
        { "1 3 5", "2 4", "ababa" }, { "1 2 3", "", "aaa" },
        { "2 2 2", "1 2", "baaab" }, /* a tie: the first that was added */
        { "5 1 2", "3 6", "baaab" }, /* backwards: the file's order holds */
        { "-5 0", "-9 -5", "baba" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const times[] = { cases[i].a, cases[i].b };
        static const char *const names[] = { "a", "b" };
        struct heard h = { 0 };
        struct kiri_error err;
        struct replay *r =
            replay_new(&(struct replay_options){ .message = hear, .ctx = &h });
        for (int k = 0; k < 2; k++) {
            struct buf lines = { 0 };
            for (const char *t = times[k]; *t; t += strcspn(t, " "), t += *t == ' ')
                buf_putf(&lines, "{\"ts\":%.*s,\"values\":{}}\n", (int)strcspn(t, " "),
                         t);
            write_file(names[k], &lines);
            buf_free(&lines);
            assert_int_equal(replay_add(r, names[k], world_stream(1000, 1),
                                        rows_of(names[k]), 0, &err),
                             0);
        }
        assert_int_equal(replay_run(r, &err), 0);
        replay_free(r);
        char order[16] = "";
        const char *at = buf_text(&h.text);
        for (; *at; at = strchr(at, '\n') + 1)
            strncat(order, at + strlen("score/"), 1);
        assert_string_equal(order, cases[i].order);
        buf_free(&h.text);
    }
}

static void a_bad_row_ends_the_replay_with_its_place(void **state)
{
    struct buf lines = { 0 };
    struct heard h = { 0 };
    struct kiri_error err = { 0 };
    (void)state;

    buf_puts(&lines, "{\"ts\":1,\"values\":{}}\n{\"ts\":2}\n");
    write_file("a", &lines);
    buf_free(&lines);
    struct replay *r = replay_new(&(struct replay_options){ .message = hear, .ctx = &h });
    assert_int_equal(replay_add(r, "a", world_stream(1000, 1), rows_of("a"), 0, &err), 0);
    assert_int_equal(replay_run(r, &err), -1);
    assert_int_equal(err.code, KIRI_BAD_DATA);
    assert_non_null(strstr(err.text, "/a:2: "));
    replay_free(r);
    buf_free(&h.text);
}

static int enough(void *ctx, const struct replay_counts *c)
{
    (void)ctx;
    return c->rows >= WARMUP; /* the first training begins, which takes longer */
}

static void whoever_listens_may_end_it(void **state)
{
    struct heard h = { .most = 5 };
    struct kiri_error err;
    struct replay_counts counts;
    (void)state;

    write_world("a", 0, ROWS);
    struct replay *r = replay_new(&(struct replay_options){ .message = hear, .ctx = &h });
    assert_int_equal(replay_add(r, "a", world_stream(WARMUP, 1), rows_of("a"), 0, &err),
                     0);
    assert_int_equal(replay_run(r, &err), 1);
    assert_int_equal(h.n, 5);
    replay_free(r);

    h.most = 0;
    r = replay_new(
        &(struct replay_options){ .message = hear, .progress = enough, .ctx = &h });
    assert_int_equal(replay_add(r, "a", world_stream(WARMUP, 1), rows_of("a"), 0, &err),
                     0);
    assert_int_equal(replay_run(r, &err), 1);
    replay_counts(r, &counts);
    assert_int_equal(counts.rows, WARMUP);
    assert_int_equal(counts.lessons, 0);
    assert_in_range(counts.bytes, 1, counts.size - 1);
    replay_free(r);
    buf_free(&h.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_rows_give_the_same_bytes),
        cmocka_unit_test(each_row_is_scored_as_by_the_stream_itself),
        cmocka_unit_test(a_replay_goes_on_from_a_model_as_if_it_had_never_stopped),
        cmocka_unit_test(a_turn_that_was_passed_over_is_none_in_the_replay),
        cmocka_unit_test(a_turn_that_was_passed_over_is_none_from_the_first_row_on),
        cmocka_unit_test(rows_without_ids_are_new_to_a_model),
        cmocka_unit_test(rows_of_all_atoms_go_in_the_order_of_their_times),
        cmocka_unit_test(a_bad_row_ends_the_replay_with_its_place),
        cmocka_unit_test(whoever_listens_may_end_it),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
