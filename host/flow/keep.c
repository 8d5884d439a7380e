#include "flow/keep.h"

#include "base/json.h"
#include "flow/keep_calibration.h"
#include "flow/keep_lessons.h"
#include "flow/model_file.h"
#include "flow/stream_state.h"
#include "model/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- saving ---------------------------------------------------------------------- */

/* The language in words, for `kiri inspect` and for people with another tool. */
static void spell_schema(const struct kiri_schema *schema, struct buf *out)
{
    static const char *const kinds[] = { "number", "choice", "text",
                                         "words",  "hour",   "weekday" };
    static const char *const scales[] = { "linear", "log", "learned" };
    struct jsonw j = jsonw_into(out);

    jsonw_array(&j);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct kiri_field *f = &schema->fields[i];
        jsonw_object(&j);
        jsonw_kstr(&j, "name", f->name);
        if (f->symbol)
            jsonw_kstr(&j, "symbol", f->symbol);
        if (f->unit)
            jsonw_kstr(&j, "unit", f->unit);
        jsonw_kstr(&j, "kind", kinds[f->kind]);
        if (f->kind == KIRI_NUMBER) {
            jsonw_kstr(&j, "scale", scales[f->scale]);
            jsonw_knum(&j, "lo", f->lo, 9);
            jsonw_knum(&j, "hi", f->hi, 9);
            jsonw_kint(&j, "buckets", f->buckets);
        }
        if (f->kind == KIRI_TEXT)
            jsonw_kint(&j, "max_len", f->max_len);
        if (f->kind == KIRI_CHOICE) {
            jsonw_key(&j, "choices");
            jsonw_array(&j);
            for (const char *const *c = f->choices; *c; c++)
                jsonw_string(&j, *c);
            jsonw_end(&j);
        }
        if (f->flags & KIRI_CONTEXT)
            jsonw_kbool(&j, "context", 1);
        jsonw_end(&j);
    }
    jsonw_end(&j);
}

/* The edges of learned numbers: lo, hi, the inner ones, of each. */
static void put_language(struct safetensors_writer *w, const struct stream *s)
{
    const struct language *l = &s->language;

    _Static_assert(sizeof *l->edges == (EDGES_INNER + 1) * sizeof(double),
                   "edges are numbers only");
    if (!l->n)
        return;
    model_put_number(w, "language_revision", l->revision);
    safetensors_put(w, "language.edges", TENSOR_F64, 2,
                    (uint64_t[]){ l->n, EDGES_INNER + 1 }, l->edges);
}

/* What the newest rows cost, oldest first; NULL: memory is short. */
static float *costs_of(const struct stream *s, uint64_t *n)
{
    const struct densities *d = &s->densities;
    float *all;

    *n = s->rows < DENSITY_ROWS ? s->rows : DENSITY_ROWS;
    all = malloc((*n + 1) * d->each * sizeof *all);
    for (uint64_t i = 0; all && i < *n; i++)
        memcpy(all + i * d->each, densities_at(d, s->rows - *n + i),
               d->each * sizeof *all);
    return all;
}

