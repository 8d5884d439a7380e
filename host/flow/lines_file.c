/*
 * A text model as a file: metadata format "1", kind "text" or "symbols", the weights, and
 * for text the schema and the held-back rows' sums and worst tokens, for symbols the
 * vocabulary as bytes, each word ended by NUL.
 */
#include "flow/lines_state.h"

#include "base/json.h"
#include "base/path.h"
#include "flow/model_file.h"
#include "model/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing --------------------------------------------------------------------- */

/* What follows from the calibration, for people. */
static void put_level(struct safetensors_writer *w, const char *key, double nats)
{
    char number[32];

    if (!isfinite(nats))
        return;
    snprintf(number, sizeof number, "%.6g", nats);
    safetensors_put_meta(w, key, number);
}

static void put_text(struct safetensors_writer *w, const struct lines *m,
                     struct buf *words)
{
    const uint32_t max_len = gpt_shape_of(m->gpt)->context - 1;
    struct lines_schema language;
    struct jsonw j = jsonw_into(words);
    double level[LINES_STATISTICS];
    char number[32];

    lines_schema(&language, max_len);
    jsonw_array(&j);
    jsonw_object(&j);
    jsonw_kstr(&j, "name", language.field.name);
    jsonw_kstr(&j, "kind", "text");
    jsonw_kint(&j, "max_len", max_len);
    jsonw_end(&j);
    jsonw_end(&j);
    safetensors_put_meta(w, "kind", "text");
    safetensors_put_meta(w, "schema", buf_text(words));
    snprintf(number, sizeof number, "%016" PRIx64, kiri_schema_hash(&language.schema));
    safetensors_put_meta(w, "schema_hash", number);
    model_put_number(w, "max_len", max_len);
    model_put_number(w, "rows", m->facts.rows);
    model_put_number(w, "seed", m->facts.seed);
    model_put_number(w, "steps", m->facts.steps);
    if (isfinite(m->facts.held_back_loss)) {
        snprintf(number, sizeof number, "%.9g", m->facts.held_back_loss);
        safetensors_put_meta(w, "held_back_loss", number);
    }
    lines_levels(m, LINES_ODD, level);
    put_level(w, "anomalous_sum", level[LINES_SUM]);
    put_level(w, "anomalous_mean", level[LINES_MEAN]);
    put_level(w, "anomalous_worst", level[LINES_WORST]);
    model_put_past(w, "calibration.sum", &m->past[LINES_SUM]);
    model_put_past(w, "calibration.worst", &m->past[LINES_WORST]);
    if (m->past[LINES_MEAN].n) /* files of before have none */
        model_put_past(w, "calibration.mean", &m->past[LINES_MEAN]);
}

static void put_symbols(struct safetensors_writer *w, const struct lines *m,
                        struct buf *words)
{
    for (uint32_t i = 0; i < m->vocab.n; i++)
        buf_put(words, m->vocab.word[i], strlen(m->vocab.word[i]) + 1);
    safetensors_put_meta(w, "kind", "symbols");
    safetensors_put(w, "vocab", TENSOR_U8, 1, &(uint64_t){ words->len }, words->data);
}

static void *build(const struct lines *m, size_t *len)
{
    struct safetensors_writer *w = safetensors_writer_new();
    struct buf words = { 0 };
    void *bytes;

    if (!w)
        return NULL;
    safetensors_put_meta(w, "format", MODEL_FORMAT);
    if (m->kind == LINES_TEXT)
        put_text(w, m, &words);
    else
        put_symbols(w, m, &words);
    bytes = model_build(w, m->gpt, NULL, &words, len);
    safetensors_writer_free(w);
    buf_free(&words);
    return bytes;
}

int lines_save(const struct lines *m, const char *path, struct kiri_error *err)
{
    size_t len = 0;
    void *bytes = build(m, &len);

    if (!bytes)
        return kiri_fail(err, KIRI_INTERNAL, "%s: memory is short", path);
    int rc = model_save(path, bytes, len, err);
    free(bytes);
    return rc;
}

/* ---- reading --------------------------------------------------------------------- */

/* Counters are for people: one that is missing or no number reads as 0. */
static uint64_t get_number(const struct safetensors *st, const char *key)
{
    const char *text = safetensors_meta(st, key);

    return text ? strtoull(text, NULL, 10) : 0;
}

static int get_marks(struct school_mark *mark, float *x, uint32_t n,
                     const struct safetensors *st, struct kiri_error *err)
{
    if (safetensors_copy(st, "calibration.sum", TENSOR_F32, n, x, err))
        return -1;
    for (uint32_t i = 0; i < n; i++)
        mark[i].sum = x[i];
    if (safetensors_copy(st, "calibration.worst", TENSOR_F32, n, x, err))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        mark[i].worst = x[i];
        mark[i].mean = NAN;
    }
    if (!safetensors_find(st, "calibration.mean"))
        return 0;
    if (safetensors_copy(st, "calibration.mean", TENSOR_F32, n, x, err))
        return -1;
    for (uint32_t i = 0; i < n; i++)
        mark[i].mean = x[i];
    return 0;
}

