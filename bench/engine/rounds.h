/*
 * bench/engine/rounds.h - W1 to W5 over several rounds, and what is told of them.
 */
#ifndef KIRI_BENCH_ENGINE_ROUNDS_H
#define KIRI_BENCH_ENGINE_ROUNDS_H

#include "bench/figures.h"

#define ROUNDS_MOST 99u

/* peer: NULL, or a name that peer_open() knows. Prints on stdout; the exit code. */
int rounds_run(unsigned rounds, const char *peer, enum figures_form form);

#endif
