/* bench/engine/peak_sets.h - the sets that this build has. */
#ifndef KIRI_BENCH_ENGINE_PEAK_SETS_H
#define KIRI_BENCH_ENGINE_PEAK_SETS_H

#include "bench/engine/peak.h"

extern const struct peak_set peak_baseline, peak_avx2, peak_avx512, peak_neon;

#endif
