#include "flow/stream_chorus.h"

#include "engine/elementary.h"

#include <math.h>
#include <stdlib.h>

struct chorus *chorus_new(struct gpt *const voice[CHORUS_VOICES], struct counts *counts)
{
    struct chorus *c = calloc(1, sizeof *c);

    if (!c) {
        for (uint32_t v = 0; v < CHORUS_VOICES; v++)
            gpt_free(voice[v]);
        counts_free(counts);
        return NULL;
    }
    for (uint32_t v = 0; v < CHORUS_VOICES; v++)
        c->voice[v] = voice[v];
    c->counts = counts;
    const struct gpt_shape *s = gpt_shape_of(voice[0]);
    c->cache = gpt_cache_new(s);
    c->nll = calloc(s->context, sizeof *c->nll);
    c->logp = calloc(s->vocab, sizeof *c->logp);
    c->by_counts = calloc(s->vocab, sizeof *c->by_counts);
    if (!c->cache || !c->nll || !c->logp || !c->by_counts) {
        chorus_free(c);
        return NULL;
    }
    return c;
}

void chorus_free(struct chorus *c)
{
    if (!c)
        return;
    for (uint32_t v = 0; v < CHORUS_VOICES; v++)
        gpt_free(c->voice[v]);
    counts_free(c->counts);
    gpt_cache_free(c->cache);
    free(c->nll);
    free(c->logp);
    free(c->by_counts);
    free(c);
}

/* ---- windows --------------------------------------------------------------------- */

/* Words behind the head that a window has, and by how many the next one is later. */
static uint32_t room_of(uint32_t context)
{
    return context - context / 2;
}

static uint32_t hop_of(uint32_t context)
{
    uint32_t hop = room_of(context) / 2;

    return hop ? hop : 1;
}

uint32_t chorus_windows(uint32_t context, uint32_t n)
{
    uint32_t hop = hop_of(context);

    return n <= context ? 1 : 1 + (n - context + hop - 1) / hop;
}

struct chorus_window chorus_window_at(uint32_t context, uint32_t n, uint32_t k)
{
    const uint32_t room = room_of(context), hop = hop_of(context);

    if (k == 0)
        return (struct chorus_window){ .n = n < context ? n : context };
    uint32_t done = context + (k - 1) * hop; /* read in the windows before */
    uint32_t from = done + hop < n ? done + hop - room : n - room;
    return (struct chorus_window){ from, room, done - from, context / 2 };
}

/* ---- reading --------------------------------------------------------------------- */

static float nats_of(double p)
{
    double nats = p > 0 ? -gpt_log(p) : (double)GPT_FLOOR_NATS;

    if (!(nats > 0))
        return 0;
    return nats < (double)GPT_FLOOR_NATS ? (float)nats : GPT_FLOOR_NATS;
}

struct chorus_word chorus_mix(float voices, double counts)
{
    double p = (double)voices;

    return (struct chorus_word){ nats_of((p + counts) / 2), nats_of(p), nats_of(counts) };
}

void chorus_read_voice(const struct gpt *g, struct gpt_cache *cache, const uint16_t *id,
                       uint32_t n, float *nll, float *p)
{
    const uint32_t context = gpt_shape_of(g)->context;

    for (uint32_t k = 0; k < chorus_windows(context, n); k++) {
        const struct chorus_window w = chorus_window_at(context, n, k);
        gpt_cache_rewind(cache, w.head); /* the first window has left the head there */
        gpt_forward(g, cache, id + w.from, id + w.from + 1, NULL, w.n,
                    &(struct gpt_belief){ .nll = nll });
        for (uint32_t t = w.first; t < w.n; t++)
            p[w.from + t] = gpt_exp(-nll[t]);
    }
}

void chorus_read(struct chorus *c, const uint16_t *id, uint32_t n, float *p,
                 struct chorus_word *out)
{
    struct counts_past past;

    for (uint32_t t = 0; t < n; t++)
        out[t].voices = 0;
    for (uint32_t v = 0; v < CHORUS_VOICES; v++) {
        chorus_read_voice(c->voice[v], c->cache, id, n, c->nll, p);
        for (uint32_t t = 0; t < n; t++)
            out[t].voices += p[t] / CHORUS_VOICES;
    }
    counts_begin(&past);
    for (uint32_t t = 0; t < n; t++) {
        counts_step(c->counts, &past, id[t]);
        out[t] = chorus_mix(out[t].voices, counts_next(c->counts, &past, id[t + 1]));
    }
}

void chorus_belief(struct chorus *c, const uint16_t *id, uint32_t n, uint32_t t, float *p)
{
    const struct gpt_shape *s = gpt_shape_of(c->voice[0]);
    struct chorus_window w = chorus_window_at(s->context, n, 0);
    struct counts_past past;

    for (uint32_t k = 1; t >= w.from + w.n; k++)
        w = chorus_window_at(s->context, n, k);
    for (uint32_t i = 0; i < s->vocab; i++)
        p[i] = 0;
    for (uint32_t v = 0; v < CHORUS_VOICES; v++) {
        gpt_cache_rewind(c->cache, 0);
        if (w.head)
            gpt_forward(c->voice[v], c->cache, id, NULL, NULL, w.head,
                        &(struct gpt_belief){ 0 });
        if (t > w.from)
            gpt_forward(c->voice[v], c->cache, id + w.from, NULL, NULL, t - w.from,
                        &(struct gpt_belief){ 0 });
        gpt_forward(c->voice[v], c->cache, id + t, NULL, NULL, 1,
                    &(struct gpt_belief){ .logp = c->logp });
        for (uint32_t i = 0; i < s->vocab; i++)
            p[i] += gpt_exp(c->logp[i]) / (2 * CHORUS_VOICES);
    }
    counts_begin(&past);
    for (uint32_t i = 0; i <= t; i++)
        counts_step(c->counts, &past, id[i]);
    counts_belief(c->counts, &past, c->by_counts);
    for (uint32_t i = 0; i < s->vocab; i++)
        p[i] += (float)(c->by_counts[i] / 2);
}
