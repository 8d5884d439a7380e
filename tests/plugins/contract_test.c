/*
 * contract_test.c - every atom, whatever it does, keeps the contract of kiri/atom.h.
 * usage: contract_test FILE.so [option=value]...
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loaded.h"

#include <kiri/option.h>
#include <kiri/wire.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct kiri_atom *atom;
static char **settings; /* option=value, NULL-terminated */

static void host_init(struct kiri_test *h)
{
    kiri_test_init(h, atom);
    for (char **s = settings; *s; s++)
        kiri_test_option(h, *s, *s + strlen(*s) + 1); /* main() cut it at the '=' */
}

static void its_table_is_filled_in(void **state)
{
    (void)state;

    assert_int_equal(atom->abi, KIRI_ABI);
    assert_int_equal(atom->size, sizeof(struct kiri_atom));
    assert_int_equal(atom->field_size, sizeof(struct kiri_field));
    assert_int_equal(atom->option_size, sizeof(struct kiri_option));
    assert_int_equal(atom->obs_size, sizeof(struct kiri_obs));
    assert_int_equal(atom->action_size, sizeof(struct kiri_action));
    assert_true(kiri_name_ok(atom->name));
    assert_non_null(atom->version);
    assert_non_null(atom->help);
    assert_true(atom->open && atom->close && atom->schema && atom->collect);
    assert_true(!atom->tokenize == !atom->vocab);
}

static void its_options_explain_themselves(void **state)
{
    (void)state;

    for (const struct kiri_option *o = atom->options; o && o->name; o++) {
        assert_true(o->name[0] >= 'a' && o->name[0] <= 'z');
        assert_true(strlen(o->name) <= 32);
        assert_non_null(kiri_option_what(o->type));
        assert_non_null(o->help);
        if (o->type == KIRI_OPT_CHOICE) {
            assert_non_null(o->range);
            assert_true(!o->fallback || strstr(o->range, o->fallback));
        }
    }
}

static void its_schema_is_one_and_explains_itself(void **state)
{
    struct kiri_test h;
    union kiri_value v[KIRI_MAX_FIELDS];
    void *self = NULL;
    char why[200] = "";
    (void)state;

    host_init(&h);
    assert_int_equal(atom->open(&h.host, &self), KIRI_OK);
    const struct kiri_schema *s = atom->schema(self);
    kiri_schema_check(s, why, sizeof why);
    assert_string_equal(why, "");
    for (uint32_t i = 0; i < s->n_fields; i++)
        assert_non_null(s->fields[i].help);
    uint64_t hash = kiri_schema_hash(s);
    for (int i = 0; i < 20; i++) {
        collect_row(&h, atom, self, v);
        assert_ptr_equal(atom->schema(self), s);
        h.mono_ms += 5000;
    }
    assert_int_equal(kiri_schema_hash(s), hash);
    atom->close(self);
}

/* Inside means: a number or missing, a choice that exists, text that can be read. */
static void hold_value(const struct kiri_field *f, const union kiri_value *v)
{
    uint32_t n = 0;

    switch (f->kind) {
    case KIRI_NUMBER: assert_true(isnan(v->num) || isfinite(v->num)); break;
    case KIRI_CHOICE:
        while (f->choices[n])
            n++;
        assert_true(v->choice >= -1 && v->choice < (int32_t)n);
        break;
    case KIRI_TEXT:
        for (uint32_t i = 0; v->text.ptr && i < v->text.len; i++)
            n += (unsigned char)v->text.ptr[i]; /* ASan watches */
        break;
    case KIRI_WORDS:
        for (uint32_t i = 0; v->words.ptr && i < v->words.n; i++)
            n += (uint32_t)strlen(v->words.ptr[i]);
        break;
    default: assert_int_equal(v->choice, -1); break; /* the host's to fill in */
    }
}

