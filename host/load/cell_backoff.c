#include "load/cell_backoff.h"

#include <string.h>

int64_t cell_backoff(struct cell_backoff *b, int64_t now, double dice)
{
    int64_t pause = CELL_FIRST_MS;

    if (b->n && now - b->failed[b->n - 1] >= CELL_WINDOW_MS)
        *b = (struct cell_backoff){ 0 };
    if (b->n == CELL_FAILURES) {
        memmove(&b->failed[0], &b->failed[1], (CELL_FAILURES - 1) * sizeof b->failed[0]);
        b->n--;
    }
    b->failed[b->n++] = now;
    if (b->n == CELL_FAILURES && now - b->failed[0] < CELL_WINDOW_MS)
        return -1;
    for (uint32_t i = 0; i < b->row && pause < CELL_LONGEST_MS; i++)
        pause *= 2;
    b->row++;
    if (pause > CELL_LONGEST_MS)
        pause = CELL_LONGEST_MS;
    return pause + (int64_t)((double)pause * CELL_JITTER * (2 * dice - 1));
}
