/* tokenize.c - the default tokenizer: one observation in, one sentence of tokens out. */
#include "field.h"

#include <kiri/schema.h>

#include <assert.h>
#include <math.h>

struct sentence {
    struct kiri_token *out;
    uint32_t n, cap, clamped;
    int full;
};

static void say(struct sentence *s, uint32_t id, uint32_t field)
{
    if (s->n == s->cap) {
        s->full = 1;
        return;
    }
    s->out[s->n++] = (struct kiri_token){ (uint16_t)id, (uint16_t)field };
}

/* The last bucket whose lower edge is <= x, for x in [lo, hi]. A formula gives the guess,
 * the edges themselves decide, so that rounding cannot part it from kiri_bucket. */
static uint32_t bucket(const struct kiri_field *f, double x)
{
    double at = (x - f->lo) / (f->hi - f->lo);

    if (f->scale == KIRI_LOG)
        at = (log10(x) - log10(f->lo)) / (log10(f->hi) - log10(f->lo));

    uint32_t k = at > 0 ? (uint32_t)(fmin(at, 1) * f->buckets) : 0;
    if (k >= f->buckets)
        k = f->buckets - 1;
    while (k > 0 && x < kiri_field_edge(f, k))
        k--;
    while (k + 1 < f->buckets && x >= kiri_field_edge(f, k + 1))
        k++;
    return k;
}

/* The place of a missing value among its field's ids. */
static uint32_t missing(const struct kiri_field *f, struct sentence *s)
{
    if (!(f->flags & KIRI_ALWAYS))
        return kiri_field_values(f);
    s->clamped++;
    return 0;
}

static uint32_t place_number(const struct kiri_field *f, double x, struct sentence *s)
{
    if (isnan(x))
        return missing(f, s);
    if (x < f->lo) {
        s->clamped++;
        return 0;
    }
    if (x > f->hi) {
        s->clamped++;
        return f->buckets - 1;
    }
    return bucket(f, x);
}

/* CHOICE, HOUR, WEEKDAY: an index that is not there is as good as missing, but counted.
 */
static uint32_t place_index(const struct kiri_field *f, int32_t index, struct sentence *s)
{
    uint32_t range = kiri_field_range(f);

    if (index >= 0 && (uint32_t)index < range)
        return (uint32_t)index * kiri_field_values(f) / range;
    if (index != -1 && !(f->flags & KIRI_ALWAYS))
        s->clamped++;
    return missing(f, s);
}

static void say_text(struct sentence *s, const struct kiri_field *f,
                     const union kiri_value *v, uint32_t first, uint32_t field,
                     uint32_t bos)
{
    uint32_t len = v->text.len;

    if (!v->text.ptr && !(f->flags & KIRI_ALWAYS)) {
        say(s, first + KIRI_BYTES, field); /* the whole text: nothing can follow it */
        return;
    }
    if (!v->text.ptr || len > f->max_len) {
        len = v->text.ptr ? f->max_len : 0;
        s->clamped++;
    }
    for (uint32_t i = 0; i < len; i++)
        say(s, first + (unsigned char)v->text.ptr[i], field);
    say(s, bos, field);
}

int kiri_tokenize(const struct kiri_schema *s, const union kiri_value *in,
                  struct kiri_token *out, uint32_t cap, uint32_t *clamped)
{
    struct sentence line = { .out = out, .cap = cap };
    uint32_t first = 0, bos = kiri_schema_bos(s);

    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];

        switch (f->kind) {
        case KIRI_NUMBER:
            if (f->scale == KIRI_LEARNED)
                return KIRI_EBUG;
            say(&line, first + place_number(f, in[i].num, &line), i);
            break;
        case KIRI_WORDS: return KIRI_EBUG;
        case KIRI_TEXT: say_text(&line, f, &in[i], first, i, bos); break;
        default:
            if (kiri_field_speaks(f))
                say(&line, first + place_index(f, in[i].choice, &line), i);
            break;
        }
        first += kiri_field_ids(f);
    }
    if (line.full)
        return KIRI_EBUG;
    if (clamped)
        *clamped += line.clamped;
    return (int)line.n;
}

void kiri_bucket(const struct kiri_field *f, uint32_t k, double *lo, double *hi)
{
    assert(k < f->buckets);
    *lo = kiri_field_edge(f, k);
    *hi = kiri_field_edge(f, k + 1);
}

void kiri_sides(const struct kiri_schema *s, const union kiri_value *in, uint16_t row[2])
{
    row[0] = row[1] = KIRI_SIDE_NONE;
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const struct kiri_field *f = &s->fields[i];
        int32_t at = in[i].choice;

        if (kiri_field_speaks(f) || at < 0 || (uint32_t)at >= kiri_field_range(f))
            continue;
        if (f->kind == KIRI_HOUR)
            row[0] = (uint16_t)at;
        else
            row[1] = (uint16_t)(24 + at);
    }
}

void kiri_missing(const struct kiri_schema *s, union kiri_value *v)
{
    for (uint32_t i = 0; i < s->n_fields; i++) {
        v[i] = (union kiri_value){ .words = { NULL, 0 } };
        switch (s->fields[i].kind) {
        case KIRI_NUMBER: v[i].num = NAN; break;
        case KIRI_TEXT: v[i].text.ptr = NULL; break;
        case KIRI_WORDS: break;
        default: v[i].choice = -1; break;
        }
    }
}

int kiri_is_missing(const struct kiri_field *f, const union kiri_value *v)
{
    switch (f->kind) {
    case KIRI_NUMBER: return isnan(v->num);
    case KIRI_TEXT: return v->text.ptr == NULL;
    case KIRI_WORDS: return v->words.ptr == NULL;
    default: return v->choice == -1;
    }
}
