/* tokenize_test.c - values in, tokens out. */
#include "test.h"

#include "random_schema.h"

#include <math.h>
#include <string.h>

static const char *const up_down[] = { "down", "up", NULL };
static const struct kiri_field fields[] = {
    { .name = "cpu", .kind = KIRI_NUMBER, .buckets = 10, .lo = 0, .hi = 100 },
    { .name = "rate",
      .kind = KIRI_NUMBER,
      .scale = KIRI_LOG,
      .flags = KIRI_ALWAYS,
      .buckets = 9,
      .lo = 1,
      .hi = 1e9 },
    { .name = "net", .kind = KIRI_CHOICE, .choices = up_down },
    { .name = "hour", .kind = KIRI_HOUR, .flags = KIRI_SPOKEN, .buckets = 8 },
    { .name = "side", .kind = KIRI_HOUR },
    { .name = "day", .kind = KIRI_WEEKDAY },
    { .name = "file", .kind = KIRI_TEXT, .max_len = 4 },
};
static const struct kiri_schema schema = SCHEMA(fields);

/* 0..9 cpu, 10 missing | 11..19 rate | 20 21 net, 22 missing | 23..30 hour, 31 missing |
 * 32..287 bytes, 288 missing | 289 BOS */
enum {
    CPU = 0,
    RATE = 11,
    NET = 20,
    HOUR = 23,
    TEXT = 32,
    TEXT_MISSING = 288,
    BOS = 289
};
enum { F_CPU, F_RATE, F_NET, F_HOUR, F_SIDE, F_DAY, F_FILE, N_FIELDS };

struct row {
    union kiri_value v[N_FIELDS];
    struct kiri_token out[16];
    uint32_t clamped;
};

static void row_init(struct row *r)
{
    memset(r, 0, sizeof *r);
    kiri_missing(&schema, r->v);
    r->v[F_RATE].num = 1;
}

static int row_say(struct row *r)
{
    return kiri_tokenize(&schema, r->v, r->out, COUNT(r->out), &r->clamped);
}

static void a_number_falls_into_its_bucket(void **state)
{
    static const struct {
        double cpu;
        int token;
        uint32_t clamped;
    } cases[] = {
        { 0.0, CPU + 0, 0 }, /* the bottom edge is inside                */
        { 9.999, CPU + 0, 0 },  { 10.0, CPU + 1, 0 },  /* a boundary belongs to the bucket
                                                          above   */
        { 99.999, CPU + 9, 0 }, { 100.0, CPU + 9, 0 }, /* the top edge is inside */
        { 100.1, CPU + 9, 1 }, /* outside: clamped, and counted            */
        { -1.0, CPU + 0, 1 },   { INFINITY, CPU + 9, 1 }, { -INFINITY, CPU + 0, 1 },
        { NAN, CPU + 10, 0 }, /* missing is a word of its own             */
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row r;
        row_init(&r);
        r.v[F_CPU].num = cases[i].cpu;
        assert_int_equal(row_say(&r), 5);
        assert_int_equal(r.out[0].id, cases[i].token);
        assert_int_equal(r.clamped, cases[i].clamped);
    }
}

static void a_log_bucket_is_a_factor(void **state)
{
    static const struct {
        double rate;
        int token;
        uint32_t clamped;
    } cases[] = {
        { 1, RATE + 0, 0 },    { 9.99, RATE + 0, 0 },      { 10, RATE + 1, 0 },
        { 1000, RATE + 3, 0 }, { 999999999, RATE + 8, 0 }, { 1e9, RATE + 8, 0 },
        { 1e10, RATE + 8, 1 }, { .99, RATE + 0, 1 },       { 0, RATE + 0, 1 },
        { -5, RATE + 0, 1 },   { INFINITY, RATE + 8, 1 },  { -INFINITY, RATE + 0, 1 },
        { NAN, RATE + 0, 1 }, /* ALWAYS: the first word, and counted */
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row r;
        row_init(&r);
        r.v[F_RATE].num = cases[i].rate;
        assert_int_equal(row_say(&r), 5);
        assert_int_equal(r.out[1].id, cases[i].token);
        assert_int_equal(r.clamped, cases[i].clamped);
    }
}

