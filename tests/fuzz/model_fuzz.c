/*
 * model_fuzz.c - files that lie with a valid checksum: sizes, shapes, numbers, names.
 * Each is refused with a sentence, or is a model. (RELIABILITY A4)
 */
#include "flow/keep.h"
#include "flow/lines.h"
#include "flow/sessions.h"
#include "model/checksum.h"
#include "model/weights.h"
#include "model_input.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct kiri_field fields[] = {
    { .name = "x", .symbol = "X", .kind = KIRI_NUMBER, .lo = 0, .hi = 1, .buckets = 4 },
};
static const struct kiri_schema schema = {
    .size = sizeof schema, .n_fields = 1, .fields = fields, .context = 4
};

/* The header's length, the header, and tensors whose every float is finite and small. */
static unsigned char *build(const uint8_t *bytes, size_t len, size_t *total)
{
    size_t data = (bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 |
                   (size_t)bytes[3] << 24) %
                  (MODEL_MOST_DATA + 1),
           header = len - 4, at;
    unsigned char *file = malloc(8 + header + data);
    char digits[CHECKSUM_DIGITS + 1];

    if (!file)
        abort();
    for (int i = 0; i < 8; i++)
        file[i] = (unsigned char)((uint64_t)header >> 8 * i);
    memcpy(file + 8, bytes + 4, header);
    memset(file + 8 + header, 0x3c, data); /* 0.0115 */
    *total = 8 + header + data;
    if (checksum_place((const char *)file + 8, header, &at) == 0) {
        checksum_of((const char *)file, *total, 8 + at, digits);
        memcpy(file + 8 + at, digits, CHECKSUM_DIGITS);
    }
    return file;
}

static void read_weights(const unsigned char *file, size_t len)
{
    struct kiri_error err = { 0 };
    struct safetensors *s = safetensors_parse(file, len, &err);
    struct gpt *g;

    assert(s || err.text[0]);
    if (!s)
        return;
    for (uint32_t i = 0; i < safetensors_count(s); i++) {
        const struct tensor *t = safetensors_at(s, i);

        assert((const unsigned char *)t->data >= file);
        assert((const unsigned char *)t->data + t->bytes <= file + len);
    }
    g = weights_get(s, &err);
    assert(g || err.text[0]);
    gpt_free(g);
    safetensors_free(s);
}

static void read_atom(const unsigned char *file, size_t len)
{
    struct kiri_error err = { 0 };
    struct stream *s =
        stream_new(&schema, &(struct stream_options){ .seed = 1 }, NULL, 0);
    union kiri_value v = { .num = .5 };
    struct verdict verdict;

    if (!s)
        abort();
    if (keep_load(s, file, len, NULL, &err))
        assert(err.text[0]);
    else
        stream_push(s, &(struct stream_row){ .id = 1, .v = &v }, &verdict);
    stream_free(s);
}

static void score_text(struct lines *m)
{
    struct lines_verdict verdict;

    if (lines_score(m, "abc", 3, &verdict) == 0)
        assert(verdict.n >= 1);
    lines_free(m);
}

static void read_text(const unsigned char *file, size_t len)
{
    struct kiri_error err = { 0 };
    struct lines *m = lines_parse(file, len, &err);

    assert(m || err.text[0]);
    if (m)
        score_text(m);
}

static void read_sessions(const unsigned char *file, size_t len)
{
    const struct word word = { "abc", 3 };
    struct sessions_verdict verdict;
    struct kiri_error err = { 0 };
    struct sessions *m = sessions_parse(file, len, &err);

    assert(m || err.text[0]);
    if (m && sessions_score(m, &word, 1, &verdict) == 0)
        assert(verdict.n == 2);
    sessions_free(m);
}

static void read_json(const char *json, size_t len)
{
    struct kiri_error err = { 0 };
    struct lines *m = lines_import(json, len, &err);

    assert(m || err.text[0]);
    if (m)
        score_text(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    unsigned char *file;
    size_t total = len - 1;
    int kind;

    if (len < 5)
        return 0;
    kind = bytes[0] % KINDS;
    if (kind < KIND_JSON) {
        file = build(bytes + 1, len - 1, &total);
    } else {
        file = malloc(total);
        if (!file)
            abort();
        memcpy(file, bytes + 1, total);
    }
    switch (kind) {
    case KIND_ATOM: read_atom(file, total); break;
    case KIND_TEXT:
        read_text(file, total);
        read_sessions(file, total);
        break;
    case KIND_JSON: read_json((const char *)file, total); break;
    default: read_weights(file, total); break;
    }
    free(file);
    return 0;
}
