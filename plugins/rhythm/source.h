/*
 * source.h - what every source of idle time answers, and how long it may take.
 */
#ifndef KIRI_RHYTHM_SOURCE_H
#define KIRI_RHYTHM_SOURCE_H

#include <stdint.h>
#include <time.h>

#define SOURCE_PATIENCE_MS 250 /* that one look may take, connecting included */
#define SOURCE_WHY         160 /* bytes of a sentence about what is wrong              */

enum source_answer {
    SOURCE_SILENT, /* it cannot be asked; why[SOURCE_WHY] says why                     */
    SOURCE_KNOWS,  /* *last is the last input, ms UTC since 1970, at most now          */
    SOURCE_NOBODY  /* it works, and has seen no input                                  */
};

/* For deadlines: ms that never go back. */
static inline int64_t source_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
