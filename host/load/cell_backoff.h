/*
 * load/cell_backoff.h - when a cell that has failed is started again (RELIABILITY B1).
 * Pure: the caller has the clock and the dice. For this folder and its tests only.
 */
#ifndef KIRI_LOAD_CELL_BACKOFF_H
#define KIRI_LOAD_CELL_BACKOFF_H

#include <stdint.h>

#define CELL_FAILURES   5u     /* in the window: no more tries                        */
#define CELL_WINDOW_MS  600000 /* without a failure for so long, it begins anew       */
#define CELL_FIRST_MS   1000
#define CELL_LONGEST_MS 60000
#define CELL_JITTER     0.2 /* of the pause, either way: many cells do not come at once */

struct cell_backoff {
    int64_t failed[CELL_FAILURES]; /* mono ms, the newest last */
    uint32_t n;                    /* of them that count */
    uint32_t row;                  /* failures without a long quiet between them */
};

/* It has failed now (mono ms, never less than before). dice: 0..1. Returns the pause, in
 * ms: 1, 2, 4 .. 60 s, each +-20 %; or -1: the fifth failure in ten minutes. */
int64_t cell_backoff(struct cell_backoff *b, int64_t now, double dice);

#endif
