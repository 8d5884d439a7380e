/*
 * load/abuse/measure.h - what this process has, to be compared with what it had before.
 */
#ifndef KIRI_LOAD_ABUSE_MEASURE_H
#define KIRI_LOAD_ABUSE_MEASURE_H

#include <stdint.h>

struct measure {
    int64_t heap;   /* bytes that malloc has handed out */
    int64_t mapped; /* bytes of address space; 0 with a sanitizer, which maps at will */
    int fds, threads;
};

void measure_now(struct measure *m);
/* Children that live, or have ended and wait to be asked; these are taken. */
int measure_children(void);
/* Waits at most ms for threads that are ending, until there are no more than `most`: how
 * many there are. */
int measure_threads(int most, int ms);

#endif
