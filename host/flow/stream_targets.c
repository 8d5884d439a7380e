#include "flow/stream_targets.h"

#include <math.h>
#include <stdlib.h>

#define TRUE_SHARE   0.699
#define NEAR_SHARE   0.3
#define ANY_SHARE    0.001
#define SYMBOL_SHARE 0.998
#define FINE         16u /* buckets: a scale of fewer is coarse */
#define SHORT        3u  /* past rows: the published windows of 16 words have no more */

/* How sharp the targets of a NUMBER's words are. */
struct softness {
    double any;   /* share of all words alike            */
    double scale; /* buckets that a bucket counts as     */
};

/* The published languages, of one to three past rows, say in a tenth of the range what a
 * longer context would tell: there what never came has to become unlikely, and the next
 * bucket but one is no neighbour. */
static struct softness softness_of(const struct kiri_schema *s,
                                   const struct kiri_field *f)
{
    if (kiri_schema_context(s) <= SHORT && f->buckets && f->buckets < FINE)
        return (struct softness){ 0, (double)FINE / f->buckets };
    return (struct softness){ ANY_SHARE, 1 };
}

/* Of a bucket k, at a distance in buckets: a Gaussian of deviation 1, not summed. */
static double nearness(uint32_t k, uint32_t other, double scale)
{
    double d = scale * ((double)k - (double)other);

    return exp(-0.5 * d * d);
}

/* p[words] for word k of a NUMBER; the words beyond its buckets are no neighbours. */
static void spread(const struct kiri_field *f, struct softness soft, uint32_t words,
                   uint32_t k, float *p)
{
    double sum = 0, here = TRUE_SHARE + ANY_SHARE - soft.any;

    for (uint32_t i = 0; k < f->buckets && i < f->buckets; i++)
        sum += nearness(k, i, soft.scale);
    for (uint32_t i = 0; i < words; i++) {
        double share = soft.any / words;
        if (i == k)
            share += sum > 0 ? here : here + NEAR_SHARE;
        if (sum > 0 && i < f->buckets)
            share += NEAR_SHARE * nearness(k, i, soft.scale) / sum;
        p[i] = (float)share;
    }
}

/* How many shares all words together need. */
static size_t room(const struct kiri_schema *s)
{
    size_t sum = 1; /* of BOS */
    uint32_t first;

    for (uint32_t i = 0; i < s->n_fields; i++) {
        size_t words = kiri_schema_words(s, i, &first);
        sum += s->fields[i].kind == KIRI_NUMBER ? words * words : words;
    }
    return sum;
}

int stream_targets_init(struct stream_targets *t, const struct kiri_schema *s)
{
    uint32_t vocab = kiri_schema_vocab(s), first;
    uint16_t bos = (uint16_t)kiri_schema_bos(s);

    t->of = calloc(vocab, sizeof *t->of);
    t->p = calloc(room(s), sizeof *t->p);
    if (!t->of || !t->p)
        return -1;
    float *p = t->p, elsewhere = (float)((1 - SYMBOL_SHARE) / vocab);
    *p = (float)SYMBOL_SHARE; /* BOS ends a TEXT */
    t->of[bos] =
        (struct gpt_target){ .p = p++, .first = bos, .n = 1, .floor = elsewhere };
    for (uint32_t i = 0; i < s->n_fields; i++) {
        uint32_t words = kiri_schema_words(s, i, &first);
        for (uint32_t k = 0; k < words; k++) {
            uint16_t id = (uint16_t)(first + k), from = (uint16_t)first;
            if (s->fields[i].kind == KIRI_NUMBER) {
                spread(&s->fields[i], softness_of(s, &s->fields[i]), words, k, p);
                t->of[id] =
                    (struct gpt_target){ .p = p, .first = from, .n = (uint16_t)words };
                p += words;
            } else {
                *p = (float)SYMBOL_SHARE;
                t->of[id] = (struct gpt_target){
                    .p = p++, .first = id, .n = 1, .floor = elsewhere
                };
            }
        }
    }
    return 0;
}

void stream_targets_fini(struct stream_targets *t)
{
    free(t->of);
    free(t->p);
    *t = (struct stream_targets){ 0 };
}
