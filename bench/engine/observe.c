#include "bench/engine/observe.h"

#include "bench/engine/peak.h"
#include "flow/stream.h"

#include <math.h>
#include <stdlib.h>

#define WARMUP 750u
#define SEED   1u
#define BURST  200u /* rows: a window is filled anew many times */

struct observe {
    const struct kiri_schema *schema;
    struct stream *stream;
    struct gpt_rng rng;
    uint64_t row;
    double level[KIRI_MAX_FIELDS]; /* part of the field's range */
    union kiri_value v[KIRI_MAX_FIELDS];
    struct verdict verdict;
};

static double value_at(const struct kiri_field *f, double part)
{
    return f->scale == KIRI_LOG ? f->lo * pow(f->hi / f->lo, part)
                                : f->lo + part * (f->hi - f->lo);
}

/* Each number wanders in its range. */
static void draw_row(struct observe *o)
{
    kiri_missing(o->schema, o->v);
    for (uint32_t i = 0; i < o->schema->n_fields; i++) {
        const struct kiri_field *f = &o->schema->fields[i];
        o->level[i] = .5 + .9 * (o->level[i] - .5) + .05 * gpt_rng_gauss(&o->rng);
        if (f->kind == KIRI_NUMBER)
            o->v[i].num = value_at(f, o->level[i]);
        else
            o->v[i].choice =
                o->level[i] > .4; /* a choice's second word, an hour, a day */
    }
}

static int push(struct observe *o)
{
    const struct stream_row row = { o->row + 1, (int64_t)o->row * 5000, o->v };

    o->row++;
    return stream_push(o->stream, &row, &o->verdict);
}

struct observe *observe_new(const struct kiri_schema *schema)
{
    const struct stream_options options = { .seed = SEED, .warmup = WARMUP };
    struct observe *o = calloc(1, sizeof *o);
    struct stream_lesson lesson;
    char why[256];

    if (!o)
        return NULL;
    o->schema = schema;
    gpt_rng_seed(&o->rng, SEED);
    for (uint32_t i = 0; i < schema->n_fields; i++)
        o->level[i] = .5;
    o->stream = stream_new(schema, &options, why, sizeof why);
    int rc = o->stream ? 0 : -1;
    for (uint32_t i = 0; rc == 0 && i < WARMUP; i++) {
        draw_row(o);
        rc = push(o);
    }
    if (rc == 0)
        rc = stream_learn(o->stream, NULL, NULL, NULL, &lesson);
    if (rc) {
        observe_free(o);
        return NULL;
    }
    return o;
}

void observe_free(struct observe *o)
{
    if (!o)
        return;
    stream_free(o->stream);
    free(o);
}

static double burst_us(struct observe *o)
{
    double took = 0;

    for (unsigned i = 0; i < BURST; i++) {
        draw_row(o);
        if (stream_due(o->stream) != STREAM_NOTHING)
            stream_skip(o->stream);
        const double began = peak_now();
        if (push(o))
            return -1;
        took += peak_now() - began;
    }
    return 1e6 * took / BURST;
}

double observe_us(struct observe *o, unsigned bursts)
{
    double least = burst_us(o);

    for (unsigned i = 1; i < bursts && least >= 0; i++) {
        const double us = burst_us(o);
        least = us < least ? us : least;
    }
    return least;
}
