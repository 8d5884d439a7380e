/* schema.c - sizes and identity of the language that a schema describes. */
#include "field.h"

#include <kiri/schema.h>

#include <assert.h>
#include <string.h>

uint32_t kiri_schema_vocab(const struct kiri_schema *s)
{
    uint32_t n = 1; /* BOS */

    for (uint32_t i = 0; i < s->n_fields; i++)
        n += kiri_field_ids(&s->fields[i]);
    return n;
}

uint32_t kiri_schema_bos(const struct kiri_schema *s)
{
    return kiri_schema_vocab(s) - 1;
}

uint32_t kiri_schema_words(const struct kiri_schema *s, uint32_t f, uint32_t *first)
{
    assert(f < s->n_fields);
    *first = 0;
    for (uint32_t i = 0; i < f; i++)
        *first += kiri_field_ids(&s->fields[i]);
    return kiri_field_ids(&s->fields[f]);
}

uint32_t kiri_schema_max_tokens(const struct kiri_schema *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];

        if (f->kind == KIRI_TEXT || f->kind == KIRI_WORDS)
            n += f->max_len + 1;
        else if (kiri_field_speaks(f))
            n++;
    }
    return n;
}

uint32_t kiri_schema_context(const struct kiri_schema *s)
{
    uint32_t speaking = 0;

    if (s->context)
        return s->context;
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];

        if (f->kind == KIRI_TEXT || f->kind == KIRI_WORDS)
            return 0;
        speaking += kiri_field_speaks(f) ? 1 : 0;
    }
    return speaking == 1 ? 64 : 8;
}

int kiri_schema_has_sides(const struct kiri_schema *s)
{
    for (uint32_t i = 0; i < s->n_fields; i++)
        if (!kiri_field_speaks(&s->fields[i]))
            return 1;
    return 0;
}

/* ---- identity: FNV-1a (Fowler, Noll, Vo), 64 bit ---------------------------- */

struct hash {
    uint64_t h;
};

static void add_byte(struct hash *h, unsigned char b)
{
    h->h = (h->h ^ b) * 0x100000001b3u;
}

/* Least significant byte first, whatever the machine. */
static void add_bits(struct hash *h, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++)
        add_byte(h, (unsigned char)(x >> (8 * i) & 0xff));
}

static void add_number(struct hash *h, double x)
{
    uint64_t bits;

    x += 0.0; /* -0 is 0 */
    memcpy(&bits, &x, sizeof bits);
    add_bits(h, bits, 8);
}

/* NULL differs from "", and no two lists of texts run together. */
static void add_text(struct hash *h, const char *s)
{
    add_byte(h, s ? 1 : 0);
    for (; s && *s; s++)
        add_byte(h, (unsigned char)*s);
    add_byte(h, 0);
}

/* Only what this kind uses: what stands in an unused member is not part of the language.
 */
static void add_field(struct hash *h, const struct kiri_field *f)
{
    add_text(h, f->name);
    add_text(h, f->symbol);
    add_bits(h, f->kind, 4);
    add_bits(h, f->flags, 4);
    switch (f->kind) {
    case KIRI_NUMBER:
        add_bits(h, f->scale, 4);
        if (f->scale != KIRI_LEARNED) {
            add_bits(h, f->buckets, 4);
            add_number(h, f->lo);
            add_number(h, f->hi);
        }
        break;
    case KIRI_CHOICE:
        add_bits(h, kiri_field_range(f), 4);
        for (uint32_t i = 0; f->choices[i]; i++)
            add_text(h, f->choices[i]);
        break;
    case KIRI_TEXT:
    case KIRI_WORDS: add_bits(h, f->max_len, 4); break;
    default: add_bits(h, kiri_field_values(f), 4); break;
    }
}

uint64_t kiri_schema_hash(const struct kiri_schema *s)
{
    struct hash h = { 0xcbf29ce484222325u };

    add_text(&h, "kiri schema 1");
    add_bits(&h, s->n_fields, 4);
    add_bits(&h, s->context, 4);
    add_bits(&h, s->aggregate, 4);
    for (uint32_t i = 0; i < s->n_fields; i++)
        add_field(&h, &s->fields[i]);
    return h.h;
}
