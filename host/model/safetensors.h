/*
 * model/safetensors.h - the safetensors container, bytes <-> tensors. Bytes, not files.
 *
 * u64 little-endian header length N, N bytes of JSON {name: {dtype, shape,
 * data_offsets}},
 * "__metadata__": {string: string}}, then raw little-endian data. Written files carry
 * metadata "crc32c": 8 hex digits over the whole file with these digits as '0', and
 * "checksum": "crc32c", so that a damaged key is not taken for a file without.
 *
 * Reading trusts nothing: header cap 1 MiB, depth and counts bounded, sizes compared with
 * the file's length before any allocation, offsets inside the data, in order, without
 * overlap or holes, the checksum when there is one, duplicate names refused.
 */
#ifndef KIRI_MODEL_SAFETENSORS_H
#define KIRI_MODEL_SAFETENSORS_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SAFETENSORS_HEADER_MOST  (1u << 20) /* bytes */
#define SAFETENSORS_TENSORS_MOST 8192u

enum tensor_type {
    TENSOR_F32,
    TENSOR_F64,
    TENSOR_U8,
    TENSOR_U16,
    TENSOR_I32,
    TENSOR_I64,
    TENSOR_U32,
    TENSOR_U64,
    TENSOR_OTHER
};

struct tensor {
    const char *name;
    enum tensor_type type;
    uint32_t n_dims; /* 0..4 */
    uint64_t shape[4];
    uint64_t count;   /* product of shape; 1 for a scalar */
    const void *data; /* little-endian, perhaps unaligned: copy with tensor_copy */
    size_t bytes;
};

struct safetensors;
/* Keeps pointing into bytes[len), which must outlive it. */
struct safetensors *safetensors_parse(const void *bytes, size_t len,
                                      struct kiri_error *err);
void safetensors_free(struct safetensors *s); /* NULL is fine */
uint32_t safetensors_count(const struct safetensors *s);
const struct tensor *safetensors_at(const struct safetensors *s, uint32_t i);
const struct tensor *safetensors_find(const struct safetensors *s, const char *name);
const char *safetensors_meta(const struct safetensors *s,
                             const char *key); /* NULL: none */
/* Calls each(ctx, key, value) for all metadata, in the file's order. */
void safetensors_each_meta(const struct safetensors *s,
                           void (*each)(void *ctx, const char *key, const char *value),
                           void *ctx);
int safetensors_has_checksum(const struct safetensors *s);
/* Copies exactly `count` elements of `type` into out; -1 and a sentence when the tensor
 * is missing, of another type or size, or (floats) holds a value that is not finite. */
int safetensors_copy(const struct safetensors *s, const char *name, enum tensor_type type,
                     uint64_t count, void *out, struct kiri_error *err);

/* Writing: declare everything, then build. Names and keys must be unique. Data is copied
 * at build time: it must live until then. */
struct safetensors_writer;
struct safetensors_writer *safetensors_writer_new(void);
void safetensors_writer_free(struct safetensors_writer *w);
void safetensors_put(struct safetensors_writer *w, const char *name,
                     enum tensor_type type, uint32_t n_dims, const uint64_t *shape,
                     const void *data);
void safetensors_put_meta(struct safetensors_writer *w, const char *key,
                          const char *value);
/* The finished bytes, malloc'ed; NULL when memory was short or the limits above are
 * passed. */
void *safetensors_build(struct safetensors_writer *w, size_t *len);

#endif
