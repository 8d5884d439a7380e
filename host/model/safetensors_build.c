/*
 * model/safetensors_build.c - writes the container: metadata first, tensors in the order
 * in which they were put, so that the same calls give the same bytes.
 */
#include "model/safetensors.h"

#include "base/json.h"
#include "model/checksum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct part {
    char *name;
    enum tensor_type type;
    uint32_t n_dims;
    uint64_t shape[4];
    const void *data;
    size_t bytes;
};

struct note {
    char *key, *value;
};

struct safetensors_writer {
    struct part *part;
    struct note *note;
    size_t n_parts, parts_cap, n_notes, notes_cap;
    int failed; /* memory was short, or the sizes do not fit one file */
};

static const struct {
    const char *name;
    uint8_t bytes;
} type_of[] = {
    [TENSOR_F32] = { "F32", 4 }, [TENSOR_F64] = { "F64", 8 }, [TENSOR_U8] = { "U8", 1 },
    [TENSOR_U16] = { "U16", 2 }, [TENSOR_I32] = { "I32", 4 }, [TENSOR_I64] = { "I64", 8 },
    [TENSOR_U32] = { "U32", 4 }, [TENSOR_U64] = { "U64", 8 },
};

struct safetensors_writer *safetensors_writer_new(void)
{
    return calloc(1, sizeof(struct safetensors_writer));
}

void safetensors_writer_free(struct safetensors_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_parts; i++)
        free(w->part[i].name);
    for (size_t i = 0; i < w->n_notes; i++) {
        free(w->note[i].key);
        free(w->note[i].value);
    }
    free(w->part);
    free(w->note);
    free(w);
}

/* Room for one more element of `size` bytes; NULL (and the writer failed) when there is
 * none. */
static void *grow(struct safetensors_writer *w, void *list, size_t n, size_t *cap,
                  size_t size)
{
    void *more;

    if (n < *cap)
        return list;
    *cap = *cap ? 2 * *cap : 16;
    more = realloc(list, *cap * size);
    if (!more)
        w->failed = 1;
    return more;
}

void safetensors_put(struct safetensors_writer *w, const char *name,
                     enum tensor_type type, uint32_t n_dims, const uint64_t *shape,
                     const void *data)
{
    struct part p = { .type = type, .n_dims = n_dims, .data = data };
    struct part *list;
    uint64_t bytes = 1;

    assert(type < TENSOR_OTHER && n_dims <= 4 && strcmp(name, "__metadata__"));
    for (size_t i = 0; i < w->n_parts; i++)
        assert(strcmp(w->part[i].name, name));
    if (w->failed || !(list = grow(w, w->part, w->n_parts, &w->parts_cap, sizeof *list)))
        return;
    w->part = list;
    bytes = type_of[type].bytes;
    for (uint32_t i = 0; i < n_dims; i++) {
        p.shape[i] = shape[i];
        if (__builtin_mul_overflow(bytes, shape[i], &bytes))
            w->failed = 1;
    }
    p.bytes = (size_t)bytes;
    p.name = strdup(name);
    if (!p.name) {
        w->failed = 1;
        return;
    }
    w->part[w->n_parts++] = p;
}

void safetensors_put_meta(struct safetensors_writer *w, const char *key,
                          const char *value)
{
    struct note n, *list;

    assert(strcmp(key, CHECKSUM_KEY) && strcmp(key, CHECKSUM_KIND_KEY));
    for (size_t i = 0; i < w->n_notes; i++)
        assert(strcmp(w->note[i].key, key));
    if (w->failed || !(list = grow(w, w->note, w->n_notes, &w->notes_cap, sizeof *list)))
        return;
    w->note = list;
    n.key = strdup(key);
    n.value = strdup(value);
    if (!n.key || !n.value) {
        free(n.key);
        free(n.value);
        w->failed = 1;
        return;
    }
    w->note[w->n_notes++] = n;
}

static void write_header(const struct safetensors_writer *w, struct buf *out)
{
    struct jsonw j = jsonw_into(out);
    int64_t at = 0;

    jsonw_object(&j);
    jsonw_key(&j, "__metadata__");
    jsonw_object(&j);
    jsonw_kstr(&j, CHECKSUM_KIND_KEY, CHECKSUM_KEY);
    jsonw_kstr(&j, CHECKSUM_KEY, "00000000");
    for (size_t i = 0; i < w->n_notes; i++)
        jsonw_kstr(&j, w->note[i].key, w->note[i].value);
    jsonw_end(&j);
    for (size_t i = 0; i < w->n_parts; i++) {
        const struct part *p = &w->part[i];

        jsonw_key(&j, p->name);
        jsonw_object(&j);
        jsonw_kstr(&j, "dtype", type_of[p->type].name);
        jsonw_key(&j, "shape");
        jsonw_array(&j);
        for (uint32_t d = 0; d < p->n_dims; d++)
            jsonw_int(&j, (int64_t)p->shape[d]);
        jsonw_end(&j);
        jsonw_key(&j, "data_offsets");
        jsonw_array(&j);
        jsonw_int(&j, at);
        at += (int64_t)p->bytes;
        jsonw_int(&j, at);
        jsonw_end(&j);
        jsonw_end(&j);
    }
    jsonw_end(&j);
    while (out->len % 8 && !buf_failed(out))
        buf_put(out, " ", 1);
}

void *safetensors_build(struct safetensors_writer *w, size_t *len)
{
    struct buf file = { 0 }, header = { 0 };
    unsigned char size[8];
    size_t at = 0;

    write_header(w, &header);
    if (!w->failed && !buf_failed(&header) && w->n_parts <= SAFETENSORS_TENSORS_MOST &&
        header.len <= SAFETENSORS_HEADER_MOST &&
        !checksum_place(header.data, header.len, &at)) {
        for (int i = 0; i < 8; i++)
            size[i] = (unsigned char)((uint64_t)header.len >> 8 * i & 0xff);
        buf_put(&file, size, sizeof size);
        buf_put(&file, header.data, header.len);
        for (size_t i = 0; i < w->n_parts; i++)
            buf_put(&file, w->part[i].data, w->part[i].bytes);
    } else {
        file.failed = 1;
    }
    buf_free(&header);
    if (file.data && !buf_failed(&file)) {
        char digits[CHECKSUM_DIGITS + 1];

        checksum_of(file.data, file.len, 8 + at, digits);
        memcpy(file.data + 8 + at, digits, CHECKSUM_DIGITS);
    }
    return buf_take(&file, len);
}
