/*
 * A model of sessions as a file: metadata format "1", kind "sessions"; the words as bytes
 * and their lengths; the first voice under the names of any GPT's weights, the others
 * after "voice2." to "voice8."; the counts as a trie, node by node; what each word may
 * cost, and the held-back sessions' oddness.
 */
#include "flow/sessions_state.h"

#include "base/path.h"
#include "flow/model_file.h"
#include "model/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX 16

/* What the names of the tensors of voice v begin with. */
static const char *prefix_of(uint32_t v, char out[PREFIX])
{
    if (v)
        snprintf(out, PREFIX, "voice%u.", v + 1);
    else
        *out = 0;
    return out;
}

/* ---- writing --------------------------------------------------------------------- */

/* What must live until the file is built. */
struct parts {
    struct weights_block *voice[CHORUS_VOICES];
    struct buf bytes;
    uint32_t *len; /* [words] */
    uint32_t *parent, *count;
    uint16_t *word;
};

static void parts_free(struct parts *p)
{
    for (uint32_t v = 0; v < CHORUS_VOICES; v++)
        weights_block_free(p->voice[v]);
    buf_free(&p->bytes);
    free(p->len);
    free(p->parent);
    free(p->count);
    free(p->word);
}

static int put_words(struct safetensors_writer *w, const struct sessions *m,
                     struct parts *p)
{
    p->len = calloc(m->bos, sizeof *p->len);
    if (!p->len)
        return -1;
    for (uint32_t i = 0; i < m->bos; i++) {
        struct word word = words_at(m->words, i);
        p->len[i] = word.len;
        buf_put(&p->bytes, word.text, word.len);
    }
    safetensors_put(w, "words", TENSOR_U8, 1, &(uint64_t){ p->bytes.len }, p->bytes.data);
    safetensors_put(w, "words.length", TENSOR_U32, 1, &(uint64_t){ m->bos }, p->len);
    return buf_failed(&p->bytes) ? -1 : 0;
}

static int put_counts(struct safetensors_writer *w, const struct sessions *m,
                      struct parts *p)
{
    const struct counts *c = m->chorus->counts;
    uint64_t n = counts_nodes(c);

    p->parent = calloc(n, sizeof *p->parent);
    p->count = calloc(n, sizeof *p->count);
    p->word = calloc(n, sizeof *p->word);
    if (!p->parent || !p->count || !p->word)
        return -1;
    counts_read(c, p->parent, p->word, p->count);
    model_put_number(w, "counts.order", counts_order(c));
    safetensors_put(w, "counts.parent", TENSOR_U32, 1, &n, p->parent);
    safetensors_put(w, "counts.word", TENSOR_U16, 1, &n, p->word);
    safetensors_put(w, "counts.count", TENSOR_U32, 1, &n, p->count);
    return 0;
}

static void put_facts(struct safetensors_writer *w, const struct sessions *m)
{
    char number[32];

    safetensors_put_meta(w, "format", MODEL_FORMAT);
    safetensors_put_meta(w, "kind", "sessions");
    model_put_number(w, "rows", m->facts.rows);
    model_put_number(w, "seed", m->facts.seed);
    model_put_number(w, "steps", m->facts.steps);
    model_put_number(w, "strange", m->facts.strange);
    if (isfinite(m->facts.held_back_loss)) {
        snprintf(number, sizeof number, "%.9g", m->facts.held_back_loss);
        safetensors_put_meta(w, "held_back_loss", number);
    }
}

static void *build(const struct sessions *m, size_t *len)
{
    struct safetensors_writer *w = safetensors_writer_new();
    struct parts p = { .len = NULL };
    void *bytes = NULL;
    char prefix[PREFIX];

    if (!w)
        return NULL;
    put_facts(w, m);
    int rc = put_words(w, m, &p) || put_counts(w, m, &p) ? -1 : 0;
    model_put_past(w, "calibration.worst", &m->worst);
    for (uint32_t v = 0; v < CHORUS_VOICES && !rc; v++) {
        p.voice[v] = weights_put_as(w, prefix_of(v, prefix), m->chorus->voice[v]);
        rc = p.voice[v] ? 0 : -1;
    }
    if (!rc)
        bytes = safetensors_build(w, len);
    safetensors_writer_free(w);
    parts_free(&p);
    return bytes;
}

