/*
 * bench/peers/odd.h - what the simple detectors beside KIRI have in common: one number a
 * row, how odd is it after those before?
 *
 * They are pure and deterministic: no clock, no I/O, no seed. Rows are scored first and
 * remembered afterwards, as KIRI does it.
 */
#ifndef KIRI_BENCH_PEERS_ODD_H
#define KIRI_BENCH_PEERS_ODD_H

#include <stddef.h>
#include <stdint.h>

struct odd {
    double alone;  /* what the detector itself says; the greater the odder       */
    double excess; /* the same in nats, or what stands for them, beyond what was to be
                      expected: about 0 for a usual row, 6 for one that is as odd as is
                      told apart. What decades.h goes on with */
};

struct peer {
    const char *name;
    void *(*begin)(uint32_t warmup); /* rows that are not judged. NULL: memory is short */
    /* x is finite. 0, or -1: memory is short. */
    int (*push)(void *self, double x, struct odd *out);
    void (*end)(void *self); /* NULL is fine */
};

extern const struct peer peer_gaussian, peer_median, peer_kmeans, peer_markov, peer_range;

/* x[n] row by row: what the peer says alone, and in decades after KIRI's own steps from
 * excess to score (decades.h). Both are 0 in the first `warmup` rows, and where x is not
 * finite. 0, or -1: memory is short. */
int peer_watch(const struct peer *p, const double *x, uint32_t n, uint32_t warmup,
               double *alone /* [n] */, double *decades /* [n] */);

#endif
