/*
 * engine/forward.c - inference: a cache of keys and values, and what the model believes.
 */
#include "engine/elementary.h"
#include "engine/tape.h"

#include <assert.h>
#include <stdlib.h>

struct gpt_cache {
    struct gpt_tape tape;
    float *logits; /* [GPT_CHUNK or context][v] */
    uint32_t used;
};

struct gpt_cache *gpt_cache_new(const struct gpt_shape *s)
{
    char why[96];
    if (gpt_shape_check(s, why, sizeof why) != 0)
        return NULL;
    const uint32_t rows = s->context < GPT_CHUNK ? s->context : GPT_CHUNK;
    const size_t logits = rows * gpt_pad(s->vocab);
    float *floats;
    struct gpt_cache *c =
        gpt_arena(sizeof *c, logits + gpt_tape_size(s, rows, 0), &floats);
    if (!c)
        return NULL;
    c->logits = floats;
    gpt_tape_init(&c->tape, &gpt_kernel_portable, s, rows, 0, floats + logits);
    return c;
}

void gpt_cache_free(struct gpt_cache *c)
{
    free(c);
}

void gpt_cache_rewind(struct gpt_cache *c, uint32_t n)
{
    if (n < c->used)
        c->used = n;
}

uint32_t gpt_cache_used(const struct gpt_cache *c)
{
    return c->used;
}

/* One row of logits, held within bounds, into what was asked for of position t. */
static void report(const struct gpt_kernel *k, uint32_t vocab, float *row, size_t wide,
                   const uint16_t *next, uint32_t t, const struct gpt_belief *out)
{
    const int known = out->nll && next[t] < vocab;
    float *logp = out->logp ? out->logp + (size_t)t * vocab : NULL;
    for (uint32_t i = 0; logp && i < vocab; i++)
        logp[i] = row[i];
    const float chosen = known ? row[next[t]] : 0;
    struct gpt_softmax s;
    k->softmax(row, wide, &s);
    const float log_sum = (float)gpt_log(s.sum);
    for (uint32_t i = 0; logp && i < vocab; i++)
        logp[i] = (gpt_hold(logp[i]) - s.most) - log_sum;
    if (out->nll) {
        const float nll = known ? log_sum - (gpt_hold(chosen) - s.most) : GPT_FLOOR_NATS;
        out->nll[t] = nll < GPT_FLOOR_NATS ? nll : GPT_FLOOR_NATS;
    }
    if (out->entropy)
        out->entropy[t] = log_sum - s.dot / s.sum;
}

void gpt_forward(const struct gpt *g, struct gpt_cache *c, const uint16_t *id,
                 const uint16_t *next, const struct gpt_side *side, uint32_t n,
                 const struct gpt_belief *out)
{
    assert(n <= g->shape.context - c->used);
    assert(next || !out->nll);
    const int silent = !out->nll && !out->entropy && !out->logp;
    for (uint32_t t = 0; t < n;) {
        const uint32_t left = n - t;
        const uint32_t rows = left < c->tape.rows ? left : c->tape.rows;
        gpt_run(g, &c->tape, id + t, side ? side + t : NULL, rows, c->used);
        c->used += rows;
        if (!silent)
            gpt_head(g, c->tape.k, c->tape.x, rows, c->logits);
        for (uint32_t i = 0; !silent && i < rows; i++)
            report(c->tape.k, g->shape.vocab, c->logits + i * g->at.v, g->at.v, next,
                   t + i, out);
        t += rows;
    }
}
