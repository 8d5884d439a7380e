/*
 * bench/peers/session_peer.h - simple detectors of sessions of words, beside KIRI's on
 * the same: taught by normal sessions, they say of others which are odd.
 *
 * By counts: the nats of the word that was worst, the end being a word too, by order-k
 * counts (engine/counts.h); as rare as that is among the normal sessions, each looked at
 * by counts that did not have it (leave-one-out; flow/calibrate.h).
 *
 * By what was never seen: a word or a length that no normal session had.
 */
#ifndef KIRI_BENCH_PEERS_SESSION_PEER_H
#define KIRI_BENCH_PEERS_SESSION_PEER_H

#include "bench/session_set.h"

#include <stdint.h>

struct session_counts;

/* words: of the lexicon of all that is read. NULL: memory is short. */
struct session_counts *session_counts_new(const struct session_set *normal,
                                          uint32_t words, uint32_t order);
void session_counts_free(struct session_counts *c); /* NULL is fine */
/* P(a normal session is at least this odd), (0, 1]. */
double session_counts_tail(const struct session_counts *c, const struct session_set *s,
                           uint32_t i);

/* 1: session i has a word beyond the first `words` of the lexicon, which are those that
 * the normal ones have, or a length that none of them has. */
int session_unseen(const struct session_set *normal, uint32_t words,
                   const struct session_set *s, uint32_t i);

#endif
