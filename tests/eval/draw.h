/* tests/eval/draw.h - small labelled streams, drawn: many equal scores, events of all
 * lengths, also at both ends and close to each other. */
#ifndef KIRI_TESTS_EVAL_DRAW_H
#define KIRI_TESTS_EVAL_DRAW_H

#include <stdint.h>

#define DRAW_ROWS   120u
#define DRAW_LEVELS 9 /* scores are whole, from -9 to 9 */

/* score[DRAW_ROWS], odd[DRAW_ROWS] of both kinds; returns how many rows there are. */
static inline uint32_t draw_stream(uint32_t seed, double *score, uint8_t *odd)
{
    uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    uint32_t n = 20 + seed * 7 % (DRAW_ROWS - 20), left = 0;
    uint8_t now = 0;

    for (uint32_t i = 0; i < n; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        if (left == 0) {
            now = i > 0 || seed % 3 == 0 ? !now : now;
            left = 1 + (uint32_t)(x >> 40) % (now ? 5 : 11);
        }
        left--;
        odd[i] = now;
        score[i] = (double)((int)((x >> 33) % (2 * DRAW_LEVELS - 2)) - DRAW_LEVELS) +
                   (now ? 2 : 0);
    }
    odd[n / 2] = 0;
    odd[n / 3] = 1;
    return n;
}

#endif
