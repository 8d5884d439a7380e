/*
 * engine/forward.c - inference: a cache of keys and values, and what the model believes.
 */
#include "engine/mode.h"
#include "engine/tape.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
    gpt_tape_init(&c->tape, gpt_kernel(), s, rows, 0, floats + logits);
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

/* Logits of `rows` positions from t on into what was asked for of them. */
static void report(const struct gpt *g, struct gpt_cache *c, const uint16_t *next,
                   uint32_t t, uint32_t rows, const struct gpt_belief *out)
{
    const size_t v = g->at.v;
    const uint32_t vocab = g->shape.vocab;
    float chosen[GPT_CHUNK];
    struct gpt_softmax s[GPT_CHUNK];
    for (uint32_t i = 0; out->nll && i < rows; i++)
        chosen[i] = next[t + i] < vocab ? gpt_hold(c->logits[i * v + next[t + i]]) : 0;
    for (uint32_t i = 0; out->logp && i < rows; i++)
        memcpy(out->logp + (size_t)(t + i) * vocab, c->logits + i * v,
               vocab * sizeof *out->logp);
    c->tape.k->softmax(c->logits, rows, v, s);
    for (uint32_t i = 0; out->logp && i < rows; i++) {
        float *logp = out->logp + (size_t)(t + i) * vocab;
        for (uint32_t k = 0; k < vocab; k++)
            logp[k] = (gpt_hold(logp[k]) - s[i].most) - s[i].log;
    }
    for (uint32_t i = 0; out->nll && i < rows; i++) {
        const float nll =
            next[t + i] < vocab ? s[i].log - (chosen[i] - s[i].most) : GPT_FLOOR_NATS;
        out->nll[t + i] = nll < GPT_FLOOR_NATS ? nll : GPT_FLOOR_NATS;
    }
    for (uint32_t i = 0; out->entropy && i < rows; i++)
        out->entropy[t + i] = s[i].log - s[i].dot / s[i].sum;
}

void gpt_forward(const struct gpt *g, struct gpt_cache *c, const uint16_t *id,
                 const uint16_t *next, const struct gpt_side *side, uint32_t n,
                 const struct gpt_belief *out)
{
    assert(n <= g->shape.context - c->used);
    assert(next || !out->nll);
    const int silent = !out->nll && !out->entropy && !out->logp;
    const uint64_t mode = gpt_mode_enter(c->tape.k->flush);
    for (uint32_t t = 0; t < n;) {
        const uint32_t left = n - t;
        const uint32_t rows = left < c->tape.rows ? left : c->tape.rows;
        const struct gpt_span span = {
            .id = id + t, .side = side ? side + t : NULL, .n = rows, .base = c->used
        };
        gpt_run(g, &c->tape, &span, 1);
        c->used += rows;
        if (!silent) {
            gpt_head(g, c->tape.k, c->tape.x, rows, c->logits);
            report(g, c, next, t, rows, out);
        }
        t += rows;
    }
    gpt_mode_leave(mode);
}

static void forward_one(void *arg, uint32_t i)
{
    const struct gpt_request *all = *(const struct gpt_request *const *)arg;
    const struct gpt_request *r = &all[i];
    gpt_forward(r->g, r->cache, r->id, r->next, r->side, r->n, &r->out);
}

void gpt_forward_all(const struct gpt_request *r, uint32_t n,
                     const struct gpt_parallel *par)
{
    if (par && n > 1) {
        par->run(par->ctx, n, forward_one, &r);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        forward_one(&r, i);
}
