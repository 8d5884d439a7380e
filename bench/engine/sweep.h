/*
 * bench/engine/sweep.h - what a token costs by width, layers, context and vocabulary, and
 * what threads save.
 */
#ifndef KIRI_BENCH_ENGINE_SWEEP_H
#define KIRI_BENCH_ENGINE_SWEEP_H

#include "bench/figures.h"

/* svg: NULL, or a file to draw it to. Prints on stdout; the exit code. */
int sweep_run(unsigned rounds, const char *svg, enum figures_form form);

#endif
