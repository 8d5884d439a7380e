/*
 * flow/stream_chorus.h - what is probable next in a session of words, by two halves that
 * err differently: eight small GPTs that began from different weights, whose
 * probabilities are averaged, and order-k counts (engine/counts.h), half and half.
 *
 * A session is BOS, its words and BOS again: that it ends counts, so a session that was
 * cut off is odd. What is longer than the GPTs' context is read in windows that
 * overlap by half, behind the session's first words, which stay (as Xiao et al. 2023 keep
 * the first tokens): what a session began with says more than that much more of its
 * middle.
 *
 * Pure: floats and word ids; no clock, no I/O, no threads of its own. Owner: one caller
 * at a time.
 */
#ifndef KIRI_FLOW_STREAM_CHORUS_H
#define KIRI_FLOW_STREAM_CHORUS_H

#include "engine/counts.h"
#include "engine/gpt.h"

/* What is rare and normal is what single GPTs differ in: with three of them other seeds
 * move F1 on labelled log keys by .03. */
#define CHORUS_VOICES 8u

struct chorus {
    struct gpt
        *voice[CHORUS_VOICES]; /* of one shape; its vocabulary is the counts' too */
    struct counts *counts;

    /* scratch */
    struct gpt_cache *cache;
    float *nll;        /* [context] */
    float *logp;       /* [vocab] */
    double *by_counts; /* [vocab] */
};

/* Takes over the voices and the counts, also when it fails. NULL when memory is short. */
struct chorus *chorus_new(struct gpt *const voice[CHORUS_VOICES], struct counts *counts);
void chorus_free(struct chorus *c); /* NULL is fine */

/* -ln of the probability that a word had, at most GPT_FLOOR_NATS each. */
struct chorus_word {
    float nats;   /* of both halves together */
    float voices; /* of the GPTs' mean */
    float counts;
};
/* Of the GPTs' mean probability and that of the counts. */
struct chorus_word chorus_mix(float voices, double counts);

/* Of id[1..n], each after those before it, id[0] = BOS: out[n]. p: [n] scratch.
 * Allocates nothing. */
void chorus_read(struct chorus *c, const uint16_t *id, uint32_t n, float *p,
                 struct chorus_word *out);

/* What was probable at id[t + 1], 0 <= t < n: p[vocab]. As chorus_read saw it. */
void chorus_belief(struct chorus *c, const uint16_t *id, uint32_t n, uint32_t t,
                   float *p);

/* ---- windows of a session -------------------------------------------------------- */

/* id[0, head) and then id[from, from + n) are fed; what follows id[from + first] and
 * those after it is read in this window. */
struct chorus_window {
    uint32_t from, n, first;
    uint32_t head; /* 0: it begins with the session; else half of the context */
};
uint32_t chorus_windows(uint32_t context, uint32_t n); /* how many */
struct chorus_window chorus_window_at(uint32_t context, uint32_t n, uint32_t k);

/* What one GPT says of a session: the probabilities of id[t + 1] into p[t], t < n. nll:
 * [context] scratch. */
void chorus_read_voice(const struct gpt *g, struct gpt_cache *cache, const uint16_t *id,
                       uint32_t n, float *nll, float *p);

#endif
