#include "bench/peers/session_peer.h"

#include "engine/counts.h"
#include "flow/calibrate.h"

#include <math.h>
#include <stdlib.h>

struct session_counts {
    struct counts *counts; /* of the edge and the words */
    struct past held_back; /* the worst nats of each session that taught it */
};

/* The session between its edges. */
static const uint16_t *sentence(const struct session_set *s, uint32_t i, uint32_t *n)
{
    *n = (uint32_t)session_set_length(s, i) + 2;
    return s->word + s->first[i] - 1;
}

static double worst(const struct session_counts *c, const struct session_set *s,
                    uint32_t i)
{
    struct counts_past past;
    uint32_t n;
    const uint16_t *id = sentence(s, i, &n);
    double least = 1;

    counts_begin(&past);
    for (uint32_t t = 1; t < n; t++) {
        counts_step(c->counts, &past, id[t - 1]);
        least = fmin(least, counts_next(c->counts, &past, id[t]));
    }
    return -log(least);
}

/* Every session's worst as if it had not been counted itself. */
static int hold_back(struct session_counts *c, const struct session_set *normal)
{
    for (uint32_t i = 0; i < normal->n; i++) {
        uint32_t n;
        const uint16_t *id = sentence(normal, i, &n);
        counts_unlearn(c->counts, id, n);
        double nats = worst(c, normal, i);
        counts_relearn(c->counts, id, n);
        if (past_add(&c->held_back, (float)nats))
            return -1;
    }
    return 0;
}

static int teach(struct session_counts *c, const struct session_set *normal)
{
    for (uint32_t i = 0; i < normal->n; i++) {
        uint32_t n;
        const uint16_t *id = sentence(normal, i, &n);
        if (counts_learn(c->counts, id, n))
            return -1;
    }
    return hold_back(c, normal);
}

struct session_counts *session_counts_new(const struct session_set *normal,
                                          uint32_t words, uint32_t order)
{
    struct session_counts *c = calloc(1, sizeof *c);

    if (c)
        c->counts = counts_new(words + 1, order);
    if (c && c->counts && teach(c, normal) == 0)
        return c;
    session_counts_free(c);
    return NULL;
}

void session_counts_free(struct session_counts *c)
{
    if (c) {
        counts_free(c->counts);
        past_fini(&c->held_back);
    }
    free(c);
}

double session_counts_tail(const struct session_counts *c, const struct session_set *s,
                           uint32_t i)
{
    return past_tail(&c->held_back, (double)(float)worst(c, s, i));
}

int session_unseen(const struct session_set *normal, uint32_t words,
                   const struct session_set *s, uint32_t i)
{
    for (size_t k = 0; k < session_set_length(s, i); k++)
        if (s->word[s->first[i] + k] > words)
            return 1;
    for (uint32_t k = 0; k < normal->n; k++)
        if (session_set_length(normal, k) == session_set_length(s, i))
            return 0;
    return 1;
}
