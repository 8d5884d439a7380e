/* words.c - token ids as people read them. */
#include "field.h"

#include <kiri/schema.h>

#include <stdio.h>
#include <string.h>

uint32_t kiri_field_of(const struct kiri_schema *s, uint32_t id)
{
    uint32_t end = 0;

    for (uint32_t i = 0; i < s->n_fields; i++) {
        end += kiri_field_ids(&s->fields[i]);
        if (id < end)
            return i;
    }
    return s->n_fields;
}

static int ends_in_a_digit(const char *s)
{
    size_t n = strlen(s);

    return n > 0 && s[n - 1] >= '0' && s[n - 1] <= '9';
}

/* snprintf's answer is what it wanted to write; ours is what stands there. */
static int written(int wanted, size_t cap)
{
    if (cap == 0 || wanted < 0)
        return 0;
    return (size_t)wanted < cap ? wanted : (int)(cap - 1);
}

static int value_word(const struct kiri_field *f, uint32_t k, char *buf, size_t cap)
{
    const char *symbol = kiri_field_symbol(f);

    if (f->kind == KIRI_TEXT)
        return snprintf(buf, cap, k >= 0x20 && k < 0x7f ? "%c" : "\\x%02x", (int)k);
    if (f->kind == KIRI_CHOICE && !f->symbol)
        return snprintf(buf, cap, "%s=%s", f->name, f->choices[k]);
    return snprintf(buf, cap, "%s%s%u", symbol, ends_in_a_digit(symbol) ? ":" : "", k);
}

int kiri_word(const struct kiri_schema *s, uint32_t id, char *buf, size_t cap)
{
    uint32_t i = kiri_field_of(s, id), first;

    if (i == s->n_fields) {
        const char *word = id == kiri_schema_bos(s) ? "<end>" : "<unknown>";
        return written(snprintf(buf, cap, "%s", word), cap);
    }
    kiri_schema_words(s, i, &first);

    const struct kiri_field *f = &s->fields[i];
    if (id - first < kiri_field_values(f))
        return written(value_word(f, id - first, buf, cap), cap);
    return written(snprintf(buf, cap, "%s?", kiri_field_symbol(f)), cap);
}
