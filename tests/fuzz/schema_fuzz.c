/*
 * schema_fuzz.c - any schema that an atom could hand over: refused with a sentence, or a
 * language in which any observation is a sentence of known words.
 */
#include <kiri/schema.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define MOST_CHOICES 300u
#define NAME         40u

/* The input, eaten from the front; zeros when it is used up. */
struct food {
    const uint8_t *at;
    size_t left;
    struct owned *owned;
};

/* What one input allocated. */
struct owned {
    struct owned *next;
    void *block;
};

/* Of its own exact size, so that a read beyond is seen. */
static void *get(struct food *f, size_t n)
{
    struct owned *o = malloc(sizeof *o);
    void *block = calloc(1, n);

    if (!o || !block)
        abort();
    *o = (struct owned){ f->owned, block };
    f->owned = o;
    return block;
}

static void free_all(struct food *f)
{
    while (f->owned) {
        struct owned *o = f->owned;

        f->owned = o->next;
        free(o->block);
        free(o);
    }
}

static void eat(struct food *f, void *out, size_t n)
{
    size_t got = n < f->left ? n : f->left;

    memset(out, 0, n);
    memcpy(out, f->at, got);
    f->at += got;
    f->left -= got;
}

static uint8_t byte(struct food *f)
{
    uint8_t x;

    eat(f, &x, sizeof x);
    return x;
}

/* NUL-terminated; sometimes NULL. */
static char *text(struct food *f)
{
    size_t n = byte(f) % NAME;
    char *s;

    if (n == NAME - 1)
        return NULL;
    s = get(f, n + 1);
    eat(f, s, n);
    return s;
}

static const char **choices(struct food *f)
{
    size_t n = byte(f);
    const char **list;

    if (n == 255)
        return NULL;
    n = n > 250 ? MOST_CHOICES : n % 12;
    list = get(f, (n + 1) * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i] = text(f);
        if (!list[i]) /* it ends here */
            break;
    }
    return list;
}

static void eat_field(struct food *f, struct kiri_field *out)
{
    out->name = text(f);
    out->symbol = text(f);
    out->kind = byte(f) & 1 ? byte(f) : byte(f) % 7;
    out->flags = byte(f);
    out->scale = byte(f) % 4;
    out->buckets = byte(f);
    if (byte(f) & 1)
        eat(f, &out->buckets, sizeof out->buckets);
    out->max_len = byte(f);
    if (byte(f) & 1)
        eat(f, &out->max_len, sizeof out->max_len);
    if (byte(f) & 1) {
        eat(f, &out->lo, sizeof out->lo);
        eat(f, &out->hi, sizeof out->hi);
    } else {
        out->lo = byte(f);
        out->hi = out->lo + byte(f);
    }
    out->choices = choices(f);
}

static void eat_value(struct food *f, const struct kiri_field *field, union kiri_value *v,
                      char *pool, size_t cap)
{
    uint8_t how = byte(f);

    if (how < 32)
        return; /* missing */
    if (field->kind == KIRI_NUMBER) {
        if (how & 1)
            eat(f, &v->num, sizeof v->num);
        else
            v->num = byte(f);
    } else if (field->kind == KIRI_TEXT) {
        v->text.ptr = pool;
        v->text.len = (uint32_t)(how * 3u % cap);
    } else if (field->kind != KIRI_WORDS) {
        if (how & 1)
            eat(f, &v->choice, sizeof v->choice);
        else
            v->choice = byte(f);
    }
}

static void speak(const struct kiri_schema *s, struct food *f)
{
    uint32_t vocab = kiri_schema_vocab(s), most = kiri_schema_max_tokens(s), clamped = 0;
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_token *out = get(f, (most ? most : 1) * sizeof *out);
    char pool[512], word[KIRI_WORD_CAP];
    int n;

    memset(pool, 'x', sizeof pool);
    eat(f, pool, f->left < 64 ? f->left : 64);
    assert(vocab >= 1 && kiri_schema_bos(s) == vocab - 1);
    kiri_missing(s, v);
    for (uint32_t i = 0; i < s->n_fields; i++)
        eat_value(f, &s->fields[i], &v[i], pool, sizeof pool);
    n = kiri_tokenize(s, v, out, most, &clamped);
    assert(n == KIRI_EBUG || (n >= 0 && (uint32_t)n <= most));
    for (int i = 0; i < n; i++) {
        int length = kiri_word(s, out[i].id, word, sizeof word);

        assert(out[i].id < vocab && out[i].field < s->n_fields);
        assert(length > 0 && (size_t)length < sizeof word);
    }
    if (most > 0 && n == (int)most)
        assert(kiri_tokenize(s, v, out, most - 1, NULL) == KIRI_EBUG);
    kiri_schema_hash(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct food f = { .at = bytes, .left = len };
    struct kiri_field fields[KIRI_MAX_FIELDS + 4] = { 0 };
    struct kiri_schema s = { .size = sizeof s, .fields = fields };
    char why[200] = "";

    s.n_fields = byte(&f) % (KIRI_MAX_FIELDS + 5);
    s.context = byte(&f);
    s.aggregate = byte(&f) % 6;
    for (uint32_t i = 0; i < s.n_fields; i++)
        eat_field(&f, &fields[i]);
    if (kiri_schema_check(&s, why, sizeof why))
        assert(why[0]);
    else
        speak(&s, &f);
    free_all(&f);
    return 0;
}
