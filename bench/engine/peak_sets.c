#include "bench/engine/peak_sets.h"

const struct peak_set *const peak_sets[] = {
    &peak_baseline,
#if defined(__x86_64__)
    &peak_avx2,
    &peak_avx512,
#elif defined(__aarch64__)
    &peak_neon,
#endif
    NULL,
};
