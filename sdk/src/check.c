/*
 * check.c - is this a schema? The only room here that reads what nobody has checked yet:
 * every count is compared before it is used, every string is read only as far as its
 * rule.
 */
#include "field.h"

#include <kiri/schema.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN   32u
#define SYMBOL_MAX_LEN 8u
#define WORD_MAX_LEN   32u
#define MAX_CHOICES    256u
#define KNOWN_FLAGS    (KIRI_CONTEXT | KIRI_DECIDED | KIRI_ALWAYS | KIRI_SPOKEN)

/* Ids are 16 bits wide; with these bounds no schema can need more. */
_Static_assert(KIRI_MAX_FIELDS *(KIRI_BYTES + 1) + 1 <= KIRI_MAX_VOCAB,
               "ids are 16 bits");

struct complaint {
    char *why;
    size_t cap;
};

static int refuse(const struct complaint *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int refuse(const struct complaint *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (c->why && c->cap > 0)
        vsnprintf(c->why, c->cap, fmt, ap);
    va_end(ap);
    return -1;
}

/* A letter, then letters, digits and '_', at most max bytes; capitals only if allowed. */
static int identifier(const char *s, size_t max, int capitals)
{
    for (size_t i = 0; i <= max; i++) {
        char c = s[i];
        int small = c >= 'a' && c <= 'z', big = c >= 'A' && c <= 'Z';
        int other = i > 0 && ((c >= '0' && c <= '9') || c == '_');

        if (c == '\0')
            return i > 0;
        if (!small && !other && !(big && capitals))
            return 0;
    }
    return 0;
}

/* 1..32 bytes, none of them a control character. */
static int printable(const char *word)
{
    for (size_t i = 0; i <= WORD_MAX_LEN; i++) {
        unsigned char c = (unsigned char)word[i];

        if (c == '\0')
            return i > 0;
        if (c < 0x20 || c == 0x7f)
            return 0;
    }
    return 0;
}

static int check_names(const struct kiri_schema *s, uint32_t i, const struct complaint *c)
{
    const struct kiri_field *f = &s->fields[i];

    if (!f->name || !identifier(f->name, NAME_MAX_LEN, 0))
        return refuse(c, "field %u: its name must be like [a-z][a-z0-9_]{0,31}", i);
    if (f->symbol && !identifier(f->symbol, SYMBOL_MAX_LEN, 1))
        return refuse(c, "%s: its symbol must be like [A-Za-z][A-Za-z0-9_]{0,7}",
                      f->name);
    for (uint32_t k = 0; k < i; k++) {
        const struct kiri_field *g = &s->fields[k];

        if (strcmp(f->name, g->name) == 0)
            return refuse(c, "%s: fields %u and %u have the same name", f->name, k, i);
        if (strcmp(kiri_field_symbol(f), kiri_field_symbol(g)) == 0)
            return refuse(c, "%s: its symbol '%s' is also that of %s", f->name,
                          kiri_field_symbol(f), g->name);
    }
    return 0;
}

static int check_flags(const struct kiri_field *f, const struct complaint *c)
{
    int clock = f->kind == KIRI_HOUR || f->kind == KIRI_WEEKDAY;

    if (f->flags & ~KNOWN_FLAGS)
        return refuse(c, "%s: flags 0x%x are not known", f->name,
                      f->flags & ~KNOWN_FLAGS);
    if ((f->flags & KIRI_SPOKEN) && !clock)
        return refuse(c, "%s: SPOKEN is only for HOUR and WEEKDAY", f->name);
    if ((f->flags & KIRI_DECIDED) && f->kind != KIRI_CHOICE)
        return refuse(c, "%s: only a CHOICE can be DECIDED", f->name);
    if ((f->flags & KIRI_DECIDED) && (f->flags & KIRI_CONTEXT))
        return refuse(c, "%s: DECIDED and CONTEXT exclude each other", f->name);
    return 0;
}

static int check_number(const struct kiri_field *f, const struct complaint *c)
{
    if (f->scale > KIRI_LEARNED)
        return refuse(c, "%s: scale %u is not known", f->name, f->scale);
    if (f->scale == KIRI_LEARNED)
        return 0;
    if (f->buckets < 2 || f->buckets > 256)
        return refuse(c, "%s: buckets must be 2..256, not %u", f->name, f->buckets);
    if (!isfinite(f->lo) || !isfinite(f->hi))
        return refuse(c, "%s: lo and hi must be finite", f->name);
    if (!(f->lo < f->hi))
        return refuse(c, "%s: lo must be < hi", f->name);
    if (f->scale == KIRI_LOG && !(f->lo > 0))
        return refuse(c, "%s: lo must be > 0 on a LOG scale", f->name);
    for (uint32_t k = 0; k < f->buckets; k++) {
        double from = kiri_field_edge(f, k), to = kiri_field_edge(f, k + 1);

        if (!isfinite(from) || !(from < to))
            return refuse(c, "%s: [%g, %g] cannot be cut into %u buckets", f->name, f->lo,
                          f->hi, f->buckets);
    }
    return 0;
}

static int check_choices(const struct kiri_field *f, const struct complaint *c)
{
    uint32_t n = 0;

    if (!f->choices)
        return refuse(c, "%s: a CHOICE needs choices", f->name);
    for (; f->choices[n]; n++) {
        if (n == MAX_CHOICES)
            return refuse(c, "%s: more than %u choices, or no NULL after the last",
                          f->name, MAX_CHOICES);
        if (!printable(f->choices[n]))
            return refuse(c,
                          "%s: choice %u must be 1..%u bytes without control characters",
                          f->name, n, WORD_MAX_LEN);
        for (uint32_t k = 0; k < n; k++)
            if (strcmp(f->choices[k], f->choices[n]) == 0)
                return refuse(c, "%s: choice '%s' stands there twice", f->name,
                              f->choices[n]);
    }
    if (n < 2)
        return refuse(c, "%s: a CHOICE needs 2 choices or more, not %u", f->name, n);
    return 0;
}

static int check_clock(const struct kiri_schema *s, uint32_t i, const struct complaint *c)
{
    const struct kiri_field *f = &s->fields[i];
    uint32_t most = kiri_field_range(f);

    if (f->flags & KIRI_SPOKEN) {
        if (f->buckets == 1 || f->buckets > most)
            return refuse(c, "%s: buckets must be 2..%u, or 0, not %u", f->name, most,
                          f->buckets);
        return 0;
    }
    for (uint32_t k = 0; k < i; k++)
        if (s->fields[k].kind == f->kind && !(s->fields[k].flags & KIRI_SPOKEN))
            return refuse(c, "%s: %s is that side of the row already; keep one", f->name,
                          s->fields[k].name);
    return 0;
}

static int check_field(const struct kiri_schema *s, uint32_t i, const struct complaint *c)
{
    const struct kiri_field *f = &s->fields[i];

    if (check_names(s, i, c) != 0 || check_flags(f, c) != 0)
        return -1;
    switch (f->kind) {
    case KIRI_NUMBER: return check_number(f, c);
    case KIRI_CHOICE: return check_choices(f, c);
    case KIRI_TEXT:
    case KIRI_WORDS:
        if (f->max_len < 1 || f->max_len > KIRI_MAX_LEN)
            return refuse(c, "%s: max_len must be 1..%u, not %u", f->name, KIRI_MAX_LEN,
                          f->max_len);
        return 0;
    case KIRI_HOUR:
    case KIRI_WEEKDAY: return check_clock(s, i, c);
    default: return refuse(c, "%s: kind %u is not known", f->name, f->kind);
    }
}

int kiri_schema_check(const struct kiri_schema *s, char *why, size_t cap)
{
    const struct complaint c = { why, cap };
    uint32_t scored = 0;

    if (!s)
        return refuse(&c, "there is no schema");
    if (s->size < offsetof(struct kiri_schema, aggregate) + sizeof s->aggregate)
        return refuse(&c, "size is %u; set it to sizeof(struct kiri_schema)", s->size);
    if (s->n_fields < 1 || s->n_fields > KIRI_MAX_FIELDS)
        return refuse(&c, "n_fields must be 1..%u, not %u", KIRI_MAX_FIELDS, s->n_fields);
    if (!s->fields)
        return refuse(&c, "fields is NULL");
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];

        if (check_field(s, i, &c) != 0)
            return -1;
        if (kiri_field_speaks(f) && !(f->flags & KIRI_CONTEXT))
            scored++;
    }
    if (s->context > 256)
        return refuse(&c, "context must be 0..256, not %u", s->context);
    if (s->aggregate > KIRI_SUM)
        return refuse(&c, "aggregate %u is not known", s->aggregate);
    if (scored == 0)
        return refuse(&c, "no field is scored: each is CONTEXT, or an unspoken clock");
    return 0;
}
