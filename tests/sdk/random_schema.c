#include "random_schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint64_t next(struct random_schema *r)
{
    uint64_t z = (r->rng += 0x9e3779b97f4a7c15u); /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t random_below(struct random_schema *r, uint32_t n)
{
    return (uint32_t)(next(r) >> 32) % n;
}

static double uniform(struct random_schema *r, double lo, double hi)
{
    return lo + (hi - lo) * (double)(next(r) >> 11) * 0x1p-53;
}

static void number(struct random_schema *r, struct kiri_field *f, int learned)
{
    f->scale = random_below(r, learned ? 3 : 2);
    f->buckets = 2 + random_below(r, 255);
    f->lo = f->scale == KIRI_LOG ? pow(10, uniform(r, -12, 12)) : uniform(r, -1e6, 1e6);
    f->hi = f->scale == KIRI_LOG ? f->lo * pow(10, uniform(r, .01, 12))
                                 : f->lo + pow(10, uniform(r, -3, 9));
}

static void choice(struct random_schema *r, struct kiri_field *f, const char **list)
{
    static const char *const words[] = { "ok", "alert", "suppress", "retrain", "1",
                                         "=",  "a b",   "\xc3\xa9", "up",      "down" };
    uint32_t n = 2 + random_below(r, 9);

    for (uint32_t i = 0; i < n; i++)
        list[i] = words[i];
    list[n] = NULL;
    f->choices = list;
}

static void field(struct random_schema *r, uint32_t i, int learned)
{
    struct kiri_field *f = &r->fields[i];

    snprintf(r->names[i], sizeof r->names[i], "f%u", i);
    *f = (struct kiri_field){ .name = r->names[i], .kind = random_below(r, 6) };
    if (random_below(r, 2)) { /* A.., A..1: some end in a digit, some do not */
        snprintf(r->symbols[i], sizeof r->symbols[i],
                 random_below(r, 2) ? "%c%c" : "%c%c1", (int)('A' + i / 26),
                 (int)('A' + i % 26));
        f->symbol = r->symbols[i];
    }
    f->flags = random_below(r, 2) ? KIRI_ALWAYS : 0;
    if (i > 0 && random_below(r, 4) == 0)
        f->flags |= KIRI_CONTEXT;
    if (i == 0 && f->kind > KIRI_TEXT)
        f->kind = KIRI_NUMBER; /* something is always scored */
    if (f->kind == KIRI_WORDS && !learned)
        f->kind = KIRI_CHOICE;
    switch (f->kind) {
    case KIRI_NUMBER: number(r, f, learned); break;
    case KIRI_CHOICE: choice(r, f, r->choices[i]); break;
    case KIRI_TEXT:
    case KIRI_WORDS: f->max_len = 1 + random_below(r, 256); break;
    default:
        f->flags |= KIRI_SPOKEN;
        f->buckets = random_below(r, f->kind == KIRI_HOUR ? 25 : 8);
        f->buckets = f->buckets == 1 ? 0 : f->buckets;
        break;
    }
}

/* One HOUR may stay unspoken. */
static void hush(struct random_schema *r)
{
    for (uint32_t i = 0; i < r->schema.n_fields; i++)
        if (r->fields[i].kind == KIRI_HOUR) {
            r->fields[i].flags &= ~KIRI_SPOKEN;
            return;
        }
}

void random_schema_make(struct random_schema *r, uint64_t seed, int learned)
{
    memset(r, 0, sizeof *r);
    r->rng = seed;
    r->schema = (struct kiri_schema){ .size = sizeof r->schema,
                                      .n_fields = 1 + random_below(r, KIRI_MAX_FIELDS),
                                      .fields = r->fields,
                                      .context = random_below(r, 257),
                                      .aggregate = random_below(r, 5) };
    for (uint32_t i = 0; i < r->schema.n_fields; i++)
        field(r, i, learned);
    hush(r);
}

void random_schema_observe(struct random_schema *r, const char pool[512])
{
    static const double odd[] = {
        NAN, INFINITY, -INFINITY, 0, -0.0, 1e308, -1e308, 5e-324
    };

    kiri_missing(&r->schema, r->values);
    for (uint32_t i = 0; i < r->schema.n_fields; i++) {
        const struct kiri_field *f = &r->fields[i];
        union kiri_value *v = &r->values[i];
        double span = f->hi - f->lo;

        if (random_below(r, 8) == 0)
            continue;
        if (f->kind == KIRI_NUMBER)
            v->num = random_below(r, 8) ? uniform(r, f->lo - span / 4, f->hi + span / 4)
                                        : odd[random_below(r, 8)];
        else if (f->kind == KIRI_TEXT)
            v->text.ptr = pool, v->text.len = random_below(r, 512);
        else if (f->kind != KIRI_WORDS)
            v->choice = random_below(r, 8) ? (int32_t)random_below(r, 24)
                                           : (int32_t)(uint32_t)next(r);
    }
}
