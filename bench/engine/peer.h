/*
 * bench/engine/peer.h - the same work done by somebody else, in a child process that is
 * asked line by line, so that its rounds can be taken between ours.
 *
 *     load NAME FILE         -> ok
 *     run NAME SECONDS       -> NAME MICROSECONDS CHECK CHECK CHECK
 *
 * Its first line says what it is. What it computes must be what we compute: its figures
 * of the first steps are compared by peer_agrees().
 */
#ifndef KIRI_BENCH_ENGINE_PEER_H
#define KIRI_BENCH_ENGINE_PEER_H

#include "bench/engine/work.h"

#include <stddef.h>

struct peer;
/* Only "torch" is known: peer_torch.py, beside this program, in python3. NULL, after a
 * sentence on stderr. */
struct peer *peer_open(const char *name);
void peer_close(struct peer *p);           /* NULL is fine */
const char *peer_is(const struct peer *p); /* "PyTorch 1.13.1, 1 thread" */
/* 0, or -1 after a sentence on stderr. */
int peer_load(struct peer *p, const struct work *w);
/* Microseconds of a unit, the best of several bursts; about `seconds` in all. 0, -1. */
int peer_run(struct peer *p, const struct work *w, double seconds, double *us,
             double check[WORK_CHECKS]);
/* Are they the same but for rounding? */
int peer_agrees(const double ours[WORK_CHECKS], const double theirs[WORK_CHECKS]);

#endif