static void *save(const struct stream *s, const char *atom, size_t *len)
{
    struct safetensors_writer *w = safetensors_writer_new();
    struct buf words = { 0 };
    void *bytes;
    char hash[17];
    struct keep_calibration *calibration = keep_calibration_of(s);
    struct keep_lessons *lessons = keep_lessons_of(s);
    uint64_t costs_shape[2] = { 0, s->densities.each };
    float *costs = costs_of(s, &costs_shape[0]);

    if (!w || !calibration || !lessons || !costs) {
        safetensors_writer_free(w);
        free(calibration);
        free(lessons);
        free(costs);
        return NULL;
    }
    snprintf(hash, sizeof hash, "%016" PRIx64, kiri_schema_hash(s->schema));
    spell_schema(s->schema, &words);
    safetensors_put_meta(w, "format", MODEL_FORMAT);
    safetensors_put_meta(w, "kind", "atom");
    safetensors_put_meta(w, "atom", atom);
    safetensors_put_meta(w, "schema", buf_text(&words));
    safetensors_put_meta(w, "schema_hash", hash);
    model_put_number(w, "gen", s->gen);
    model_put_number(w, "gens", s->gens);
    model_put_number(w, "history_from", s->history_from);
    model_put_number(w, "rows", s->rows);
    model_put_number(w, "last_id", s->last_id);
    model_put_number(w, "learned_at", s->learned_at);
    model_put_number(w, "first_ts", (uint64_t)s->first_ts);
    model_put_number(w, "last_ts", (uint64_t)s->last_ts);
    model_put_number(w, "sides_on", (uint64_t)s->sides_on);
    model_put_number(w, "alarms", s->alarms);
    model_put_number(w, "scored", s->scored);
    keep_calibration_put(w, s, calibration);
    put_language(w, s);
    keep_lessons_put(w, s, lessons);
    safetensors_put(w, "density", TENSOR_F32, 2, costs_shape, costs);
    bytes = model_build(w, s->gpt, s->trainer, &words, len);
    safetensors_writer_free(w);
    buf_free(&words);
    free(calibration);
    free(lessons);
    free(costs);
    return bytes;
}

void *keep_save(struct stream *s, const char *atom, size_t *len)
{
    const int rests = s->resting.values != NULL;
    void *bytes = stream_wake(s) ? NULL : save(s, atom, len);

    if (rests)
        stream_rest(s);
    return bytes;
}

/* ---- loading --------------------------------------------------------------------- */

static int get_counters(struct stream *s, const struct safetensors *st,
                        struct kiri_error *err)
{
    uint64_t first_ts, last_ts, sides_on;

    if (model_get_number(st, "gen", &s->gen, err) ||
        model_get_number(st, "rows", &s->rows, err) ||
        model_get_number(st, "last_id", &s->last_id, err) ||
        model_get_number(st, "learned_at", &s->learned_at, err) ||
        model_get_number(st, "first_ts", &first_ts, err) ||
        model_get_number(st, "last_ts", &last_ts, err) ||
        model_get_number(st, "sides_on", &sides_on, err) ||
        model_get_number(st, "alarms", &s->alarms, err) ||
        model_get_number(st, "scored", &s->scored, err))
        return -1;
    s->first_ts = (int64_t)first_ts;
    s->last_ts = (int64_t)last_ts;
    s->sides_on = sides_on != 0;
    return 0;
}

/* A file that was written before there was retraining has none of it. */
static int get_retraining(struct stream *s, const struct safetensors *st,
                          struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "density");
    const struct densities *d = &s->densities;
    uint64_t n;

    s->gens = s->gen;
    if (!t)
        return 0;
    n = t->n_dims == 2 && t->shape[1] == d->each ? t->shape[0] : UINT64_MAX;
    if (n > DENSITY_ROWS || n > s->rows)
        return kiri_fail(err, KIRI_BAD_DATA, "tensor density is of another shape");
    if (model_get_number(st, "gens", &s->gens, err) ||
        model_get_number(st, "history_from", &s->history_from, err))
        return -1;
    if (s->gens < s->gen || s->history_from > s->rows)
        return kiri_fail(err, KIRI_BAD_DATA, "metadata gens or history_from is damaged");
    float *all = malloc((n + 1) * d->each * sizeof *all);
    if (!all)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    int rc = safetensors_copy(st, "density", TENSOR_F32, n * d->each, all, err);
    for (uint64_t i = 0; rc == 0 && i < n; i++)
        memcpy(densities_at(d, s->rows - n + i), all + i * d->each,
               d->each * sizeof *all);
    free(all);
    return rc;
}

static int get_language(struct stream *s, const struct safetensors *st,
                        struct kiri_error *err)
{
    struct language *l = &s->language;

