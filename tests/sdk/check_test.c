/* check_test.c - what is a schema, and what is refused with which sentence. */
#include "test.h"

#include "random_schema.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const char *const up_down[] = { "down", "up", NULL };

static const struct kiri_field number = {
    .name = "cpu", .kind = KIRI_NUMBER, .buckets = 10, .lo = 0, .hi = 100
};
static const struct kiri_field choice = { .name = "net",
                                          .kind = KIRI_CHOICE,
                                          .choices = up_down };
static const struct kiri_field hour = { .name = "hour", .kind = KIRI_HOUR };

/* Holds the sentence for one field, beside one that is fine. */
static void expect_sentence(struct kiri_field f, const char *sentence)
{
    const struct kiri_field fields[] = {
        { .name = "fine", .kind = KIRI_NUMBER, .scale = KIRI_LEARNED }, f
    };
    const struct kiri_schema s = SCHEMA(fields);
    char why[200] = "";

    assert_int_equal(kiri_schema_check(&s, why, sizeof why), sentence ? -1 : 0);
    assert_string_equal(why, sentence ? sentence : "");
}

static void a_number_needs_a_range_that_can_be_cut(void **state)
{
    static const struct {
        uint32_t scale, buckets;
        double lo, hi;
        const char *sentence;
    } cases[] = {
        { KIRI_LINEAR, 2, -1, 1, NULL },
        { KIRI_LINEAR, 256, 0, 1e-300, NULL },
        { KIRI_LOG, 256, 1e-300, 1e300, NULL },
        { KIRI_LEARNED, 0, NAN, NAN, NULL }, /* not used there, so not looked at */
        { 3, 10, 0, 1, "cpu: scale 3 is not known" },
        { KIRI_LINEAR, 1, 0, 1, "cpu: buckets must be 2..256, not 1" },
        { KIRI_LINEAR, 4294967295u, 0, 1, "cpu: buckets must be 2..256, not 4294967295" },
        { KIRI_LINEAR, 10, NAN, 1, "cpu: lo and hi must be finite" },
        { KIRI_LINEAR, 10, 0, INFINITY, "cpu: lo and hi must be finite" },
        { KIRI_LINEAR, 10, 1, 1, "cpu: lo must be < hi" },
        { KIRI_LINEAR, 10, 2, 1, "cpu: lo must be < hi" },
        { KIRI_LOG, 10, 0, 1, "cpu: lo must be > 0 on a LOG scale" },
        { KIRI_LOG, 10, -1, 1, "cpu: lo must be > 0 on a LOG scale" },
        { KIRI_LINEAR, 2, -DBL_MAX, DBL_MAX,
          "cpu: [-1.79769e+308, 1.79769e+308] cannot be cut into 2 buckets" },
        { KIRI_LINEAR, 10, 1, 1 + DBL_EPSILON,
          "cpu: [1, 1] cannot be cut into 10 buckets" },
        { KIRI_LOG, 10, 1, 1 + DBL_EPSILON, "cpu: [1, 1] cannot be cut into 10 buckets" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_field f = number;
        f.scale = cases[i].scale, f.buckets = cases[i].buckets;
        f.lo = cases[i].lo, f.hi = cases[i].hi;
        expect_sentence(f, cases[i].sentence);
    }
}

static void names_and_symbols_are_short_plain_and_unique(void **state)
{
    static const char name_rule[] = "field 1: its name must be like [a-z][a-z0-9_]{0,31}";
    static const char symbol_rule[] =
        "cpu: its symbol must be like [A-Za-z][A-Za-z0-9_]{0,7}";
    static const struct {
        const char *name, *symbol, *sentence;
    } cases[] = {
        { "a2345678901234567890123456789_32", NULL, NULL },
        { "a2345678901234567890123456789_323", NULL, name_rule },
        { NULL, NULL, name_rule },
        { "", NULL, name_rule },
        { "Cpu", NULL, name_rule },
        { "1cpu", NULL, name_rule },
        { "c pu", NULL, name_rule },
        { "c\npu", NULL, name_rule },
        { "fine", NULL, "fine: fields 0 and 1 have the same name" },
        { "cpu", "C", NULL },
        { "cpu", "C2345678", NULL },
        { "cpu", "C23456789", symbol_rule },
        { "cpu", "", symbol_rule },
        { "cpu", "1", symbol_rule },
        { "cpu", "C=", symbol_rule },
        { "cpu", "\x1b[2J", symbol_rule },
        { "cpu", "fine", "cpu: its symbol 'fine' is also that of fine" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_field f = number;
        f.name = cases[i].name, f.symbol = cases[i].symbol;
        expect_sentence(f, cases[i].sentence);
    }
}

static void flags_go_with_their_kind(void **state)
{
    static const struct {
        const struct kiri_field *field;
        uint32_t flags;
        const char *sentence;
    } cases[] = {
        { &number, KIRI_CONTEXT | KIRI_ALWAYS, NULL },
        { &choice, KIRI_DECIDED, NULL },
        { &hour, KIRI_SPOKEN, NULL },
        { &number, 1u << 4, "cpu: flags 0x10 are not known" },
        { &number, ~0u, "cpu: flags 0xfffffff0 are not known" },
        { &number, KIRI_SPOKEN, "cpu: SPOKEN is only for HOUR and WEEKDAY" },
        { &number, KIRI_DECIDED, "cpu: only a CHOICE can be DECIDED" },
        { &choice, KIRI_DECIDED | KIRI_CONTEXT,
          "net: DECIDED and CONTEXT exclude each other" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kiri_field f = *cases[i].field;
        f.flags = cases[i].flags;
        expect_sentence(f, cases[i].sentence);
    }
}

static void choices_are_few_distinct_and_printable(void **state)
{
    static const char long_word[] = "012345678901234567890123456789012";
    static const struct {
        const char *words[4];
        const char *sentence;
    } cases[] = {
        { { "a b", "\xc3\xa9" }, NULL },
        { { "a", "b", "b" }, "net: choice 'b' stands there twice" },
        { { "only" }, "net: a CHOICE needs 2 choices or more, not 1" },
        { { NULL }, "net: a CHOICE needs 2 choices or more, not 0" },
        { { "a", "" }, "net: choice 1 must be 1..32 bytes without control characters" },
        { { "a", "b\n" },
          "net: choice 1 must be 1..32 bytes without control characters" },
        { { "a\x7f", "b" },
          "net: choice 0 must be 1..32 bytes without control characters" },
        { { "a", long_word },
          "net: choice 1 must be 1..32 bytes without control characters" },
        { { "a", long_word + 1 }, NULL },
    };
    struct kiri_field f = choice;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        f.choices = cases[i].words;
        expect_sentence(f, cases[i].sentence);
    }
    f.choices = NULL;
    expect_sentence(f, "net: a CHOICE needs choices");
}

static void a_list_of_choices_without_an_end_is_not_followed(void **state)
{
    static char words[257][4];
    const char *list[257];          /* nothing after it may be read: ASan watches */
    const char *ended[258] = { 0 }; /* one too many, but with an end */
    struct kiri_field f = choice;
    (void)state;

    for (int i = 0; i < 257; i++) {
        words[i][0] = (char)('a' + i % 16), words[i][1] = (char)('a' + i / 16 % 16);
        words[i][2] = (char)('a' + i / 256);
        list[i] = ended[i] = words[i];
    }
    f.choices = list;
    expect_sentence(f, "net: more than 256 choices, or no NULL after the last");
    f.choices = ended;
    expect_sentence(f, "net: more than 256 choices, or no NULL after the last");
    ended[256] = NULL;
    expect_sentence(f, NULL);
}

static void text_and_clocks_keep_their_bounds(void **state)
{
    static const struct {
        uint32_t kind, flags, buckets, max_len;
        const char *sentence;
    } cases[] = {
        { KIRI_TEXT, 0, 0, 1, NULL },
        { KIRI_TEXT, 0, 0, 256, NULL },
        { KIRI_WORDS, 0, 0, 256, NULL },
        { KIRI_TEXT, 0, 0, 0, "x: max_len must be 1..256, not 0" },
        { KIRI_TEXT, 0, 0, 257, "x: max_len must be 1..256, not 257" },
        { KIRI_WORDS, 0, 0, ~0u, "x: max_len must be 1..256, not 4294967295" },
        { KIRI_HOUR, KIRI_SPOKEN, 24, 0, NULL },
        { KIRI_HOUR, KIRI_SPOKEN, 0, 0, NULL },
        { KIRI_HOUR, KIRI_SPOKEN, 25, 0, "x: buckets must be 2..24, or 0, not 25" },
        { KIRI_HOUR, KIRI_SPOKEN, 1, 0, "x: buckets must be 2..24, or 0, not 1" },
        { KIRI_WEEKDAY, KIRI_SPOKEN, 3, 0, NULL },
        { KIRI_WEEKDAY, KIRI_SPOKEN, 8, 0, "x: buckets must be 2..7, or 0, not 8" },
        { 6, 0, 0, 0, "x: kind 6 is not known" },
        { ~0u, 0, 0, 0, "x: kind 4294967295 is not known" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        expect_sentence((struct kiri_field){ .name = "x",
                                             .kind = cases[i].kind,
                                             .flags = cases[i].flags,
                                             .buckets = cases[i].buckets,
                                             .max_len = cases[i].max_len },
                        cases[i].sentence);
}

static void the_row_has_one_hour_at_its_side(void **state)
{
    struct kiri_field fields[] = { number, hour, hour };
    const struct kiri_schema s = SCHEMA(fields);
    char why[100] = "";
    (void)state;

    fields[2].name = "hour2";
    assert_int_equal(kiri_schema_check(&s, why, sizeof why), -1);
    assert_string_equal(why, "hour2: hour is that side of the row already; keep one");
    fields[2].flags = KIRI_SPOKEN;
    assert_int_equal(kiri_schema_check(&s, why, sizeof why), 0);
}

static void a_broken_frame_is_refused(void **state)
{
    static const struct {
        struct kiri_schema schema;
        const char *sentence;
    } cases[] = {
        { { .size = 8, .n_fields = 1, .fields = &number },
          "size is 8; set it to sizeof(struct kiri_schema)" },
        { { .size = 0 }, "size is 0; set it to sizeof(struct kiri_schema)" },
        { { .size = 32, .n_fields = 0, .fields = &number },
          "n_fields must be 1..64, not 0" },
        { { .size = 32, .n_fields = 4294967295u, .fields = &number },
          "n_fields must be 1..64, not 4294967295" },
        { { .size = 32, .n_fields = 1, .fields = NULL }, "fields is NULL" },
        { { .size = 32, .n_fields = 1, .fields = &number, .context = 257 },
          "context must be 0..256, not 257" },
        { { .size = 32, .n_fields = 1, .fields = &number, .aggregate = 5 },
          "aggregate 5 is not known" },
    };
    char why[100];
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(kiri_schema_check(&cases[i].schema, why, sizeof why), -1);
        assert_string_equal(why, cases[i].sentence);
    }
    assert_int_equal(kiri_schema_check(NULL, why, sizeof why), -1);
    assert_string_equal(why, "there is no schema");
}

static void something_must_be_scored(void **state)
{
    struct kiri_field only_context = number;
    const struct kiri_field *const unscored[] = { &hour, &only_context };
    (void)state;

    only_context.flags = KIRI_CONTEXT;
    for (size_t i = 0; i < COUNT(unscored); i++) {
        const struct kiri_schema s = { .size = sizeof s,
                                       .n_fields = 1,
                                       .fields = unscored[i] };
        char why[100];
        assert_int_equal(kiri_schema_check(&s, why, sizeof why), -1);
        assert_string_equal(why,
                            "no field is scored: each is CONTEXT, or an unspoken clock");
    }
}

static void the_sentence_is_cut_to_its_buffer(void **state)
{
    const struct kiri_field fields[] = { number, number };
    const struct kiri_schema s = SCHEMA(fields);
    char why[8] = "#######";
    (void)state;

    assert_int_equal(kiri_schema_check(&s, why, 5), -1);
    assert_string_equal(why, "cpu:");
    assert_int_equal(why[6], '#');
    assert_int_equal(kiri_schema_check(&s, why, 0), -1);
    assert_int_equal(kiri_schema_check(&s, NULL, 0), -1);
}

static void every_random_schema_passes(void **state)
{
    static struct random_schema r;
    (void)state;

    for (uint64_t seed = 0; seed < 300; seed++) {
        char why[200] = "";
        random_schema_make(&r, seed, 1);
        kiri_schema_check(&r.schema, why, sizeof why);
        assert_string_equal(why, "");
    }
}

/* Whatever stands in the numbers of a schema, the answer is yes or no; and what is
 * accepted can be spoken. */
static void random_damage_is_refused_or_harmless(void **state)
{
    static struct random_schema r;
    static struct kiri_token out[KIRI_MAX_FIELDS * (KIRI_MAX_LEN + 1)];
    static const char pool[512];
    int refused = 0, accepted = 0;
    (void)state;

    for (uint64_t seed = 0; seed < 1000; seed++) {
        random_schema_make(&r, seed, 1);

        struct kiri_field *f = &r.fields[random_below(&r, r.schema.n_fields)];
        uint32_t noise =
            random_below(&r, 2) ? random_below(&r, 300) : random_below(&r, ~0u);
        switch (random_below(&r, 8)) {
        case 0: f->kind = noise; break;
        case 1: f->flags = noise; break;
        case 2: f->scale = noise; break;
        case 3: f->buckets = noise; break;
        case 4: f->max_len = noise; break;
        case 5: f->lo = noise % 2 ? -(double)noise : INFINITY; break;
        case 6: f->choices = NULL; break;
        default: f->name = NULL; break;
        }
        if (kiri_schema_check(&r.schema, NULL, 0) != 0) {
            refused++;
            continue;
        }
        accepted++;
        random_schema_observe(&r, pool);
        int n = kiri_tokenize(&r.schema, r.values, out, COUNT(out), NULL);
        for (int i = 0; i < n; i++)
            assert_true(out[i].id < kiri_schema_vocab(&r.schema));
    }
    assert_true(refused > 300 && accepted > 100); /* it looked at both */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_needs_a_range_that_can_be_cut),
        cmocka_unit_test(names_and_symbols_are_short_plain_and_unique),
        cmocka_unit_test(flags_go_with_their_kind),
        cmocka_unit_test(choices_are_few_distinct_and_printable),
        cmocka_unit_test(a_list_of_choices_without_an_end_is_not_followed),
        cmocka_unit_test(text_and_clocks_keep_their_bounds),
        cmocka_unit_test(the_row_has_one_hour_at_its_side),
        cmocka_unit_test(a_broken_frame_is_refused),
        cmocka_unit_test(something_must_be_scored),
        cmocka_unit_test(the_sentence_is_cut_to_its_buffer),
        cmocka_unit_test(every_random_schema_passes),
        cmocka_unit_test(random_damage_is_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
