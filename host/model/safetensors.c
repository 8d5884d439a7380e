/*
 * model/safetensors.c - reads the container; safetensors_build.c writes it.
 *
 * Format: huggingface/safetensors, README "Format". Stricter than that where strictness
 * costs nothing: tensors stand in the header in the order of their data.
 */
#include "model/safetensors.h"

#include "model/checksum.h"
#include "model/outline.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tensors are copied as they lie");

#define DIMS_MOST 4

struct safetensors {
    json_t *header;
    json_t *meta; /* borrowed from header; NULL: none */
    struct tensor *tensor;
    uint32_t n;
    int has_checksum;
};

/* The types of the format and their sizes. Those that KIRI never writes are checked and
 * carried as OTHER. */
static const struct {
    const char *name;
    enum tensor_type type;
    uint8_t bytes;
} types[] = {
    { "F32", TENSOR_F32, 4 },       { "F64", TENSOR_F64, 8 },
    { "U8", TENSOR_U8, 1 },         { "U16", TENSOR_U16, 2 },
    { "I32", TENSOR_I32, 4 },       { "I64", TENSOR_I64, 8 },
    { "U32", TENSOR_U32, 4 },       { "U64", TENSOR_U64, 8 },
    { "BOOL", TENSOR_OTHER, 1 },    { "I8", TENSOR_OTHER, 1 },
    { "I16", TENSOR_OTHER, 2 },     { "F16", TENSOR_OTHER, 2 },
    { "BF16", TENSOR_OTHER, 2 },    { "F8_E4M3", TENSOR_OTHER, 1 },
    { "F8_E5M2", TENSOR_OTHER, 1 },
};

static uint64_t read_u64(const unsigned char *p)
{
    uint64_t x = 0;

    for (int i = 7; i >= 0; i--)
        x = x << 8 | p[i];
    return x;
}

/* A JSON integer that is not negative. */
static int read_size(const json_t *v, uint64_t *out)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return -1;
    *out = (uint64_t)json_integer_value(v);
    return 0;
}

static int read_type(struct tensor *t, const json_t *v, uint64_t *width,
                     struct kiri_error *err)
{
    const char *name = json_string_value(v);

    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++) {
        if (strcmp(name, types[i].name))
            continue;
        t->type = types[i].type;
        *width = types[i].bytes;
        return 0;
    }
    return kiri_fail(err, KIRI_BAD_DATA, "tensor %.64s: unknown dtype %.32s", t->name,
                     name ? name : "(not a string)");
}

/* Sets n_dims, shape, count; *bytes = count * width. */
static int read_shape(struct tensor *t, const json_t *v, uint64_t width, uint64_t *bytes,
                      struct kiri_error *err)
{
    size_t dims = json_array_size(v);

    if (!json_is_array(v) || dims > DIMS_MOST)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "tensor %.64s: its shape is not a list of at most %d sizes",
                         t->name, DIMS_MOST);
    t->n_dims = (uint32_t)dims;
    t->count = 1;
    for (size_t i = 0; i < dims; i++) {
        if (read_size(json_array_get(v, i), &t->shape[i]) ||
            __builtin_mul_overflow(t->count, t->shape[i], &t->count))
            return kiri_fail(err, KIRI_BAD_DATA, "tensor %.64s: impossible shape",
                             t->name);
    }
    if (__builtin_mul_overflow(t->count, width, bytes))
        return kiri_fail(err, KIRI_BAD_DATA, "tensor %.64s: impossible shape", t->name);
    return 0;
}

/* One entry of the header. It must begin at *end, where the one before it ended. */
static int read_tensor(struct tensor *t, const char *name, const json_t *v,
                       const unsigned char *data, uint64_t data_len, uint64_t *end,
                       struct kiri_error *err)
{
    const json_t *range = json_object_get(v, "data_offsets");
    uint64_t first, last, width = 0, bytes = 0;

