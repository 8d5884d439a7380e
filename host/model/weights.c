#include "model/weights.h"

#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME 64

struct weights_block {
    float *x; /* the weights, then the first and the second moments */
};

static const char *const family[] = { "", "adam.m.", "adam.v." };

static const struct {
    const char *key;
    size_t at;
} shape_keys[] = {
    { "vocab", offsetof(struct gpt_shape, vocab) },
    { "width", offsetof(struct gpt_shape, width) },
    { "heads", offsetof(struct gpt_shape, heads) },
    { "layers", offsetof(struct gpt_shape, layers) },
    { "context", offsetof(struct gpt_shape, context) },
    { "sides", offsetof(struct gpt_shape, sides) },
};
#define SHAPE_KEYS (sizeof shape_keys / sizeof *shape_keys)

static void put_number(struct safetensors_writer *w, const char *key, uint64_t x)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, x);
    safetensors_put_meta(w, key, text);
}

static void name_of(const char *prefix, int which, const struct gpt_matrix *m,
                    char out[NAME])
{
    snprintf(out, NAME, "%.16s%s%s", prefix, family[which], m->name);
}

/* All matrices of one family; returns where the next one's floats begin. */
static float *put_family(struct safetensors_writer *w, const char *prefix,
                         const struct gpt *g, const struct gpt_trainer *t, int which,
                         float *x)
{
    const struct gpt_shape *s = gpt_shape_of(g);

    for (uint32_t i = 0; i < gpt_matrices(s); i++) {
        struct gpt_matrix m;
        char name[NAME];

        gpt_matrix_at(s, i, &m);
        name_of(prefix, which, &m, name);
        if (which == 0)
            gpt_read(g, i, x);
        else
            gpt_moments_read(t, which - 1, i, x);
        safetensors_put(w, name, TENSOR_F32, 2, (const uint64_t[]){ m.rows, m.cols }, x);
        x += (size_t)m.rows * m.cols;
    }
    return x;
}

static struct weights_block *put(struct safetensors_writer *w, const char *prefix,
                                 const struct gpt *g, const struct gpt_trainer *t)
{
    const struct gpt_shape *s = gpt_shape_of(g);
    struct weights_block *b = calloc(1, sizeof *b);
    float *x;

    if (!b)
        return NULL;
    b->x = malloc(gpt_shape_params(s) * sizeof *b->x * (t ? 3 : 1));
    if (!b->x) {
        free(b);
        return NULL;
    }
    for (size_t i = 0; i < SHAPE_KEYS && !*prefix; i++) {
        uint32_t size;

        memcpy(&size, (const char *)s + shape_keys[i].at, sizeof size);
        put_number(w, shape_keys[i].key, size);
    }
    x = put_family(w, prefix, g, NULL, 0, b->x);
    if (t) {
        put_number(w, "adam.steps", gpt_steps(t));
        x = put_family(w, prefix, g, t, 1, x);
        put_family(w, prefix, g, t, 2, x);
    }
    return b;
}

struct weights_block *weights_put(struct safetensors_writer *w, const struct gpt *g,
                                  const struct gpt_trainer *t)
{
    return put(w, "", g, t);
}

struct weights_block *weights_put_as(struct safetensors_writer *w, const char *prefix,
                                     const struct gpt *g)
{
    return put(w, prefix, g, NULL);
}

void weights_block_free(struct weights_block *b)
{
    if (!b)
        return;
    free(b->x);
    free(b);
}

static int read_number(const struct safetensors *s, const char *key, int64_t most,
                       int64_t *out, struct kiri_error *err)
{
    const char *text = safetensors_meta(s, key);

    if (!text || units_integer(text, out) || *out < 0 || *out > most)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "metadata %s: expected a number, it is %.32s", key,
                         text ? text : "missing");
    return 0;
}

/* The shape that the metadata claims, by the engine's bounds. */
static int read_shape(const struct safetensors *s, struct gpt_shape *shape,
                      struct kiri_error *err)
{
    char why[256];

    for (size_t i = 0; i < SHAPE_KEYS; i++) {
        int64_t x;
        uint32_t size;

        if (read_number(s, shape_keys[i].key, UINT32_MAX, &x, err))
            return -1;
        size = (uint32_t)x;
        memcpy((char *)shape + shape_keys[i].at, &size, sizeof size);
    }
    if (gpt_shape_check(shape, why, sizeof why))
        return kiri_fail(err, KIRI_BAD_DATA, "metadata: %s", why);
    return 0;
}