static void an_index_is_its_word(void **state)
{
    static const struct {
        int32_t net, hour;
        int net_token, hour_token;
        uint32_t clamped;
    } cases[] = {
        { 0, 0, NET + 0, HOUR + 0, 0 },
        { 1, 23, NET + 1, HOUR + 7, 0 },
        { -1, -1, NET + 2, HOUR + 8, 0 },
        { 2, 2, NET + 2, HOUR + 0, 1 }, /* no such choice: missing, and counted */
        { 1, 3, NET + 1, HOUR + 1, 0 },
        { INT32_MAX, 24, NET + 2, HOUR + 8, 2 },
        { INT32_MIN, -2, NET + 2, HOUR + 8, 2 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row r;
        row_init(&r);
        r.v[F_NET].choice = cases[i].net;
        r.v[F_HOUR].choice = cases[i].hour;
        assert_int_equal(row_say(&r), 5);
        assert_int_equal(r.out[2].id, cases[i].net_token);
        assert_int_equal(r.out[3].id, cases[i].hour_token);
        assert_int_equal(r.clamped, cases[i].clamped);
    }
}

static void a_choice_that_is_always_there_falls_back_to_its_first(void **state)
{
    const struct kiri_field f = {
        .name = "net", .kind = KIRI_CHOICE, .flags = KIRI_ALWAYS, .choices = up_down
    };
    const struct kiri_schema s = { .size = sizeof s, .n_fields = 1, .fields = &f };
    static const int32_t odd[] = { -1, 2, INT32_MIN };
    (void)state;

    for (size_t i = 0; i < COUNT(odd); i++) {
        const union kiri_value v = { .choice = odd[i] };
        struct kiri_token t;
        uint32_t clamped = 0;
        assert_int_equal(kiri_tokenize(&s, &v, &t, 1, &clamped), 1);
        assert_int_equal(t.id, 0);
        assert_int_equal(clamped, 1);
    }
}

static void text_is_cut_at_its_limit_and_ended(void **state)
{
    struct row r;
    (void)state;

    row_init(&r);
    r.v[F_FILE].text.ptr = "a\xff\0bz", r.v[F_FILE].text.len = 5;
    assert_int_equal(row_say(&r), 9);
    assert_int_equal(r.out[4].id, TEXT + 'a');
    assert_int_equal(r.out[5].id, TEXT + 0xff); /* a byte, never negative        */
    assert_int_equal(r.out[6].id, TEXT + 0);    /* NUL is a byte like any other  */
    assert_int_equal(r.out[7].id, TEXT + 'b');
    assert_int_equal(r.out[8].id, BOS);
    assert_int_equal(r.clamped, 1);
    assert_int_equal(r.out[8].field, F_FILE); /* every token knows its field   */
}

static void empty_text_is_not_missing_text(void **state)
{
    struct row r;
    (void)state;

    row_init(&r);
    r.v[F_FILE].text.ptr = "", r.v[F_FILE].text.len = 0;
    assert_int_equal(row_say(&r), 5);
    assert_int_equal(r.out[4].id, BOS);
    row_init(&r);
    assert_int_equal(row_say(&r), 5);
    assert_int_equal(r.out[4].id, TEXT_MISSING);
    assert_int_equal(r.clamped, 0);
}

static void text_that_is_always_there_is_empty_when_missing(void **state)
{
    const struct kiri_field f = {
        .name = "file", .kind = KIRI_TEXT, .flags = KIRI_ALWAYS, .max_len = 4
    };
    const struct kiri_schema s = { .size = sizeof s, .n_fields = 1, .fields = &f };
    union kiri_value v;
    struct kiri_token t;
    uint32_t clamped = 0;
    (void)state;

    kiri_missing(&s, &v);
    assert_int_equal(kiri_tokenize(&s, &v, &t, 1, &clamped), 1);
    assert_int_equal(t.id, 256); /* BOS */
    assert_int_equal(clamped, 1);
}

static void what_is_not_spoken_stands_at_the_side(void **state)
{
    static const struct {
        int32_t hour, day;
        uint16_t row[2];
    } cases[] = {
        { 0, 0, { 0, 24 } },
        { 23, 6, { 23, 30 } },
        { -1, 3, { KIRI_SIDE_NONE, 27 } },
        { 24, 7, { KIRI_SIDE_NONE, KIRI_SIDE_NONE } },
        { INT32_MIN, INT32_MAX, { KIRI_SIDE_NONE, KIRI_SIDE_NONE } },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row r;
        uint16_t row[2];
        row_init(&r);
        r.v[F_HOUR].choice = 11; /* spoken: no business of the side */
        r.v[F_SIDE].choice = cases[i].hour;
        r.v[F_DAY].choice = cases[i].day;
        kiri_sides(&schema, r.v, row);
        assert_int_equal(row[0], cases[i].row[0]);
        assert_int_equal(row[1], cases[i].row[1]);
        assert_int_equal(row_say(&r), 5);
    }
}

static void missing_is_missing_for_every_kind(void **state)
{
    static struct random_schema r;
    (void)state;

    for (uint64_t seed = 0; seed < 50; seed++) {
        random_schema_make(&r, seed, 1);
        kiri_missing(&r.schema, r.values);
        for (uint32_t i = 0; i < r.schema.n_fields; i++)
            assert_true(kiri_is_missing(&r.fields[i], &r.values[i]));
    }
    assert_false(kiri_is_missing(&fields[F_CPU], &(union kiri_value){ .num = 0 }));
    assert_false(kiri_is_missing(&fields[F_NET], &(union kiri_value){ .choice = 0 }));
    assert_false(
        kiri_is_missing(&fields[F_FILE], &(union kiri_value){ .text = { "", 0 } }));
}

static void a_learned_language_is_not_ours_to_speak(void **state)
{
    static const struct kiri_field learned[] = {
        { .name = "x", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED },
        { .name = "x", .kind = KIRI_WORDS, .max_len = 4 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(learned); i++) {
        const struct kiri_schema s = { .size = sizeof s,
                                       .n_fields = 1,
                                       .fields = &learned[i] };
        union kiri_value v;
        struct kiri_token t[8];
        kiri_missing(&s, &v);
        assert_int_equal(kiri_tokenize(&s, &v, t, 8, NULL), KIRI_EBUG);
    }
}

static void a_full_buffer_is_refused_not_overrun(void **state)
{
    struct row r;
    (void)state;

    row_init(&r);
    r.v[F_FILE].text.ptr = "abcdef", r.v[F_FILE].text.len = 6;
    for (uint32_t cap = 0; cap < 9; cap++) {
        uint32_t clamped = 7;
        r.out[cap] = (struct kiri_token){ 9999, 9999 };
        assert_int_equal(kiri_tokenize(&schema, r.v, r.out, cap, &clamped), KIRI_EBUG);
        assert_int_equal(r.out[cap].id, 9999);
        assert_int_equal(clamped, 7);
    }
    assert_int_equal(kiri_tokenize(&schema, r.v, r.out, 9, NULL), 9);
}

/* ---- properties ------------------------------------------------------------- */

static void every_token_is_inside_its_fields_ids(void **state)
{
    static struct random_schema r;
    static struct kiri_token out[KIRI_MAX_FIELDS * (KIRI_MAX_LEN + 1)];
    char pool[512];
    (void)state;

    for (size_t i = 0; i < sizeof pool; i++)
        pool[i] = (char)i;
    for (uint64_t seed = 0; seed < 300; seed++) {
        random_schema_make(&r, seed, 0);
        uint32_t bos = kiri_schema_bos(&r.schema);
        for (int row = 0; row < 10; row++) {
            random_schema_observe(&r, pool);
            int n = kiri_tokenize(&r.schema, r.values, out,
                                  kiri_schema_max_tokens(&r.schema), NULL);
            assert_true(n >= 0); /* max_tokens is always enough */
            for (int i = 0; i < n; i++) {
                uint32_t first, ids = kiri_schema_words(&r.schema, out[i].field, &first);
                if (out[i].id == bos)
                    assert_int_equal(r.fields[out[i].field].kind, KIRI_TEXT);
                else
                    assert_in_range(out[i].id, first, first + ids - 1);
                assert_true(i == 0 || out[i].field >= out[i - 1].field);
            }
        }
    }
}

/* kiri_bucket and kiri_tokenize cut at the same places, to the last bit. */
static void a_bucket_holds_exactly_what_it_says(void **state)
{
    static struct random_schema r;
    int looked = 0;
    (void)state;

    for (uint64_t seed = 0; seed < 400; seed++) {
        random_schema_make(&r, seed, 0);
        const struct kiri_field *f = &r.fields[0];
        const struct kiri_schema s = { .size = sizeof s, .n_fields = 1, .fields = f };
        if (f->kind != KIRI_NUMBER)
            continue;
        for (uint32_t k = 0; k < f->buckets; k++) {
            double lo, hi;
            kiri_bucket(f, k, &lo, &hi);
            const double inside[] = { lo, lo + (hi - lo) / 2, nextafter(hi, -INFINITY) };
            for (size_t i = 0; i < COUNT(inside); i++) {
                const union kiri_value v = { .num = inside[i] };
                struct kiri_token t;
                uint32_t clamped = 0;
                assert_int_equal(kiri_tokenize(&s, &v, &t, 1, &clamped), 1);
                assert_int_equal(t.id, k);
                assert_int_equal(clamped, 0);
            }
            looked++;
        }
    }
    assert_true(looked > 10000);
}

static void the_edges_of_decades_are_what_people_wrote(void **state)
{
    (void)state;

    for (uint32_t k = 0; k < 9; k++) {
        double lo, hi;
        kiri_bucket(&fields[F_RATE], k, &lo, &hi);
        assert_true(lo == pow(10, k) && hi == pow(10, k + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_falls_into_its_bucket),
        cmocka_unit_test(a_log_bucket_is_a_factor),
        cmocka_unit_test(an_index_is_its_word),
        cmocka_unit_test(a_choice_that_is_always_there_falls_back_to_its_first),
        cmocka_unit_test(text_is_cut_at_its_limit_and_ended),
        cmocka_unit_test(empty_text_is_not_missing_text),
        cmocka_unit_test(text_that_is_always_there_is_empty_when_missing),
        cmocka_unit_test(what_is_not_spoken_stands_at_the_side),
        cmocka_unit_test(missing_is_missing_for_every_kind),
        cmocka_unit_test(a_learned_language_is_not_ours_to_speak),
        cmocka_unit_test(a_full_buffer_is_refused_not_overrun),
        cmocka_unit_test(every_token_is_inside_its_fields_ids),
        cmocka_unit_test(a_bucket_holds_exactly_what_it_says),
        cmocka_unit_test(the_edges_of_decades_are_what_people_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