    t->name = name;
    if (!json_is_object(v) || json_object_size(v) != 3)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "tensor %.64s: expected dtype, shape and data_offsets", name);
    if (read_type(t, json_object_get(v, "dtype"), &width, err) ||
        read_shape(t, json_object_get(v, "shape"), width, &bytes, err))
        return -1;
    if (json_array_size(range) != 2 || read_size(json_array_get(range, 0), &first) ||
        read_size(json_array_get(range, 1), &last))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "tensor %.64s: data_offsets is not two sizes", name);
    if (first > last || last > data_len)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "tensor %.64s: bytes %" PRIu64 " to %" PRIu64
                         " are outside the file's %" PRIu64 " bytes of data",
                         name, first, last, data_len);
    if (first != *end)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "tensor %.64s begins at byte %" PRIu64 ", expected %" PRIu64
                         ": tensors overlap or leave a hole",
                         name, first, *end);
    if (last - first != bytes)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "tensor %.64s: its shape needs %" PRIu64
                         " bytes, it has %" PRIu64,
                         name, bytes, last - first);
    t->data = data + first;
    t->bytes = (size_t)bytes;
    *end = last;
    return 0;
}

static int read_tensors(struct safetensors *s, const unsigned char *data,
                        uint64_t data_len, struct kiri_error *err)
{
    size_t entries = json_object_size(s->header);
    uint64_t end = 0;
    const char *name;
    json_t *v;

    s->tensor = calloc(entries + 1, sizeof *s->tensor);
    if (!s->tensor)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    json_object_foreach(s->header, name, v)
    {
        if (!strcmp(name, "__metadata__"))
            continue;
        if (read_tensor(&s->tensor[s->n], name, v, data, data_len, &end, err))
            return -1;
        s->n++;
    }
    if (end != data_len)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%" PRIu64 " bytes at its end belong to no tensor",
                         data_len - end);
    return 0;
}

static int read_meta(struct safetensors *s, struct kiri_error *err)
{
    const char *key;
    json_t *v;

    s->meta = json_object_get(s->header, "__metadata__");
    if (!s->meta)
        return 0;
    if (!json_is_object(s->meta))
        return kiri_fail(err, KIRI_BAD_DATA, "__metadata__ is not an object");
    json_object_foreach(s->meta, key, v)
    {
        if (!json_is_string(v))
            return kiri_fail(err, KIRI_BAD_DATA, "__metadata__: %.64s is not a string",
                             key);
    }
    return 0;
}

/* Both marks or none: a flipped bit in one of the keys must not look like a file that
 * never had a checksum. */
static int check_sum(struct safetensors *s, const char *bytes, size_t len,
                     size_t header_len, struct kiri_error *err)
{
    const char *kind = safetensors_meta(s, CHECKSUM_KIND_KEY);
    const char *digits = safetensors_meta(s, CHECKSUM_KEY);
    char expected[CHECKSUM_DIGITS + 1];
    size_t at;

    if (!kind && !digits)
        return 0;
    if (!kind || !digits || strcmp(kind, CHECKSUM_KEY) ||
        strlen(digits) != CHECKSUM_DIGITS || checksum_place(bytes + 8, header_len, &at))
        return kiri_fail(err, KIRI_BAD_DATA, "its checksum is damaged");
    checksum_of(bytes, len, 8 + at, expected);
    if (strcmp(digits, expected))
        return kiri_fail(err, KIRI_BAD_DATA,
                         "checksum mismatch: it says %s, its bytes %s", digits, expected);
    s->has_checksum = 1;
    return 0;
}

