/* tests/flow/keep_test.c mirrors host/flow/keep.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/keep.h"
#include "names.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

/* A stream of n rows, its bytes, and the last of its rows to bring back. */
static struct stream *lived(uint32_t n, struct world *w, void **bytes, size_t *len)
{
    struct stream *s = world_stream(150, 3);
    struct verdict v;

    for (uint32_t i = 0; i < n; i++)
        world_step(s, w, &v);
    *bytes = keep_save(s, "pulse", len);
    assert_non_null(*bytes);
    return s;
}

static void what_was_saved_goes_on_bit_for_bit(void **state)
{
    struct world w = world_new(1), again = world_new(1);
    size_t len;
    void *bytes;
    struct stream *a = lived(400, &w, &bytes, &len), *b = world_stream(150, 3);
    struct kiri_error err = { 0 };
    (void)state;

    assert_int_equal(keep_load(b, bytes, len, NULL, &err), 0);
    keep_history(b, 300);
    for (int i = 0; i < 400; i++) {
        struct stream_row row = world_next(&again);
        if (i >= 100)
            assert_int_equal(stream_remember(b, &row), 0);
    }
    /* replay draws from all of the history, which is the newest 300 of 400 here: so
     * compare up to the next learning */
    for (int i = 400; i < 512; i++) {
        struct verdict x, y;
        world_step(a, &w, &x);
        world_step(b, &again, &y);
        assert_true(x.surprise == y.surprise && x.score == y.score && x.tail == y.tail);
        assert_true(x.gen == y.gen && x.row == y.row && x.alarm == y.alarm);
    }
    stream_free(a);
    stream_free(b);
    free(bytes);
}

static void with_all_of_its_history_it_also_learns_the_same(void **state)
{
    struct world w = world_new(2), again = world_new(2);
    size_t len;
    void *bytes;
    struct stream *a = lived(400, &w, &bytes, &len), *b = world_stream(150, 3);
    (void)state;

    assert_int_equal(keep_load(b, bytes, len, NULL, NULL), 0);
    keep_history(b, 400);
    for (int i = 0; i < 400; i++) {
        struct stream_row row = world_next(&again);
        assert_int_equal(stream_remember(b, &row), 0);
    }
    for (int i = 400; i < 700; i++) {
        struct verdict x, y;
        world_step(a, &w, &x);
        world_step(b, &again, &y);
        assert_true(x.surprise == y.surprise && x.score == y.score && x.gen == y.gen);
    }
    stream_free(a);
    stream_free(b);
    free(bytes);
}

/* Learns what is due, then scores a name of the convention; every tenth is none. */
static void name_step(struct stream *s, struct gpt_rng *rng, uint64_t id,
                      struct verdict *out)
{
    char name[NAMES_CAP];
    struct stream_lesson lesson;

    names_draw(rng, name);
    const char *text = id % 10 == 9 ? names_bad[id / 10 % NAMES_BAD] : name;
    union kiri_value v = { .text = { text, (uint32_t)strlen(text) } };
    struct stream_row row = { .id = id + 1, .ts = (int64_t)id, .v = &v };
    if (stream_due(s))
        assert_int_equal(stream_learn(s, NULL, NULL, NULL, &lesson), 0);
    assert_int_equal(stream_push(s, &row, out), 0);
}

static void texts_go_on_with_their_past_and_their_alarms(void **state)
{
    static const struct kiri_field name = {
        .name = "name", .kind = KIRI_TEXT, .flags = KIRI_ALWAYS, .max_len = 255
    };
    static const struct kiri_schema schema = { .size = sizeof schema,
                                               .n_fields = 1,
                                               .fields = &name };
    struct stream_options o = { .seed = 1, .warmup = 9 };
    struct stream *a = stream_new(&schema, &o, (char[99]){ 0 }, 99);
    struct stream *b = stream_new(&schema, &o, (char[99]){ 0 }, 99);
    struct gpt_rng ra, rb;
    struct verdict x, y;
    uint32_t tails = 0;
    size_t len;
    (void)state;

    gpt_rng_seed(&ra, 1);
    for (uint64_t i = 0; i < 120; i++)
        name_step(a, &ra, i, &x);
    void *bytes = keep_save(a, "names", &len);
    assert_non_null(bytes);
    assert_int_equal(keep_load(b, bytes, len, NULL, NULL), 0);
    rb = ra;
    for (uint64_t i = 120; i < 128; i++) { /* up to the next learning */
        name_step(a, &ra, i, &x);
        name_step(b, &rb, i, &y);
        assert_true(x.surprise == y.surprise && x.score == y.score && x.tail == y.tail);
        assert_true(x.gen == y.gen && x.row == y.row && x.alarm == y.alarm);
        tails += x.tail < 1;
    }
    assert_true(tails > 0);
    stream_free(a);
    stream_free(b);
    free(bytes);
}

static void a_model_of_another_language_is_refused_and_named(void **state)
{
    static const struct kiri_field other[] = {
        { .name = "a", .kind = KIRI_NUMBER, .buckets = 12, .lo = -4, .hi = 5 },
    };
    static const struct kiri_schema schema = { .size = sizeof schema,
                                               .n_fields = 1,
                                               .fields = other };
    struct world w = world_new(3);
    size_t len;
    void *bytes;
    struct stream *a = lived(200, &w, &bytes, &len);
    struct stream *b =
        stream_new(&schema, &(struct stream_options){ .seed = 1 }, NULL, 0);
    struct kiri_error err = { 0 };
    struct stream_facts facts;
    uint64_t hash = 0;
    (void)state;

    assert_int_equal(keep_load(b, bytes, len, &hash, &err), -1);
    assert_int_equal(err.code, KIRI_HELD);
    assert_true(hash == kiri_schema_hash(&world_schema));
    stream_facts(b, &facts);
    assert_int_equal(facts.gen, 0);
    stream_free(a);
    stream_free(b);
    free(bytes);
}

static void a_damaged_file_changes_nothing(void **state)
{
    struct world w = world_new(4);
    size_t len;
    void *bytes;
    struct stream *a = lived(200, &w, &bytes, &len), *b = world_stream(150, 3);
    unsigned char *copy = malloc(len);
    struct kiri_error err = { 0 };
    struct stream_facts facts;
    struct gpt_rng rng;
    (void)state;

    gpt_rng_seed(&rng, 1);
    for (int i = 0; i < 200; i++) {
        memcpy(copy, bytes, len);
        copy[gpt_rng_below(&rng, (uint32_t)len)] ^=
            (unsigned char)(1u << gpt_rng_below(&rng, 8));
        assert_int_equal(keep_load(b, copy, len, NULL, &err), -1);
        assert_true(err.text[0] != '\0');
        size_t cut = gpt_rng_below(&rng, (uint32_t)len);
        assert_int_equal(keep_load(b, bytes, cut, NULL, &err), -1);
    }
    stream_facts(b, &facts);
    assert_int_equal(facts.rows, 0);
    assert_int_equal(keep_load(b, bytes, len, NULL, &err),
                     0); /* and the whole one still loads */
    free(copy);
    stream_free(a);
    stream_free(b);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_goes_on_bit_for_bit),
        cmocka_unit_test(with_all_of_its_history_it_also_learns_the_same),
        cmocka_unit_test(texts_go_on_with_their_past_and_their_alarms),
        cmocka_unit_test(a_model_of_another_language_is_refused_and_named),
        cmocka_unit_test(a_damaged_file_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
