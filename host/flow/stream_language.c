#include "flow/stream_language.h"

#include "flow/edges_sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void language_reword(struct language *l, const struct kiri_schema *same)
{
    l->spoken = *same;
    l->spoken.fields = l->field;
    l->n = 0;
    for (uint32_t i = 0; i < same->n_fields; i++) {
        l->field[i] = same->fields[i];
        if (l->field[i].kind != KIRI_NUMBER || l->field[i].scale != KIRI_LEARNED)
            continue;
        l->field[i].scale = KIRI_LINEAR;
        l->field[i].lo = 0;
        l->field[i].hi = EDGES_WORDS;
        l->field[i].buckets = EDGES_WORDS;
        l->learned[l->n++] = i;
    }
}

int language_init(struct language *l, const struct kiri_schema *schema)
{
    *l = (struct language){ .field = calloc(schema->n_fields, sizeof *l->field) };
    if (!l->field)
        return -1;
    language_reword(l, schema);
    if (l->n)
        l->edges = calloc(l->n, sizeof *l->edges);
    return l->n && !l->edges ? -1 : 0;
}

void language_fini(struct language *l)
{
    free(l->field);
    free(l->edges);
    l->field = NULL;
    l->edges = NULL;
}

uint32_t language_word(const struct language *l, uint32_t i, double x)
{
    return l->revision ? edges_word(&l->edges[i], x) : EDGES_WORDS / 2;
}

const union kiri_value *language_say(struct language *l, const union kiri_value *in)
{
    if (!l->n)
        return in;
    memcpy(l->said, in, l->spoken.n_fields * sizeof *in);
    for (uint32_t i = 0; i < l->n; i++) {
        double *x = &l->said[l->learned[i]].num;
        if (isnan(*x))
            continue;
        *x = 0.5 + language_word(l, i, *x);
    }
    return l->said;
}

int language_in_reach(double x)
{
    return fabs(x) < 1e308;
}

void language_fit(struct language *l, uint32_t i, double *values, double *spare,
                  size_t n_values)
{
    size_t n = 0;

    for (size_t k = 0; k < n_values; k++)
        if (language_in_reach(values[k]))
            values[n++] = values[k];
    if (!n)
        return;
    edges_sort(values, spare, n);
    edges_fit(&l->edges[i], values, n);
}

void language_range(const struct language *l, uint32_t f, uint32_t k,
                    struct verdict_range *out)
{
    const struct kiri_field *field = &l->field[f];

    *out = (struct verdict_range){ (double)NAN, (double)NAN };
    if (field->kind != KIRI_NUMBER || k >= field->buckets)
        return;
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->learned[i] != f)
            continue;
        if (l->revision)
            edges_range(&l->edges[i], k, &out->lo, &out->hi);
        return;
    }
    kiri_bucket(field, k, &out->lo, &out->hi);
}