/* Every matrix of the family is there with the shape that the model will have: afterwards
 * the file is known to be as large as what is allocated for it. */
static int check_family(const struct safetensors *s, const char *prefix,
                        const struct gpt_shape *shape, int which, struct kiri_error *err)
{
    for (uint32_t i = 0; i < gpt_matrices(shape); i++) {
        const struct tensor *t;
        struct gpt_matrix m;
        char name[NAME];

        gpt_matrix_at(shape, i, &m);
        name_of(prefix, which, &m, name);
        t = safetensors_find(s, name);
        if (!t)
            return kiri_fail(err, KIRI_BAD_DATA, "tensor %s is missing", name);
        if (t->type != TENSOR_F32 || t->n_dims != 2 || t->shape[0] != m.rows ||
            t->shape[1] != m.cols)
            return kiri_fail(err, KIRI_BAD_DATA, "tensor %s is not F32 [%u][%u]", name,
                             m.rows, m.cols);
    }
    return 0;
}

/* Copies a checked family into x, one matrix after another. */
static int copy_family(const struct safetensors *s, const char *prefix,
                       const struct gpt_shape *shape, int which, float *x,
                       struct kiri_error *err)
{
    for (uint32_t i = 0; i < gpt_matrices(shape); i++) {
        struct gpt_matrix m;
        char name[NAME];
        size_t n;

        gpt_matrix_at(shape, i, &m);
        n = (size_t)m.rows * m.cols;
        name_of(prefix, which, &m, name);
        if (safetensors_copy(s, name, TENSOR_F32, n, x, err))
            return -1;
        for (size_t k = 0; which == 2 && k < n; k++)
            if (x[k] < 0)
                return kiri_fail(err, KIRI_BAD_DATA, "tensor %s: value %zu is negative",
                                 name, k);
        x += n;
    }
    return 0;
}

struct gpt *weights_get_as(const struct safetensors *s, const char *prefix,
                           struct kiri_error *err)
{
    struct gpt_shape shape;
    struct gpt *g;
    size_t at = 0;
    float *x;

    if (read_shape(s, &shape, err) || check_family(s, prefix, &shape, 0, err))
        return NULL;
    g = gpt_new(&shape, 0);
    x = malloc(gpt_shape_params(&shape) * sizeof *x);
    if (!g || !x) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory for a model of %zu weights",
                  gpt_shape_params(&shape));
        goto fail;
    }
    if (copy_family(s, prefix, &shape, 0, x, err))
        goto fail;
    for (uint32_t i = 0; i < gpt_matrices(&shape); i++) {
        struct gpt_matrix m;

        gpt_matrix_at(&shape, i, &m);
        gpt_write(g, i, x + at);
        at += (size_t)m.rows * m.cols;
    }
    free(x);
    return g;

fail:
    free(x);
    gpt_free(g);
    return NULL;
}

struct gpt *weights_get(const struct safetensors *s, struct kiri_error *err)
{
    return weights_get_as(s, "", err);
}

int weights_get_moments(const struct safetensors *s, struct gpt_trainer *t,
                        struct kiri_error *err)
{
    struct gpt_shape shape;
    size_t n, at = 0;
    int64_t steps;
    int rc = -1;
    float *x;

    if (!safetensors_meta(s, "adam.steps"))
        return 1;
    if (read_number(s, "adam.steps", INT64_MAX, &steps, err) ||
        read_shape(s, &shape, err) || check_family(s, "", &shape, 1, err) ||
        check_family(s, "", &shape, 2, err))
        return -1;
    n = gpt_shape_params(&shape);
    x = malloc(2 * n * sizeof *x);
    if (!x)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    if (copy_family(s, "", &shape, 1, x, err) ||
        copy_family(s, "", &shape, 2, x + n, err))
        goto out;
    for (uint32_t i = 0; i < gpt_matrices(&shape); i++) {
        struct gpt_matrix m;

        gpt_matrix_at(&shape, i, &m);
        gpt_moments_write(t, 0, i, x + at);
        gpt_moments_write(t, 1, i, x + n + at);
        at += (size_t)m.rows * m.cols;
    }
    gpt_steps_set(t, (uint64_t)steps);
    rc = 0;
out:
    free(x);
    return rc;
}
