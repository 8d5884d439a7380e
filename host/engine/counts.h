/*
 * engine/counts.h - how often each word followed each past of up to k words, and what is
 * probable next.
 *
 * Beside a GPT: it needs no training and forgets nothing that was seen once, where a
 * gradient has to see a thing often. The estimate is interpolated Kneser-Ney
 * (Kneser & Ney 1995, as in Chen & Goodman 1998): from the empty past to the longest,
 *
 *     p(w | h) = (max(c(h w) - D, 0) + D d(h) p(w | h')) / c(h)
 *
 * c: how often, of the longest past; of a shorter one how many different words came
 * before h w; d(h): how many different words followed h; h': h without its first word; D:
 * .5; below the empty past every word is as probable as any. It sums to one over the
 * vocabulary whatever was learned and unlearned. On held-back sessions of log keys it is
 * nearer than Witten-Bell, whose steps from past to past multiply what is one surprise.
 *
 * Owner: learning and unlearning are one caller's; a `const struct counts` may be read by
 * many threads. Scoring allocates nothing.
 */
#ifndef KIRI_ENGINE_COUNTS_H
#define KIRI_ENGINE_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#define COUNTS_ORDER_MOST 8u
#define COUNTS_NODES_MOST                                                                \
    (1u << 20) /* pasts and words after them; what more there is is                      \
                  not learned, the shorter pasts of it are */

struct counts;
/* vocab: 2..65535 words; order: 1..COUNTS_ORDER_MOST words of past. NULL: memory. */
struct counts *counts_new(uint32_t vocab, uint32_t order);
void counts_free(struct counts *c); /* NULL is fine */
uint32_t counts_vocab(const struct counts *c);
uint32_t counts_order(const struct counts *c);

/* Each of id[1..n) after those before it; id[0] is past only (BOS). 0, or -1 when memory
 * is short: then nothing was learned. */
int counts_learn(struct counts *c, const uint16_t *id, uint32_t n);
/* Takes back what counts_learn has learned from the same ids. */
void counts_unlearn(struct counts *c, const uint16_t *id, uint32_t n);
/* And learns it again, as it was. */
void counts_relearn(struct counts *c, const uint16_t *id, uint32_t n);

/* The past of up to k words, walked along as they come. */
struct counts_past {
    uint32_t node[COUNTS_ORDER_MOST + 1]; /* of the newest j words; COUNTS_UNSEEN: none */
};
#define COUNTS_UNSEEN UINT32_MAX
void counts_begin(struct counts_past *past); /* nothing came before */
void counts_step(const struct counts *c, struct counts_past *past, uint16_t word);
/* Was the word learned? */
int counts_knows(const struct counts *c, uint16_t word);
/* P(word next), > 0. */
double counts_next(const struct counts *c, const struct counts_past *past, uint16_t word);
/* The same of every word into p[vocab]; sums to 1. */
void counts_belief(const struct counts *c, const struct counts_past *past, double *p);

/* ---- for files ------------------------------------------------------------------- */

/* Node 0 is the empty past. Node i > 0 is its parent's words and one more, `word`, and
 * has `count` as above; parent[i] < i. */
uint32_t counts_nodes(const struct counts *c);
/* [nodes] each. */
void counts_read(const struct counts *c, uint32_t *parent, uint16_t *word,
                 uint32_t *count);
/* NULL when memory is short, or when it does not hold together: then *why is half a
 * sentence. */
struct counts *counts_restore(uint32_t vocab, uint32_t order, uint32_t nodes,
                              const uint32_t *parent, const uint16_t *word,
                              const uint32_t *count, const char **why);

#endif