int sessions_save(const struct sessions *m, const char *path, struct kiri_error *err)
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

static struct words *get_words(const struct safetensors *st, struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "words");
    const struct tensor *l = safetensors_find(st, "words.length");
    uint32_t n = l && l->count <= SESSIONS_WORDS ? (uint32_t)l->count : 0, id;
    uint32_t *len = calloc(n + 1u, sizeof *len);
    struct words *words = words_new();
    uint64_t at = 0;

    if (!len || !words) {
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
        goto fail;
    }
    if (!t || t->type != TENSOR_U8 || !n) {
        kiri_fail(err, KIRI_BAD_DATA, "its words are missing, or more than %u",
                  SESSIONS_WORDS);
        goto fail;
    }
    if (safetensors_copy(st, "words.length", TENSOR_U32, n, len, err))
        goto fail;
    for (uint32_t i = 0; i < n; at += len[i++]) {
        struct word word = { (const char *)t->data + at, len[i] };
        if (len[i] > WORDS_LONGEST || len[i] > t->bytes - at) {
            kiri_fail(err, KIRI_BAD_DATA, "word %u is longer than what is there", i);
            goto fail;
        }
        if (words_add(words, word, &id)) {
            kiri_fail(err, KIRI_INTERNAL, "memory is short");
            goto fail;
        }
        if (id != i) {
            kiri_fail(err, KIRI_BAD_DATA, "word %u is there twice", i);
            goto fail;
        }
    }
    free(len);
    return words;

fail:
    free(len);
    words_free(words);
    return NULL;
}

static struct counts *get_counts(const struct safetensors *st, uint32_t vocab,
                                 struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "counts.parent");
    uint32_t n = t && t->count <= COUNTS_NODES_MOST ? (uint32_t)t->count : 0;
    uint32_t *parent = calloc(n + 1u, sizeof *parent);
    uint32_t *count = calloc(n + 1u, sizeof *count);
    uint16_t *word = calloc(n + 1u, sizeof *word);
    struct counts *c = NULL;
    const char *why = NULL;
    uint64_t order;

    if (!parent || !count || !word)
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    else if (model_get_number(st, "counts.order", &order, err) == 0 &&
             safetensors_copy(st, "counts.parent", TENSOR_U32, n, parent, err) == 0 &&
             safetensors_copy(st, "counts.word", TENSOR_U16, n, word, err) == 0 &&
             safetensors_copy(st, "counts.count", TENSOR_U32, n, count, err) == 0) {
        c = counts_restore(vocab, order > UINT32_MAX ? UINT32_MAX : (uint32_t)order, n,
                           parent, word, count, &why);
        if (!c && why)
            kiri_fail(err, KIRI_BAD_DATA, "the counts do not hold together: %s", why);
        else if (!c)
            kiri_fail(err, KIRI_INTERNAL, "memory is short");
    }
    free(parent);
    free(count);
    free(word);
    return c;
}

static struct chorus *get_chorus(const struct safetensors *st, uint32_t vocab,
                                 struct kiri_error *err)
{
    struct gpt *voice[CHORUS_VOICES] = { NULL };
    struct counts *counts = NULL;
    struct chorus *c = NULL;
    uint32_t v = 0;
    char prefix[PREFIX];

