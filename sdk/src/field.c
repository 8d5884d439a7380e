/* field.c - what can be said about one field alone. */
#include "field.h"

#include <math.h>

int kiri_field_speaks(const struct kiri_field *f)
{
    if (f->kind == KIRI_HOUR || f->kind == KIRI_WEEKDAY)
        return (f->flags & KIRI_SPOKEN) != 0;
    return 1;
}

uint32_t kiri_field_range(const struct kiri_field *f)
{
    uint32_t n = 0;

    switch (f->kind) {
    case KIRI_HOUR: return 24;
    case KIRI_WEEKDAY: return 7;
    case KIRI_CHOICE:
        while (f->choices[n])
            n++;
        return n;
    default: return 0;
    }
}

uint32_t kiri_field_values(const struct kiri_field *f)
{
    switch (f->kind) {
    case KIRI_NUMBER: return f->scale == KIRI_LEARNED ? KIRI_LEARNED_WORDS : f->buckets;
    case KIRI_TEXT: return KIRI_BYTES;
    case KIRI_CHOICE: return kiri_field_range(f);
    case KIRI_HOUR:
    case KIRI_WEEKDAY:
        if (!kiri_field_speaks(f))
            return 0;
        return f->buckets ? f->buckets : kiri_field_range(f);
    default: return 0;
    }
}

uint32_t kiri_field_ids(const struct kiri_field *f)
{
    if (!kiri_field_speaks(f))
        return 0;
    return kiri_field_values(f) + (f->flags & KIRI_ALWAYS ? 0 : 1);
}

const char *kiri_field_symbol(const struct kiri_field *f)
{
    return f->symbol ? f->symbol : f->name;
}

double kiri_field_edge(const struct kiri_field *f, uint32_t k)
{
    if (k == 0)
        return f->lo;
    if (k >= f->buckets)
        return f->hi;
    if (f->scale == KIRI_LINEAR)
        return f->lo + (f->hi - f->lo) * k / f->buckets;

    /* Base ten: with pow, whole decades come out as the numbers that people wrote. */
    double from = log10(f->lo), to = log10(f->hi);
    return pow(10, from + (to - from) * k / f->buckets);
}
