#include "flow/keep.h"

#include "base/json.h"
#include "flow/keep_lessons.h"
#include "flow/model_file.h"
#include "flow/stream_state.h"
#include "model/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS 9 /* counters of the calibration, one tensor */

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

/* What waits behind the guard, three numbers a row; NULL when memory is short. */
static float *guards_of(const struct stream *s)
{
    float *all = calloc(GUARD_ROWS, 3 * sizeof *all);

    for (uint32_t i = 0; all && i < s->n_guarded; i++) {
        all[3 * i] = s->guarded[i].row;
        all[3 * i + 1] = s->guarded[i].six;
        all[3 * i + 2] = (float)s->guarded[i].counts;
    }
    return all;
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

/* The scores that hold the next ones back, age in rows and score, of both peaks one after
 * the other; NULL: memory is short. */
static double *holds_of(const struct stream *s)
{
    const struct peak *both[] = { &s->rules.held, &s->rules.once };
    double *pairs = calloc(both[0]->n + both[1]->n + 1, 2 * sizeof *pairs), *out = pairs;

    for (uint32_t k = 0; pairs && k < 2; k++)
        for (uint32_t i = 0; i < both[k]->n; i++) {
            const struct peak *p = both[k];
            const struct peak_entry *e = &p->queue[(p->first + i) % p->span];
            *out++ = (double)(p->at - e->row);
            *out++ = e->x;
        }
    return pairs;
}

static void put_holds(struct safetensors_writer *w, const struct stream *s,
                      const double *pairs)
{
    const struct peak *held = &s->rules.held, *once = &s->rules.once;

    if (!s->one_number)
        return;
    safetensors_put(w, "calibration.held", TENSOR_F64, 2, (uint64_t[]){ held->n, 2 },
                    pairs);
    safetensors_put(w, "calibration.six_peaks", TENSOR_F64, 2, (uint64_t[]){ once->n, 2 },
                    pairs + 2 * (size_t)held->n);
    safetensors_put(w, "calibration.breaches", TENSOR_F64, 1, &(uint64_t){ 3 },
                    &s->rules.breaches);
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

void *keep_save(const struct stream *s, const char *atom, size_t *len)
{
    struct safetensors_writer *w = safetensors_writer_new();
    struct buf words = { 0 };
    void *bytes;
    char hash[17];
    double sums[4] = { s->by_row.mean, s->by_row.m2, s->by_six.mean, s->by_six.m2 };
    uint32_t turns[TURNS] = { s->by_row.past.at, s->by_row.since, s->by_six.past.at,
                              s->by_six.since,   s->row_tail.at,  s->six_tail.at,
                              s->alarm.quiet,    s->alarm.open,   s->shift_rows };
    uint64_t guarded[2] = { s->n_guarded, 3 };
    float *guards = guards_of(s);
    double *holds = holds_of(s);
    struct keep_lessons *lessons = keep_lessons_of(s);
    uint64_t costs_shape[2] = { 0, s->densities.each };
    float *costs = costs_of(s, &costs_shape[0]);

    if (!w || !guards || !holds || !lessons || !costs) {
        safetensors_writer_free(w);
        free(guards);
        free(holds);
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
    model_put_past(w, "calibration.row", &s->by_row.past);
    model_put_past(w, "calibration.six", &s->by_six.past);
    model_put_past(w, "calibration.row_tail", &s->row_tail);
    model_put_past(w, "calibration.six_tail", &s->six_tail);
    safetensors_put(w, "calibration.guarded", TENSOR_F32, 2, guarded, guards);
    safetensors_put(w, "calibration.sums", TENSOR_F64, 1, &(uint64_t){ 4 }, sums);
    safetensors_put(w, "calibration.turns", TENSOR_U32, 1, &(uint64_t){ TURNS }, turns);
    safetensors_put(w, "calibration.last", TENSOR_F32, 1, &(uint64_t){ s->n_six },
                    s->six + QUIET_ROWS - s->n_six);
    safetensors_put(w, "blame.recent", TENSOR_F32, 2,
                    (uint64_t[]){ QUIET_ROWS, KIRI_MAX_FIELDS }, s->blame.recent);
    safetensors_put(w, "blame.sum", TENSOR_F64, 1, &(uint64_t){ KIRI_MAX_FIELDS },
                    s->blame.sum);
    put_language(w, s);
    put_holds(w, s, holds);
    keep_lessons_put(w, s, lessons);
    safetensors_put(w, "density", TENSOR_F32, 2, costs_shape, costs);
    bytes = model_build(w, s->gpt, s->trainer, &words, len);
    safetensors_writer_free(w);
    buf_free(&words);
    free(guards);
    free(holds);
    free(lessons);
    free(costs);
    return bytes;
}

/* ---- loading --------------------------------------------------------------------- */

static uint32_t counts_of(float saved)
{
    return saved >= NEVER ? NEVER : saved > 0 ? COUNTS : 0;
}

static int get_guarded(struct stream *s, const struct safetensors *st,
                       struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "calibration.guarded");
    float all[3 * GUARD_ROWS];

    if (!t || t->count % 3 || t->count > 3 * GUARD_ROWS)
        return kiri_fail(err, KIRI_BAD_DATA, "the calibration's newest rows are damaged");
    if (safetensors_copy(st, "calibration.guarded", TENSOR_F32, t->count, all, err))
        return -1;
    s->n_guarded = (uint32_t)t->count / 3;
    for (uint32_t i = 0; i < s->n_guarded; i++)
        s->guarded[i] =
            (struct guarded){ all[3 * i], all[3 * i + 1], counts_of(all[3 * i + 2]) };
    return 0;
}

static int get_calibration(struct stream *s, const struct safetensors *st,
                           struct kiri_error *err)
{
    const struct tensor *last = safetensors_find(st, "calibration.last");
    double sums[4];
    uint32_t turns[TURNS];

    if (safetensors_copy(st, "calibration.sums", TENSOR_F64, 4, sums, err) ||
        safetensors_copy(st, "calibration.turns", TENSOR_U32, TURNS, turns, err))
        return -1;
    if (!last || last->count > QUIET_ROWS || turns[1] > PAST_ROWS ||
        turns[3] > PAST_ROWS || turns[6] > QUIET_ROWS || turns[7] > 1 || sums[1] < 0 ||
        sums[3] < 0)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "the calibration's counters are out of range");
    s->n_six = (uint32_t)last->count;
    if (safetensors_copy(st, "calibration.last", TENSOR_F32, s->n_six,
                         s->six + QUIET_ROWS - s->n_six, err) ||
        model_get_past(st, "calibration.row", turns[0], &s->by_row.past, err) ||
        model_get_past(st, "calibration.six", turns[2], &s->by_six.past, err) ||
        model_get_past(st, "calibration.row_tail", turns[4], &s->row_tail, err) ||
        model_get_past(st, "calibration.six_tail", turns[5], &s->six_tail, err) ||
        get_guarded(s, st, err))
        return -1;
    s->by_row.mean = sums[0];
    s->by_row.m2 = sums[1];
    s->by_row.since = turns[1];
    s->by_six.mean = sums[2];
    s->by_six.m2 = sums[3];
    s->by_six.since = turns[3];
    s->alarm = (struct alarm){ turns[6], turns[7] };
    s->shift_rows = turns[8];
    return 0;
}

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

/* What the open alarm's rows were about; a file of an older version does not say. */
static int get_blame(struct stream *s, const struct safetensors *st,
                     struct kiri_error *err)
{
    struct blame *b = &s->blame;

    if (!safetensors_find(st, "blame.recent"))
        return 0;
    return safetensors_copy(st, "blame.recent", TENSOR_F32, QUIET_ROWS * KIRI_MAX_FIELDS,
                            b->recent, err) ||
                   safetensors_copy(st, "blame.sum", TENSOR_F64, KIRI_MAX_FIELDS, b->sum,
                                    err)
               ? -1
               : 0;
}

static int get_peak(struct peak *p, const struct safetensors *st, const char *name,
                    struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, name);
    double pairs[2 * RULES_HOLD];

    if (t && t->count % 2 == 0 && t->count <= sizeof pairs / sizeof *pairs &&
        safetensors_copy(st, name, TENSOR_F64, t->count, pairs, err) == 0) {
        uint32_t n = (uint32_t)t->count / 2, old = 0;
        while (old < n && pairs[2 * (size_t)old] > p->span)
            old++; /* another warm-up, and so a shorter hold, is configured now */
        if (peak_restore(p, pairs + 2 * (size_t)old, n - old) == 0)
            return 0;
    }
    return kiri_fail(err, KIRI_BAD_DATA, "%s is missing or damaged", name);
}

/* Files from before breaches were counted have none. */
static int get_breaches(struct breaches *b, const struct safetensors *st,
                        struct kiri_error *err)
{
    double all[3];

    if (!safetensors_find(st, "calibration.breaches"))
        return 0;
    if (safetensors_copy(st, "calibration.breaches", TENSOR_F64, 3, all, err))
        return -1;
    for (int i = 0; i < 3; i++)
        if (!isfinite(all[i]) || all[i] < 0)
            return kiri_fail(err, KIRI_BAD_DATA, "the breaches of the range are damaged");
    *b = (struct breaches){ all[0], all[1], all[2] };
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
        get_calibration(fresh, st, err) || get_blame(fresh, st, err) ||
        get_language(fresh, st, err) || keep_lessons_get(fresh, st, err) ||
        get_retraining(fresh, st, err))
        goto done;
    if (fresh->one_number &&
        (get_peak(&fresh->rules.held, st, "calibration.held", err) ||
         get_peak(&fresh->rules.once, st, "calibration.six_peaks", err) ||
         get_breaches(&fresh->rules.breaches, st, err)))
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