static json_t *parse_header(const char *text, size_t len, struct kiri_error *err)
{
    struct outline o = outline_of(text, len);
    json_error_t why;
    json_t *header;

    if (o.depth > 3 || o.nests > 3 * SAFETENSORS_TENSORS_MOST + 2 ||
        o.values > 16 * SAFETENSORS_TENSORS_MOST) {
        kiri_fail(err, KIRI_BAD_DATA, "its header is nested too deeply or too rich");
        return NULL;
    }
    header = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (!header) {
        kiri_fail(err, KIRI_BAD_DATA, "its header is not JSON: %.100s at byte %d",
                  why.text, why.position);
    } else if (!json_is_object(header)) {
        kiri_fail(err, KIRI_BAD_DATA, "its header is not an object");
        json_decref(header);
        header = NULL;
    }
    return header;
}

struct safetensors *safetensors_parse(const void *bytes, size_t len,
                                      struct kiri_error *err)
{
    const unsigned char *p = bytes;
    struct safetensors *s;
    uint64_t header_len;

    if (len < 8 || (header_len = read_u64(p)) > len - 8 ||
        header_len > SAFETENSORS_HEADER_MOST) {
        kiri_fail(err, KIRI_BAD_DATA, "not a safetensors file, or cut short (%zu bytes)",
                  len);
        return NULL;
    }
    s = calloc(1, sizeof *s);
    if (!s) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    s->header = parse_header((const char *)p + 8, (size_t)header_len, err);
    if (!s->header || read_meta(s, err) ||
        check_sum(s, bytes, len, (size_t)header_len, err) ||
        read_tensors(s, p + 8 + header_len, len - 8 - header_len, err)) {
        safetensors_free(s);
        return NULL;
    }
    return s;
}

void safetensors_free(struct safetensors *s)
{
    if (!s)
        return;
    json_decref(s->header);
    free(s->tensor);
    free(s);
}

uint32_t safetensors_count(const struct safetensors *s)
{
    return s->n;
}

const struct tensor *safetensors_at(const struct safetensors *s, uint32_t i)
{
    return i < s->n ? &s->tensor[i] : NULL;
}

const struct tensor *safetensors_find(const struct safetensors *s, const char *name)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (!strcmp(s->tensor[i].name, name))
            return &s->tensor[i];
    return NULL;
}

const char *safetensors_meta(const struct safetensors *s, const char *key)
{
    return json_string_value(json_object_get(s->meta, key));
}

void safetensors_each_meta(const struct safetensors *s,
                           void (*each)(void *ctx, const char *key, const char *value),
                           void *ctx)
{
    const char *key;
    json_t *v;

    json_object_foreach(s->meta, key, v) each(ctx, key, json_string_value(v));
}

int safetensors_has_checksum(const struct safetensors *s)
{
    return s->has_checksum;
}

/* The index of the first value that is not finite, or the number of values. */
static uint64_t finite_until(const struct tensor *t)
{
    const unsigned char *p = t->data;

    for (uint64_t i = 0; i < t->count; i++) {
        double x;
        float f;

        if (t->type == TENSOR_F32) {
            memcpy(&f, p + i * sizeof f, sizeof f);
            x = (double)f;
        } else if (t->type == TENSOR_F64) {
            memcpy(&x, p + i * sizeof x, sizeof x);
        } else {
            break;
        }
        if (!isfinite(x))
            return i;
    }
    return t->count;
}

int safetensors_copy(const struct safetensors *s, const char *name, enum tensor_type type,
                     uint64_t count, void *out, struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(s, name);
    uint64_t good;

    if (!t)
        return kiri_fail(err, KIRI_BAD_DATA, "tensor %s is missing", name);
    if (t->type != type || type == TENSOR_OTHER)
        return kiri_fail(err, KIRI_BAD_DATA, "tensor %s is of another type than expected",
                         name);
    if (t->count != count)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "tensor %s has %" PRIu64 " values, expected %" PRIu64, name,
                         t->count, count);
    good = finite_until(t);
    if (good < t->count)
        return kiri_fail(err, KIRI_BAD_DATA, "tensor %s: value %" PRIu64 " is not finite",
                         name, good);
    if (t->bytes)
        memcpy(out, t->data, t->bytes);
    return 0;
}
