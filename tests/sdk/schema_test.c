/* schema_test.c - sizes and identity of a language. */
#include "test.h"

#include "random_schema.h"

static const char *const up_down[] = { "down", "up", NULL };

/* The published language of pulse. */
#define BUCKETS(n, s, top, k)                                                            \
    {                                                                                    \
        .name = (n), .symbol = (s), .kind = KIRI_NUMBER, .flags = KIRI_ALWAYS,           \
        .buckets = (k), .hi = (top)                                                      \
    }
static const struct kiri_field classic[] = {
    BUCKETS("cpu", "C", 100, 10),
    BUCKETS("mem", "M", 100, 10),
    BUCKETS("disk", "D", 100, 10),
    BUCKETS("swap", "S", 100, 5),
    BUCKETS("load", "L", 20, 5),
    { .name = "net",
      .symbol = "N",
      .kind = KIRI_CHOICE,
      .flags = KIRI_ALWAYS,
      .choices = up_down },
};

static void the_classic_language_has_43_words(void **state)
{
    static const uint32_t firsts[] = { 0, 10, 20, 30, 35, 40 };
    const struct kiri_schema s = SCHEMA(classic);
    (void)state;

    assert_int_equal(kiri_schema_check(&s, NULL, 0), 0);
    assert_int_equal(kiri_schema_vocab(&s), 43);
    assert_int_equal(kiri_schema_bos(&s), 42);
    assert_int_equal(kiri_schema_max_tokens(&s), 6);
    for (uint32_t f = 0; f < COUNT(classic); f++) {
        uint32_t first;
        assert_int_equal(kiri_schema_words(&s, f, &first), f < 3 ? 10 : f < 5 ? 5 : 2);
        assert_int_equal(first, firsts[f]);
    }
}