static int get_calibration(struct lines *m, const struct safetensors *st,
                           struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "calibration.sum");
    uint32_t n = t && t->count <= PAST_ROWS ? (uint32_t)t->count : 0;
    float *x = calloc(n + 1u, sizeof *x);
    struct school_mark *mark = calloc(n + 1u, sizeof *mark);
    int rc = -1;

    if (!x || !mark) {
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    } else if (get_marks(mark, x, n, st, err) == 0) {
        rc = lines_calibrate(m, mark, n);
        if (rc)
            kiri_fail(err, KIRI_INTERNAL, "memory is short");
    }
    free(x);
    free(mark);
    return rc;
}

static struct lines *get_text(const struct safetensors *st, struct kiri_error *err)
{
    const char *loss = safetensors_meta(st, "held_back_loss");
    struct gpt *gpt = weights_get(st, err);
    struct lines_schema language;
    struct lines *m;

    if (!gpt)
        return NULL;
    lines_schema(&language, 1);
    uint32_t vocab = kiri_schema_vocab(&language.schema);
    if (gpt_shape_of(gpt)->vocab != vocab || gpt_shape_of(gpt)->sides) {
        kiri_fail(err, KIRI_BAD_DATA, "a model of text has %u words, this one has %u",
                  vocab, gpt_shape_of(gpt)->vocab);
        gpt_free(gpt);
        return NULL;
    }
    m = lines_new(LINES_TEXT, gpt, &(struct vocab){ 0 });
    if (!m) {
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
        return NULL;
    }
    m->facts = (struct lines_facts){ .rows = get_number(st, "rows"),
                                     .seed = get_number(st, "seed"),
                                     .steps = get_number(st, "steps"),
                                     .held_back_loss = loss ? strtod(loss, NULL) : NAN };
    if (get_calibration(m, st, err)) {
        lines_free(m);
        return NULL;
    }
    return m;
}

/* The vocabulary of n words from NUL-ended bytes. */
static int split_words(const char *bytes, size_t len, uint32_t n, struct vocab *v)
{
    v->word = calloc(n, sizeof *v->word);
    if (!v->word)
        return -1;
    for (const char *p = bytes; p < bytes + len; p += strlen(p) + 1) {
        if (v->n == n || !*p)
            return -1;
        v->word[v->n] = strdup(p);
        if (!v->word[v->n++])
            return -1;
    }
    return v->n == n ? 0 : -1;
}

/* Takes over gpt and vocab. Nothing was held back from such a model. */
static struct lines *of_symbols(struct gpt *gpt, struct vocab *vocab,
                                struct kiri_error *err)
{
    struct lines *m = lines_new(LINES_SYMBOLS, gpt, vocab);

    if (!m)
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    else
        m->facts.held_back_loss = NAN;
    return m;
}

static struct lines *get_symbols(const struct safetensors *st, struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "vocab");
    struct gpt *gpt = weights_get(st, err);
    struct vocab vocab = { 0 };

    if (!gpt)
        return NULL;
    if (!t || t->type != TENSOR_U8 || !t->bytes ||
        ((const char *)t->data)[t->bytes - 1] || gpt_shape_of(gpt)->sides ||
        split_words(t->data, t->bytes, gpt_shape_of(gpt)->vocab - 1, &vocab)) {
        kiri_fail(err, KIRI_BAD_DATA, "the vocabulary does not fit the model's %u words",
                  gpt_shape_of(gpt)->vocab);
        gpt_free(gpt);
        vocab_free(&vocab);
        return NULL;
    }
    return of_symbols(gpt, &vocab, err);
}

struct lines *lines_parse(const void *bytes, size_t len, struct kiri_error *err)
{
    struct safetensors *st = safetensors_parse(bytes, len, err);
    struct lines *m = NULL;
    const char *format, *kind;

    if (!st)
        return NULL;
    format = safetensors_meta(st, "format");
    kind = safetensors_meta(st, "kind");
    if (!format || !kind)
        kiri_fail(err, KIRI_BAD_DATA, "this is not a model that KIRI wrote");
    else if (strcmp(format, MODEL_FORMAT) != 0)
        kiri_fail(err, KIRI_BAD_DATA,
                  "file format %.20s, this version reads %s: update kiri", format,
                  MODEL_FORMAT);
    else if (strcmp(kind, "text") == 0)
        m = get_text(st, err);
    else if (strcmp(kind, "symbols") == 0)
        m = get_symbols(st, err);
    else
        kiri_fail(
            err, KIRI_BAD_DATA,
            "this model's kind is '%.20s'; texts are scored by one from 'kiri train' "
            "or 'kiri import'",
            kind);
    safetensors_free(st);
    return m;
}

struct lines *lines_open(const char *path, struct kiri_error *err)
{
    size_t len;
    char *bytes = path_read(path, LINES_FILE_MOST, &len, err);
    struct lines *m;

    if (!bytes)
        return NULL;
    m = lines_parse(bytes, len, err);
    if (!m)
        kiri_fail_in(err, "%s", path);
    free(bytes);
    return m;
}

struct lines *lines_import(const char *json, size_t len, struct kiri_error *err)
{
    struct vocab vocab = { 0 };
    struct gpt *gpt;

    if (interchange_read(json, len, &gpt, &vocab, err))
        return NULL;
    return of_symbols(gpt, &vocab, err);
}
