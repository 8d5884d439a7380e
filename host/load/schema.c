/*
 * schema.c - an instance's schema as our own: full-size structs whatever its maker knew,
 * checked, and one block with all its strings, so that one free gives it back.
 */
#include "load/plugin.h"

#include "base/pack.h"
#include "load/vtable.h"

#include <kiri/schema.h>

#include <stdlib.h>
#include <string.h>

#define MOST_UNIT 32u
#define MOST_HELP 512u

/* Members that the maker did not know are zero, those that we do not know are left out.
 */
static int normalise(const struct kiri_atom *a, const struct kiri_schema *theirs,
                     struct kiri_schema *out, struct kiri_field *fields,
                     struct kiri_error *err)
{
    size_t stride = a->field_size,
           bytes = stride < sizeof *fields ? stride : sizeof *fields;
    const char *from;

    if (theirs->size < VTABLE_LEAST_SCHEMA || theirs->size > VTABLE_MOST_SIZE)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "its schema has size %u: set it to sizeof(struct kiri_schema)",
                         theirs->size);
    memset(out, 0, sizeof *out);
    memcpy(out, theirs, theirs->size < sizeof *out ? theirs->size : sizeof *out);
    out->size = sizeof *out;
    if (out->n_fields < 1 || out->n_fields > KIRI_MAX_FIELDS || !out->fields)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "its schema has %u fields: 1..%u are possible",
                         out->fields ? out->n_fields : 0, KIRI_MAX_FIELDS);
    from = (const char *)out->fields;
    memset(fields, 0, out->n_fields * sizeof *fields);
    for (uint32_t i = 0; i < out->n_fields; i++)
        memcpy(&fields[i], from + i * stride, bytes);
    out->fields = fields;
    return 0;
}

/* a: whose it is; NULL: nobody's. */
static int check(const struct kiri_atom *a, const struct kiri_schema *s,
                 struct kiri_error *err)
{
    char why[256];

    if (kiri_schema_check(s, why, sizeof why))
        return kiri_fail(err, KIRI_BAD_DATA, "its schema is not valid: %s", why);
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];
        int learned =
            f->kind == KIRI_WORDS || (f->kind == KIRI_NUMBER && f->scale == KIRI_LEARNED);

        if (f->unit && strnlen(f->unit, MOST_UNIT + 1) > MOST_UNIT)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "its schema is not valid: %s: its unit is "
                             "longer than %u bytes",
                             f->name, MOST_UNIT);
        if (f->help && strnlen(f->help, MOST_HELP + 1) > MOST_HELP)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "its schema is not valid: %s: its help is "
                             "longer than %u bytes",
                             f->name, MOST_HELP);
        if (a && a->tokenize && learned)
            return kiri_fail(
                err, KIRI_BAD_DATA,
                "its schema is not valid: %s: an atom with its own tokenize() "
                "cannot have learned words",
                f->name);
    }
    return 0;
}

static uint32_t count(const char *const *words)
{
    uint32_t n = 0;

    while (words && words[n])
        n++;
    return n;
}

/* A CHOICE's words matter; another kind's are not looked at by anybody. */
static const char *const *choices_of(const struct kiri_field *f)
{
    return f->kind == KIRI_CHOICE ? f->choices : NULL;
}

/* schema | fields | lists of choices | strings */
static struct kiri_schema *deep_copy(const struct kiri_schema *s)
{
    size_t lists = 0, strings = 0;
    struct block {
        struct kiri_schema schema;
        struct kiri_field fields[];
    } * b;

    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];
        const char *const *words = choices_of(f);

        strings += pack_room(f->name) + pack_room(f->symbol) + pack_room(f->unit) +
                   pack_room(f->help);
        lists += words ? count(words) + 1 : 0;
        for (uint32_t k = 0; words && words[k]; k++)
            strings += pack_room(words[k]);
    }
    b = calloc(1, sizeof *b + s->n_fields * sizeof *b->fields + lists * sizeof(char *) +
                      strings);
    if (!b)
        return NULL;
    const char **list = (const char **)&b->fields[s->n_fields];
    char *at = (char *)(list + lists);
    b->schema = *s;
    b->schema.fields = b->fields;
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const char *const *words = choices_of(&s->fields[i]);
        struct kiri_field *f = &b->fields[i];

        *f = s->fields[i];
        f->name = pack_text(&at, f->name);
        f->symbol = pack_text(&at, f->symbol);
        f->unit = pack_text(&at, f->unit);
        f->help = pack_text(&at, f->help);
        f->choices = words ? list : NULL;
        for (uint32_t k = 0; words && words[k]; k++)
            *list++ = pack_text(&at, words[k]);
        list += words != NULL;
    }
    return &b->schema;
}

struct kiri_schema *plugin_schema_of(const struct kiri_atom *a, void *self,
                                     struct kiri_error *err)
{
    const struct kiri_schema *theirs = a->schema(self);
    struct kiri_field fields[KIRI_MAX_FIELDS];
    struct kiri_schema ours, *copy = NULL;

    if (!theirs)
        kiri_fail(err, KIRI_BAD_DATA, "its schema() returned NULL");
    else if (normalise(a, theirs, &ours, fields, err) == 0 && check(a, &ours, err) == 0) {
        copy = deep_copy(&ours);
        if (!copy)
            kiri_fail(err, KIRI_INTERNAL, "out of memory");
    }
    return copy;
}

struct kiri_schema *plugin_schema(const struct plugin *p, void *self,
                                  struct kiri_error *err)
{
    struct kiri_schema *s = plugin_schema_of(plugin_atom(p), self, err);

    if (!s)
        kiri_fail_in(err, "%s", plugin_path(p));
    return s;
}

struct kiri_schema *plugin_schema_copy(const struct kiri_schema *s,
                                       struct kiri_error *err)
{
    struct kiri_schema *copy;

    if (check(NULL, s, err))
        return NULL;
    copy = deep_copy(s);
    if (!copy)
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    return copy;
}

void plugin_schema_free(struct kiri_schema *s)
{
    free(s);
}
