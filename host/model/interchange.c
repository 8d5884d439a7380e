/*
 * model/interchange.c - model.json in and out. Everything is checked against the shape
 * that the file claims before a model of that shape is made.
 */
#include "model/interchange.h"

#include "base/json.h"
#include "model/outline.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST   (256u << 20) /* bytes of a file  */
#define VALUES_MOST (16u << 20)  /* numbers in it    */
#define WORDS_MOST  65534u       /* of a vocabulary  */

/* hyperparams.<key> as a size. */
static int read_size(const json_t *hyper, const char *key, uint32_t *out,
                     struct kiri_error *err)
{
    const json_t *v = json_object_get(hyper, key);

    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > 65535)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "hyperparams.%s: expected a size, 0 to 65535", key);
    *out = (uint32_t)json_integer_value(v);
    return 0;
}

static int read_shape(const json_t *root, struct gpt_shape *s, struct kiri_error *err)
{
    const json_t *hyper = json_object_get(root, "hyperparams");
    const json_t *vocab_size = json_object_get(root, "vocab_size");
    uint32_t head_dim;
    char why[256];

    if (!json_is_object(hyper))
        return kiri_fail(err, KIRI_BAD_DATA, "hyperparams is missing: not a model.json");
    if (read_size(hyper, "n_embd", &s->width, err) ||
        read_size(hyper, "n_head", &s->heads, err) ||
        read_size(hyper, "n_layer", &s->layers, err) ||
        read_size(hyper, "block_size", &s->context, err) ||
        read_size(hyper, "head_dim", &head_dim, err))
        return -1;
    if (!json_is_integer(vocab_size) || json_integer_value(vocab_size) < 0 ||
        json_integer_value(vocab_size) > WORDS_MOST + 1)
        return kiri_fail(err, KIRI_BAD_DATA, "vocab_size: expected a size, 2 to %u",
                         WORDS_MOST + 1);
    s->vocab = (uint32_t)json_integer_value(vocab_size);
    s->sides = 0;
    if (gpt_shape_check(s, why, sizeof why))
        return kiri_fail(err, KIRI_BAD_DATA, "hyperparams: %s", why);
    if (head_dim * s->heads != s->width)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "hyperparams: head_dim %u times n_head %u is not n_embd %u",
                         head_dim, s->heads, s->width);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Words of the same text would make the longest match a matter of luck. */
static int check_distinct(const json_t *list, size_t n, struct kiri_error *err)
{
    const char **word = calloc(n + 1, sizeof *word);
    int rc = 0;

    if (!word)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    for (size_t i = 0; i < n && !rc; i++) {
        word[i] = json_string_value(json_array_get(list, i));
        if (!word[i] || !*word[i])
            rc = kiri_fail(err, KIRI_BAD_DATA, "vocab: entry %zu is not a symbol", i);
    }
    if (!rc)
        qsort(word, n, sizeof *word, by_text);
    for (size_t i = 1; i < n && !rc; i++)
        if (!strcmp(word[i - 1], word[i]))
            rc =
                kiri_fail(err, KIRI_BAD_DATA, "vocab: \"%.32s\" is there twice", word[i]);
    free(word);
    return rc;
}

static int read_vocab(const json_t *root, uint32_t size, struct vocab *v,
                      struct kiri_error *err)
{
    const json_t *list = json_object_get(root, "vocab");
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n + 1 != size)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "vocab: expected %u symbols (vocab_size less BOS), it has %zu",
                         size - 1, n);
    if (check_distinct(list, n, err))
        return -1;
    v->word = calloc(n, sizeof *v->word);
    if (!v->word)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    for (v->n = 0; v->n < n; v->n++) {
        v->word[v->n] = strdup(json_string_value(json_array_get(list, v->n)));
        if (!v->word[v->n])
            return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    }
    return 0;
}

/* One matrix, [rows][cols], into x; x NULL: only looks whether it is there in full. */
static int read_matrix(const json_t *weights, const struct gpt_matrix *m, float *x,
                       struct kiri_error *err)
{
    const json_t *rows = json_object_get(weights, m->name);

    if (!json_is_array(rows) || json_array_size(rows) != m->rows)
        return kiri_fail(err, KIRI_BAD_DATA, "weights.%s: expected %u rows, it has %zu",
                         m->name, m->rows, json_array_size(rows));
    for (uint32_t r = 0; r < m->rows; r++) {
        const json_t *row = json_array_get(rows, r);

        if (!json_is_array(row) || json_array_size(row) != m->cols)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "weights.%s: row %u: expected %u numbers, it has %zu",
                             m->name, r, m->cols, json_array_size(row));
        for (uint32_t c = 0; x && c < m->cols; c++) {
            const json_t *v = json_array_get(row, c);

            x[(size_t)r * m->cols + c] = (float)json_number_value(v);
            if (!json_is_number(v) || !isfinite(x[(size_t)r * m->cols + c]))
                return kiri_fail(err, KIRI_BAD_DATA,
                                 "weights.%s: row %u, column %u is not a finite number",
                                 m->name, r, c);
        }
    }
    return 0;
}