    for (; v < CHORUS_VOICES; v++)
        if (!(voice[v] = weights_get_as(st, prefix_of(v, prefix), err)))
            break;
    const struct gpt_shape *s = v == CHORUS_VOICES ? gpt_shape_of(voice[0]) : NULL;
    if (s && (s->vocab != vocab || s->sides || s->context < 2)) {
        kiri_fail(err, KIRI_BAD_DATA, "it has %u words, and voices of %u", vocab - 1,
                  s->vocab - 1);
        s = NULL;
    }
    if (s)
        counts = get_counts(st, vocab, err);
    if (counts) {
        c = chorus_new(voice, counts);
        if (!c)
            kiri_fail(err, KIRI_INTERNAL, "memory is short");
        return c;
    }
    while (v > 0)
        gpt_free(voice[--v]);
    return NULL;
}

/* Counters are for people: one that is missing or no number reads as 0. */
static uint64_t get_number(const struct safetensors *st, const char *key)
{
    const char *text = safetensors_meta(st, key);

    return text ? strtoull(text, NULL, 10) : 0;
}

static int get_calibration(struct sessions *m, const struct safetensors *st,
                           struct kiri_error *err)
{
    const struct tensor *t = safetensors_find(st, "calibration.worst");
    const char *loss = safetensors_meta(st, "held_back_loss");
    uint32_t n = t && t->count < PAST_ROWS ? (uint32_t)t->count : 0;

    m->facts =
        (struct sessions_facts){ .rows = get_number(st, "rows"),
                                 .held_back = n,
                                 .strange = get_number(st, "strange"),
                                 .seed = get_number(st, "seed"),
                                 .steps = get_number(st, "steps"),
                                 .held_back_loss = loss ? strtod(loss, NULL) : NAN };
    return model_get_past(st, "calibration.worst", n, &m->worst, err);
}

static struct sessions *get(const struct safetensors *st, struct kiri_error *err)
{
    struct words *words = get_words(st, err);
    struct chorus *chorus = NULL;
    struct sessions *m = NULL;
    uint32_t vocab = words ? words_count(words) + 1 : 0;

    if (!words || !(chorus = get_chorus(st, vocab, err)))
        goto done;
    m = sessions_new(words, chorus);
    words = NULL;
    chorus = NULL;
    if (!m)
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    else if (get_calibration(m, st, err)) {
        sessions_free(m);
        m = NULL;
    }
done:
    words_free(words);
    chorus_free(chorus);
    return m;
}

/* Is it KIRI's, of this kind? */
static int check_kind(const struct safetensors *st, struct kiri_error *err)
{
    const char *format = safetensors_meta(st, "format");
    const char *kind = safetensors_meta(st, "kind");

    if (!format || !kind)
        return kiri_fail(err, KIRI_BAD_DATA, "this is not a model that KIRI wrote");
    if (strcmp(format, MODEL_FORMAT) != 0)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "file format %.20s, this version reads %s: update kiri", format,
                         MODEL_FORMAT);
    if (strcmp(kind, "sessions") != 0)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "this model's kind is '%.20s', not one of sessions", kind);
    return 0;
}

struct sessions *sessions_parse(const void *bytes, size_t len, struct kiri_error *err)
{
    struct safetensors *st = safetensors_parse(bytes, len, err);
    struct sessions *m = NULL;

    if (st && check_kind(st, err) == 0)
        m = get(st, err);
    safetensors_free(st);
    return m;
}

struct sessions *sessions_open(const char *path, struct kiri_error *err)
{
    size_t len;
    char *bytes = path_read(path, SESSIONS_FILE_MOST, &len, err);
    struct sessions *m;

    if (!bytes)
        return NULL;
    m = sessions_parse(bytes, len, err);
    if (!m)
        kiri_fail_in(err, "%s", path);
    free(bytes);
    return m;
}

int sessions_is(const char *path)
{
    struct kiri_error err;
    size_t len;
    char *bytes = path_read(path, SESSIONS_FILE_MOST, &len, &err);
    struct safetensors *st = bytes ? safetensors_parse(bytes, len, &err) : NULL;
    int is = st && check_kind(st, &err) == 0;

    safetensors_free(st);
    free(bytes);
    return is;
}