    if (!l->n)
        return 0;
    if (model_get_number(st, "language_revision", &l->revision, err) ||
        safetensors_copy(st, "language.edges", TENSOR_F64,
                         (size_t)l->n * (EDGES_INNER + 1), l->edges, err))
        return -1;
    for (uint32_t i = 0; i < l->n; i++)
        if (!edges_sound(&l->edges[i]))
            return kiri_fail(err, KIRI_BAD_DATA, "the edges of field %s are damaged",
                             s->schema->fields[l->learned[i]].name);
    return 0;
}

static int same_shape(const struct gpt_shape *a, const struct gpt_shape *b)
{
    return a->vocab == b->vocab && a->width == b->width && a->heads == b->heads &&
           a->layers == b->layers && a->context == b->context && a->sides == b->sides;
}

static int get_model(struct stream *s, const struct safetensors *st,
                     struct kiri_error *err)
{
    const struct gpt_shape *shape = gpt_shape_of(s->gpt);
    struct gpt *g = weights_get(st, err);

    if (!g)
        return -1;
    if (!same_shape(gpt_shape_of(g), shape)) {
        gpt_free(g);
        return kiri_fail(err, KIRI_BAD_DATA,
                         "the model has another shape than its language");
    }
    gpt_free(s->gpt);
    s->gpt = g;
    s->trainer = gpt_trainer_new(gpt_shape_of(g), STREAM_BATCH); /* shape is gone */
    if (!s->trainer)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    return weights_get_moments(st, s->trainer, err) < 0 ? -1 : 0;
}

/* The language of the file against ours. */
static int check_language(const struct stream *s, const struct safetensors *st,
                          uint64_t *hash, struct kiri_error *err)
{
    const char *format = safetensors_meta(st, "format"),
               *kind = safetensors_meta(st, "kind");
    const char *text = safetensors_meta(st, "schema_hash");
    uint64_t ours = kiri_schema_hash(s->schema), theirs;
    char *end;

    if (!format || strcmp(format, MODEL_FORMAT) != 0)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "model format %.20s; this KIRI reads format " MODEL_FORMAT,
                         format ? format : "is not given");
    if (!kind || strcmp(kind, "atom") != 0)
        return kiri_fail(err, KIRI_BAD_DATA, "it is a %.20s model, not an atom's",
                         kind ? kind : "nameless");
    if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "metadata schema_hash is missing or damaged");
    theirs = strtoull(text, &end, 16);
    if (hash)
        *hash = theirs;
    if (theirs != ours)
        return kiri_fail(err, KIRI_HELD,
                         "it speaks another language (schema %016" PRIx64
                         ", the atom now speaks %016" PRIx64 ")",
                         theirs, ours);
    return 0;
}

int keep_load(struct stream *s, const void *bytes, size_t len, uint64_t *hash,
              struct kiri_error *err)
{
    char why[128];
    struct safetensors *st = safetensors_parse(bytes, len, err);
    struct stream *fresh = NULL;
    int rc = -1;

    if (!st || check_language(s, st, hash, err))
        goto done;
    fresh = stream_new(s->schema, &s->options, why, sizeof why);
    if (!fresh) {
        kiri_fail(err, KIRI_INTERNAL, "%s", why);
        goto done;
    }
    if (get_model(fresh, st, err) || get_counters(fresh, st, err) ||
        keep_calibration_get(fresh, st, err) || get_language(fresh, st, err) ||
        keep_lessons_get(fresh, st, err) || get_retraining(fresh, st, err))
        goto done;
    struct stream old = *s; /* all was sound: the two change places */
    *s = *fresh;
    *fresh = old;
    rc = 0;

done:
    stream_free(fresh);
    safetensors_free(st);
    return rc;
}

void keep_history(struct stream *s, uint32_t n)
{
    if (n > STREAM_KEEPS)
        n = STREAM_KEEPS;
    s->rows -= n < s->rows ? n : s->rows;
    s->n_kept = 0;
}
