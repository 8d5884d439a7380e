#include "flow/stream_density.h"

#include "flow/stream_state.h"

#include <math.h>
#include <stdlib.h>

#define PARTS 1000.0 /* of the range, that are told apart */

int densities_init(struct densities *d, uint32_t n_learned)
{
    d->each = 1 + n_learned;
    d->cell = malloc((size_t)DENSITY_ROWS * d->each * sizeof *d->cell);
    if (!d->cell)
        return -1;
    for (size_t i = 0; i < (size_t)DENSITY_ROWS * d->each; i++)
        d->cell[i] = DENSITY_NONE;
    return 0;
}

void densities_fini(struct densities *d)
{
    free(d->cell);
    d->cell = NULL;
}

float *densities_at(const struct densities *d, uint64_t row)
{
    return d->cell + (size_t)(row % DENSITY_ROWS) * d->each;
}

static int is_scored(const struct stream *s, uint32_t f)
{
    return !(s->schema->fields[f].flags & KIRI_CONTEXT);
}

uint32_t density_words(const struct stream *s, const struct memory *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n; i++)
        n += (uint32_t)is_scored(s, m->token[i].field);
    return n;
}

/* ln of the width of a bucket that the author has cut; 0: the word has none. */
static double bucket_width(const struct kiri_schema *schema, const struct kiri_token *t)
{
    const struct kiri_field *f = &schema->fields[t->field];
    double lo, hi;
    uint32_t first;

    if (f->kind != KIRI_NUMBER || f->scale == KIRI_LEARNED)
        return 0;
    kiri_schema_words(schema, t->field, &first);
    if (t->id - first >= f->buckets) /* missing */
        return 0;
    kiri_bucket(f, t->id - first, &lo, &hi);
    return log(hi - lo);
}

void density_note(struct stream *s, struct memory *m)
{
    const struct language *l = &s->language;
    float *cell = densities_at(&s->densities, s->rows);
    double nats = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n; i++) {
        if (!is_scored(s, m->token[i].field))
            continue;
        nats += (double)s->nll[i] + bucket_width(s->schema, &m->token[i]);
        n++;
    }
    cell[0] = s->gen && n ? (float)(nats / n) : DENSITY_NONE;
    for (uint32_t i = 0; i < l->n; i++) {
        double x = memory_values(m)[i];
        cell[1 + i] = DENSITY_NONE;
        if (l->revision && !isnan(x) && is_scored(s, l->learned[i]))
            cell[1 + i] = (float)edges_spread(&l->edges[i], x);
    }
}

double density_of(const struct densities *d, const float *cell, uint32_t words,
                  const double *finest)
{
    double widths = 0;

    for (uint32_t i = 1; i < d->each; i++)
        if (cell[i] < DENSITY_NONE && isfinite(finest[i - 1]))
            widths += fmax((double)cell[i], finest[i - 1]);
    return (double)cell[0] + widths / words;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double density_finest(double *values, uint32_t n_values)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < n_values; k++)
        if (isfinite(values[k]))
            values[n++] = values[k];
    if (!n)
        return (double)INFINITY;
    qsort(values, n, sizeof *values, by_value);
    double range = values[n - 1 - n / 20] - values[n / 20];
    if (!(range > 0))
        range = values[n - 1] - values[0];
    return range > 0 ? log(range) - log(PARTS) : (double)INFINITY;
}