static int check_weights(const json_t *weights, const struct gpt_shape *s,
                         struct kiri_error *err)
{
    struct gpt_matrix m;
    uint32_t n = gpt_matrices(s);

    if (json_object_size(weights) != n)
        return kiri_fail(err, KIRI_BAD_DATA, "weights: expected %u matrices, it has %zu",
                         n, json_object_size(weights));
    for (uint32_t i = 0; i < n; i++) {
        gpt_matrix_at(s, i, &m);
        if (read_matrix(weights, &m, NULL, err))
            return -1;
    }
    return 0;
}

static struct gpt *read_weights(const json_t *root, const struct gpt_shape *s,
                                struct kiri_error *err)
{
    const json_t *weights = json_object_get(root, "weights");
    struct gpt_matrix m;
    struct gpt *g = NULL;
    float *x = NULL;

    if (check_weights(weights, s, err))
        return NULL;
    g = gpt_new(s, 0);
    x = malloc(gpt_shape_params(s) * sizeof *x);
    if (!g || !x) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        goto fail;
    }
    for (uint32_t i = 0; i < gpt_matrices(s); i++) {
        gpt_matrix_at(s, i, &m);
        if (read_matrix(weights, &m, x, err))
            goto fail;
        gpt_write(g, i, x);
    }
    free(x);
    return g;

fail:
    free(x);
    gpt_free(g);
    return NULL;
}

static json_t *parse(const char *text, size_t len, struct kiri_error *err)
{
    struct outline o;
    json_error_t why;
    json_t *root;

    if (len > TEXT_MOST) {
        kiri_fail(err, KIRI_BAD_DATA, "%zu bytes: larger than any model.json", len);
        return NULL;
    }
    o = outline_of(text, len);
    if (o.depth > 8 || o.values > VALUES_MOST) {
        kiri_fail(err, KIRI_BAD_DATA, "nested too deeply or too rich for a model.json");
        return NULL;
    }
    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        kiri_fail(err, KIRI_BAD_DATA, "line %d, column %d: %.160s", why.line, why.column,
                  why.text);
    return root;
}

int interchange_read(const char *json, size_t len, struct gpt **g, struct vocab *v,
                     struct kiri_error *err)
{
    json_t *root = parse(json, len, err);
    struct gpt_shape shape;
    int rc = -1;

    *g = NULL;
    *v = (struct vocab){ 0 };
    if (root && !read_shape(root, &shape, err) &&
        !read_vocab(root, shape.vocab, v, err) && (*g = read_weights(root, &shape, err)))
        rc = 0;
    if (rc)
        vocab_free(v);
    json_decref(root);
    return rc;
}

static void write_matrix(const struct gpt *g, uint32_t i, float *x, struct jsonw *j)
{
    struct gpt_matrix m;

    gpt_matrix_at(gpt_shape_of(g), i, &m);
    gpt_read(g, i, x);
    jsonw_key(j, m.name);
    jsonw_array(j);
    for (uint32_t r = 0; r < m.rows; r++) {
        jsonw_array(j);
        for (uint32_t c = 0; c < m.cols;
             c++) /* 9 digits tell every float from its neighbour */
            jsonw_num(j, (double)x[(size_t)r * m.cols + c], 9);
        jsonw_end(j);
    }
    jsonw_end(j);
}

int interchange_write(const struct gpt *g, const struct vocab *v, struct buf *out,
                      struct kiri_error *err)
{
    const struct gpt_shape *s = gpt_shape_of(g);
    struct jsonw j = jsonw_into(out);
    float *x;

    if (s->sides)
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "a model with a side embedding (hour, weekday) has no model.json form");
    if (v->n + 1 != s->vocab)
        return kiri_fail(
            err, KIRI_BAD_DATA,
            "%u symbols for a model of %u words: model.json needs one each but BOS", v->n,
            s->vocab);
    x = malloc(gpt_shape_params(s) * sizeof *x);
    if (!x)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    jsonw_object(&j);
    jsonw_key(&j, "hyperparams");
    jsonw_object(&j);
    jsonw_kint(&j, "n_embd", s->width);
    jsonw_kint(&j, "n_head", s->heads);
    jsonw_kint(&j, "n_layer", s->layers);
    jsonw_kint(&j, "block_size", s->context);
    jsonw_kint(&j, "head_dim", s->width / s->heads);
    jsonw_end(&j);
    jsonw_key(&j, "vocab");
    jsonw_array(&j);
    for (uint32_t i = 0; i < v->n; i++)
        jsonw_string(&j, v->word[i]);
    jsonw_end(&j);
    jsonw_kint(&j, "vocab_size", s->vocab);
    jsonw_key(&j, "weights");
    jsonw_object(&j);
    for (uint32_t i = 0; i < gpt_matrices(s); i++)
        write_matrix(g, i, x, &j);
    jsonw_end(&j);
    jsonw_end(&j);
    free(x);
    return buf_failed(out) ? kiri_fail(err, KIRI_INTERNAL, "out of memory") : 0;
}