static int has_learned_words(const struct kiri_schema *s)
{
    for (uint32_t i = 0; i < s->n_fields; i++)
        if (s->fields[i].kind == KIRI_WORDS ||
            (s->fields[i].kind == KIRI_NUMBER && s->fields[i].scale == KIRI_LEARNED))
            return 1;
    return 0;
}

static void hold_row(const struct kiri_schema *s, const union kiri_value *v)
{
    struct kiri_token t[KIRI_MAX_FIELDS * (KIRI_MAX_LEN + 1)];

    for (uint32_t i = 0; i < s->n_fields; i++) {
        hold_value(&s->fields[i], &v[i]);
        if (s->fields[i].kind <= KIRI_WORDS && (s->fields[i].flags & KIRI_ALWAYS))
            assert_false(kiri_is_missing(&s->fields[i], &v[i]));
    }
    if (has_learned_words(s))
        return;

    int n = kiri_tokenize(s, v, t, kiri_schema_max_tokens(s), NULL);
    assert_true(n > 0);
    for (int i = 0; i < n; i++)
        assert_true(t[i].id < kiri_schema_vocab(s));
}

static void its_rows_are_of_its_schema(void **state)
{
    struct kiri_test h;
    union kiri_value v[KIRI_MAX_FIELDS];
    void *self = NULL;
    (void)state;

    host_init(&h);
    assert_int_equal(atom->open(&h.host, &self), KIRI_OK);
    for (int i = 0; i < 50; i++) {
        int rc = collect_row(&h, atom, self, v);
        assert_in_range(rc, KIRI_OK, KIRI_NONE);
        if (rc != KIRI_NONE)
            hold_row(atom->schema(self), v);
        h.mono_ms += i % 7 * 1000; /* sometimes no time passes */
    }
    atom->close(self);
}

static void two_instances_live_side_by_side(void **state)
{
    struct kiri_test h[2];
    union kiri_value v[KIRI_MAX_FIELDS];
    void *self[2] = { NULL, NULL };
    (void)state;

    for (int i = 0; i < 2; i++) {
        host_init(&h[i]);
        assert_int_equal(atom->open(&h[i].host, &self[i]), KIRI_OK);
    }
    assert_ptr_not_equal(self[0], self[1]);
    for (int i = 0; i < 20; i++) {
        assert_in_range(collect_row(&h[i % 2], atom, self[i % 2], v), KIRI_OK, KIRI_NONE);
        h[i % 2].mono_ms += 5000;
    }
    atom->close(self[0]);
    int rc = collect_row(&h[1], atom, self[1], v); /* the other never noticed */
    assert_in_range(rc, KIRI_OK, KIRI_NONE);
    if (rc != KIRI_NONE)
        hold_row(atom->schema(self[1]), v);
    atom->close(self[1]);
}

static void it_opens_and_closes_again_and_again(void **state)
{
    (void)state;

    for (int i = 0; i < 50; i++) {
        struct kiri_test h;
        void *self = NULL;
        host_init(&h);
        assert_int_equal(atom->open(&h.host, &self), KIRI_OK);
        atom->close(self); /* before any collect; ASan counts what is left */
    }
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;

    atom->close(NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_table_is_filled_in),
        cmocka_unit_test(its_options_explain_themselves),
        cmocka_unit_test(its_schema_is_one_and_explains_itself),
        cmocka_unit_test(its_rows_are_of_its_schema),
        cmocka_unit_test(two_instances_live_side_by_side),
        cmocka_unit_test(it_opens_and_closes_again_and_again),
        cmocka_unit_test(closing_nothing_is_fine),
    };

    if (argc < 2)
        return fprintf(stderr, "usage: %s FILE.so [option=value]...\n", argv[0]), 64;
    settings = argv + 2;
    for (char **s = settings; *s; s++) {
        char *equals = strchr(*s, '=');
        if (!equals)
            return fprintf(stderr, "'%s' is not option=value\n", *s), 64;
        *equals = '\0';
    }
    atom = load_atom(argv[1]);
    return atom ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
