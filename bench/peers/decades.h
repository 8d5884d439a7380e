/*
 * bench/peers/decades.h - KIRI's own steps from the excess of one number to its score,
 * for detectors that are compared with it: clipped at 6 nats, mean of six rows, decades
 * of a Gaussian tail over the rows before, ten decades for leaving the range, and only
 * peaks count (flow/stream_number.c; its pieces are these). So what is left of a
 * difference is what the model is worth.
 */
#ifndef KIRI_BENCH_PEERS_DECADES_H
#define KIRI_BENCH_PEERS_DECADES_H

#include "flow/calibrate.h"
#include "flow/stream_rules.h"

struct decades {
    struct gauge gauge;
    struct rules rules;
    double six[QUIET_ROWS]; /* the newest clipped excesses; row r's at r % QUIET_ROWS */
    uint64_t rows;
};

int decades_init(struct decades *d, uint32_t warmup); /* 0, or -1: memory is short */
void decades_fini(struct decades *d);
/* The next row: its excess in nats and its number, which is finite. *score: 0..20
 * decades. 0, or -1: memory is short. */
int decades_push(struct decades *d, double excess, double x, double *score);

#endif
