/*
 * creep_test.c - scope creep, from the log to the verdict: 60 steady days are told by
 * drift.so and learned by a stream, as in the host; then comes one more day.
 */
#include "diary.h"
#include "engine/gpt.h"
#include "flow/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAYS  60
#define SEEDS 5
#define LEAST 8.6 /* the published ratio, of one run; here the worst of five */

struct day {
    int added, done, switches;
};

/* The log of a life: 60 days of 1-3 added, 1-3 done and 0-2 switches, then `last`. */
static void live(struct diary *d, uint64_t seed, struct day last)
{
    struct gpt_rng rng;
    int next = 1, oldest = 1;
    char stamp[32], what[48];

    gpt_rng_seed(&rng, seed);
    for (int i = 0; i < 120; i++) { /* what was open before, older than the history */
        snprintf(what, sizeof what, "add %d of before", next++);
        note(d, "2025-01-01T12:00:00Z", what);
    }
    for (int i = 0; i <= DAYS; i++) {
        struct day today = last;
        if (i < DAYS)
            today = (struct day){ 1 + (int)gpt_rng_below(&rng, 3),
                                  1 + (int)gpt_rng_below(&rng, 3),
                                  (int)gpt_rng_below(&rng, 3) };
        time_t noon = (time_t)seconds("2026-03-02 12:00:00") + i * 86400;
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime(&noon));
        for (int k = 0; k < today.added; k++) {
            snprintf(what, sizeof what, "add %d task", next++);
            note(d, stamp, what);
        }
        for (int k = 0; k < today.done; k++) {
            snprintf(what, sizeof what, "done %d", oldest++);
            note(d, stamp, what);
        }
        for (int k = 0; k < today.switches; k++) {
            snprintf(what, sizeof what, "switch %d", oldest + k);
            note(d, stamp, what);
        }
    }
}

/* What the stream says of the last day. */
static void judge(struct diary *d, uint64_t seed, struct verdict *out)
{
    struct stream_options o = { .seed = seed, .warmup = DAYS };
    struct stream_lesson lesson;
    struct stream *s = NULL;
    char why[200] = "";
    uint64_t id = 0;
    int rc = KIRI_MORE;

    kiri_test_option(&d->host, "history", "61");
    at(d, "2026-05-02 00:01:00");
    while (rc == KIRI_MORE) {
        rc = collect(d);
        assert_in_range(rc, KIRI_OK, KIRI_MORE);
        if (!s)
            s = stream_new(drift->schema(d->self), &o, why, sizeof why);
        assert_non_null(s);
        d->v[4].choice = (int32_t)((d->time_ms / 86400000 + 3) % 7);
        struct stream_row row = { .id = ++id, .ts = d->time_ms, .v = d->v };
        if (stream_due(s))
            assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
        assert_int_equal(stream_push(s, &row, out), 0);
    }
    assert_int_equal(id, DAYS + 1);
    assert_int_equal(out->gen, 1);
    assert_string_equal(d->label, "2026-05-01");
    stream_free(s);
}

static void begin_again(struct diary *d)
{
    restart(d);
    d->host.n_pairs = 0;
    remove(d->log);
}

static void eight_added_none_done_and_five_switches_stand_out(void **state)
{
    struct diary *d = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct verdict steady, creep;
        live(d, seed, (struct day){ 2, 2, 1 });
        judge(d, seed, &steady);
        begin_again(d);
        live(d, seed, (struct day){ 8, 0, 5 });
        judge(d, seed, &creep);
        begin_again(d);
        double ratio = (double)creep.surprise / (double)steady.surprise;
        print_message("seed %d: steady %.3f, creep %.3f nats a word: %.1f times\n",
                      (int)seed, (double)steady.surprise, (double)creep.surprise, ratio);
        if (!(ratio >= LEAST))
            fail_msg("seed %d: %.1f times, not %.1f", (int)seed, ratio, LEAST);
        assert_int_equal(creep.n_fields, 3);
        for (uint32_t i = 0; i < creep.n_fields; i++) /* each of them is odd by itself */
            assert_true(creep.field[i].nats > 4 * steady.field[i].nats);
    }
}

static void the_published_language_has_the_published_shape(void **state)
{
    struct diary *d = *state;
    struct gpt_shape shape = {
        .vocab = 27, .width = 32, .heads = 4, .layers = 2, .context = 16
    };

    kiri_test_option(&d->host, "language", "classic");
    note(d, "2026-03-02T12:00:00Z", "add 1 a");
    at(d, "2026-03-02 13:01:00");
    assert_int_equal(collect(d), KIRI_OK);
    const struct kiri_schema *s = drift->schema(d->self);
    assert_int_equal(kiri_schema_vocab(s), 27);
    assert_int_equal(kiri_schema_max_tokens(s), 5);
    assert_int_equal(gpt_shape_params(&shape), 26816);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_DIARY(eight_added_none_done_and_five_switches_stand_out),
        IN_A_DIARY(the_published_language_has_the_published_shape),
    };

    return diary_load_drift() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
