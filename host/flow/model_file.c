#include "flow/model_file.h"

#include "store/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void model_put_number(struct safetensors_writer *w, const char *key, uint64_t x)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, x);
    safetensors_put_meta(w, key, text);
}

void model_put_past(struct safetensors_writer *w, const char *name, const struct past *p)
{
    safetensors_put(w, name, TENSOR_F32, 1, &(uint64_t){ p->n }, p->ring);
}

void *model_build(struct safetensors_writer *w, const struct gpt *g,
                  const struct gpt_trainer *t, const struct buf *words, size_t *len)
{
    struct weights_block *block = weights_put(w, g, t);
    void *bytes = NULL;

    if (block && !buf_failed(words))
        bytes = safetensors_build(w, len);
    weights_block_free(block);
    return bytes;
}

int model_get_number(const struct safetensors *st, const char *key, uint64_t *out,
                     struct kiri_error *err)
{
    const char *text = safetensors_meta(st, key);
    char *end;

    if (!text || *text < '0' || *text > '9')
        return kiri_fail(err, KIRI_BAD_DATA, "metadata %s is missing or not a number",
                         key);
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (errno || *end)
        return kiri_fail(err, KIRI_BAD_DATA, "metadata %s is not a number: %.40s", key,
                         text);
    return 0;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

int model_get_past(const struct safetensors *st, const char *name, uint32_t at,
                   struct past *p, struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, name);

    if (!t || t->n_dims != 1 || t->count > PAST_ROWS)
        return kiri_fail(err, KIRI_BAD_DATA, "tensor %s is missing or too long", name);
    uint32_t n = (uint32_t)t->count;
    if (at >= PAST_ROWS || (n < PAST_ROWS && at != n))
        return kiri_fail(err, KIRI_BAD_DATA, "tensor %s does not fit its counters", name);
    if (n == 0)
        return 0;
    uint32_t cap = 64;
    while (cap < n)
        cap = cap * 2 > PAST_ROWS ? PAST_ROWS : cap * 2;
    p->ring = calloc(cap, sizeof *p->ring);
    p->sorted = calloc(cap, sizeof *p->sorted);
    if (!p->ring || !p->sorted)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    if (safetensors_copy(st, name, TENSOR_F32, n, p->ring, err))
        return -1;
    memcpy(p->sorted, p->ring, n * sizeof *p->ring);
    qsort(p->sorted, n, sizeof *p->sorted, by_value);
    p->n = n;
    p->at = at;
    p->cap = cap;
    return 0;
}

int model_save(const char *path, const void *bytes, size_t len, struct kiri_error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *folder;
    int dir, rc = -1;

    if (!*name)
        return kiri_fail(err, KIRI_USAGE, "%s: name a file, not a directory", path);
    folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    dir = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        kiri_fail(err, KIRI_NO_WRITE, "%s: cannot open its directory: %s", path,
                  strerror(errno));
    else {
        rc = atomic_replace(dir, name, bytes, len, err);
        close(dir);
    }
    free(folder);
    return rc;
}