static void each_kind_takes_its_ids(void **state)
{
    static const struct {
        struct kiri_field field;
        uint32_t ids, tokens;
    } cases[] = {
        { { .kind = KIRI_NUMBER, .buckets = 10, .hi = 1 }, 11, 1 },
        { { .kind = KIRI_NUMBER, .buckets = 10, .hi = 1, .flags = KIRI_ALWAYS }, 10, 1 },
        { { .kind = KIRI_NUMBER, .scale = KIRI_LEARNED, .buckets = 7 }, 39, 1 },
        { { .kind = KIRI_CHOICE, .choices = up_down }, 3, 1 },
        { { .kind = KIRI_TEXT, .max_len = 9 }, 257, 10 },
        { { .kind = KIRI_TEXT, .max_len = 9, .flags = KIRI_ALWAYS }, 256, 10 },
        { { .kind = KIRI_WORDS, .max_len = 4 }, 1, 5 },
        { { .kind = KIRI_WORDS, .max_len = 4, .flags = KIRI_ALWAYS }, 0, 5 },
        { { .kind = KIRI_HOUR }, 0, 0 },
        { { .kind = KIRI_HOUR, .flags = KIRI_SPOKEN }, 25, 1 },
        { { .kind = KIRI_HOUR, .flags = KIRI_SPOKEN, .buckets = 8 }, 9, 1 },
        { { .kind = KIRI_WEEKDAY, .flags = KIRI_SPOKEN | KIRI_ALWAYS }, 7, 1 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct kiri_schema s = { .size = sizeof s,
                                       .n_fields = 1,
                                       .fields = &cases[i].field };
        uint32_t first;
        assert_int_equal(kiri_schema_words(&s, 0, &first), cases[i].ids);
        assert_int_equal(kiri_schema_vocab(&s), cases[i].ids + 1);
        assert_int_equal(kiri_schema_max_tokens(&s), cases[i].tokens);
    }
}

static void the_context_has_a_default(void **state)
{
    struct kiri_field f[3] = {
        { .name = "a", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED },
        { .name = "h", .kind = KIRI_HOUR },
        { .name = "b", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED },
    };
    struct kiri_schema s = { .size = sizeof s, .fields = f, .n_fields = 1 };
    (void)state;

    assert_int_equal(kiri_schema_context(&s), 64);
    assert_false(kiri_schema_has_sides(&s));
    s.n_fields = 2; /* a clock at the side is not a word of the sentence */
    assert_int_equal(kiri_schema_context(&s), 64);
    assert_true(kiri_schema_has_sides(&s));
    s.n_fields = 3;
    assert_int_equal(kiri_schema_context(&s), 8);
    f[2].kind = KIRI_TEXT, f[2].max_len = 5;
    assert_int_equal(kiri_schema_context(&s), 0);
    f[2].kind = KIRI_WORDS;
    assert_int_equal(kiri_schema_context(&s), 0);
    s.context = 3;
    assert_int_equal(kiri_schema_context(&s), 3);
}

/* ---- identity --------------------------------------------------------------- */

enum { CPU, NET, FILE_, HOUR, DAY, VALUE, N_FIELDS };

struct language {
    struct kiri_field f[N_FIELDS];
    struct kiri_schema s;
};

static void language_init(struct language *l)
{
    const struct kiri_field fields[N_FIELDS] = {
        [CPU] = { .name = "cpu", .kind = KIRI_NUMBER, .buckets = 10, .lo = 0, .hi = 100 },
        [NET] = { .name = "net", .kind = KIRI_CHOICE, .choices = up_down },
        [FILE_] = { .name = "file", .kind = KIRI_TEXT, .max_len = 8 },
        [HOUR] = { .name = "hour",
                   .kind = KIRI_HOUR,
                   .flags = KIRI_SPOKEN,
                   .buckets = 8 },
        [DAY] = { .name = "day", .kind = KIRI_WEEKDAY },
        [VALUE] = { .name = "value", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED },
    };
    for (int i = 0; i < N_FIELDS; i++)
        l->f[i] = fields[i];
    l->s = (struct kiri_schema)SCHEMA(l->f);
    l->s.fields = l->f;
}

static uint64_t hash_after(void (*change)(struct language *))
{
    struct language l;

    language_init(&l);
    change(&l);
    return kiri_schema_hash(&l.s);
}

static const char *const up_only[] = { "down", "up", "testing", NULL };
static const char *const up_first[] = { "up", "down", NULL };
static const char *const run_on[] = { "dow", "nup", NULL };

/* clang-format off */
static void nothing(struct language *l) { (void)l; }
static void name(struct language *l) { l->f[CPU].name = "cpv"; }
static void symbol(struct language *l) { l->f[CPU].symbol = "C"; }
static void choice_symbol(struct language *l) { l->f[NET].symbol = "net"; }
static void kind(struct language *l) { l->f[FILE_].kind = KIRI_WORDS; }
static void always(struct language *l) { l->f[CPU].flags = KIRI_ALWAYS; }
static void context_flag(struct language *l) { l->f[CPU].flags = KIRI_CONTEXT; }
static void scale(struct language *l) { l->f[CPU].scale = KIRI_LOG; }
static void buckets(struct language *l) { l->f[CPU].buckets = 11; }
static void lo(struct language *l) { l->f[CPU].lo = 1; }
static void hi(struct language *l) { l->f[CPU].hi = 101; }
static void one_more_choice(struct language *l) { l->f[NET].choices = up_only; }
static void choices_swapped(struct language *l) { l->f[NET].choices = up_first; }
static void choices_run_on(struct language *l) { l->f[NET].choices = run_on; }
static void length(struct language *l) { l->f[FILE_].max_len = 9; }
static void hour_words(struct language *l) { l->f[HOUR].buckets = 6; }
static void day_spoken(struct language *l) { l->f[DAY].flags = KIRI_SPOKEN; }
static void context(struct language *l) { l->s.context = 8; }
static void aggregate(struct language *l) { l->s.aggregate = KIRI_ROW; }
static void one_fewer(struct language *l) { l->s.n_fields--; }
static void order(struct language *l)
{
    struct kiri_field f = l->f[CPU];
    l->f[CPU] = l->f[NET], l->f[NET] = f;
}

static void unit(struct language *l) { l->f[CPU].unit = "%"; }
static void help(struct language *l) { l->f[CPU].help = "Busy share of all CPUs."; }
static void period(struct language *l) { l->s.period_ms = 60000; }
static void minus_zero(struct language *l) { l->f[CPU].lo = -0.0; }
static void unused_range(struct language *l) { l->f[VALUE].hi = 5, l->f[VALUE].buckets = 9; }
static void unused_length(struct language *l) { l->f[CPU].max_len = 5; }
static void unused_scale(struct language *l) { l->f[NET].scale = KIRI_LOG; }
static void a_longer_struct(struct language *l) { l->s.size += 8; }
/* clang-format on */

static void the_hash_changes_with_the_language(void **state)
{
    static void (*const changes[])(struct language *) = {
        name,
        symbol,
        choice_symbol,
        kind,
        always,
        context_flag,
        scale,
        buckets,
        lo,
        hi,
        one_more_choice,
        choices_swapped,
        choices_run_on,
        length,
        hour_words,
        day_spoken,
        context,
        aggregate,
        one_fewer,
        order,
    };
    uint64_t seen[COUNT(changes) + 1] = { hash_after(nothing) };
    (void)state;

    for (size_t i = 0; i < COUNT(changes); i++) {
        seen[i + 1] = hash_after(changes[i]);
        for (size_t k = 0; k <= i; k++)
            assert_int_not_equal(seen[i + 1], seen[k]);
    }
}

static void the_hash_does_not_change_with_what_is_not_language(void **state)
{
    static void (*const changes[])(struct language *) = {
        unit,         help,          period,       minus_zero,
        unused_range, unused_length, unused_scale, a_longer_struct,
    };
    (void)state;

    for (size_t i = 0; i < COUNT(changes); i++)
        assert_int_equal(hash_after(changes[i]), hash_after(nothing));
}

/* Models of released versions carry this number: it may never change. */
static void the_hash_of_the_classic_language_is_what_it_was(void **state)
{
    const struct kiri_schema s = SCHEMA(classic);
    (void)state;

    assert_int_equal(kiri_schema_hash(&s), 0x48a62562dff4b406u);
}

static void random_languages_have_different_hashes(void **state)
{
    static struct random_schema r;
    static uint64_t seen[500];
    (void)state;

    for (uint32_t i = 0; i < COUNT(seen); i++) {
        random_schema_make(&r, i, 1);
        seen[i] = kiri_schema_hash(&r.schema);
        for (uint32_t k = 0; k < i; k++)
            assert_int_not_equal(seen[i], seen[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_classic_language_has_43_words),
        cmocka_unit_test(each_kind_takes_its_ids),
        cmocka_unit_test(the_context_has_a_default),
        cmocka_unit_test(the_hash_changes_with_the_language),
        cmocka_unit_test(the_hash_does_not_change_with_what_is_not_language),
        cmocka_unit_test(the_hash_of_the_classic_language_is_what_it_was),
        cmocka_unit_test(random_languages_have_different_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
