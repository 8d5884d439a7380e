/*
 * flow/stream_course.h - how long a learning takes: by how much there is to learn. Pure.
 *
 * One number, sixty short steps: a detector has to be surprised by what is new to its
 * stream (DETECTION.md: over-trained warm-ups cost 5 of 67 points). Several numbers: what
 * is odd is mostly how they go together, which takes longer to learn: each remembered row
 * about eight times, and never less than 200 steps; a turn has eight.
 *
 * The newest sixth of a long first training is held back: how odd rows are that the
 * model did not learn is the past by which the next ones are judged, so that they have a
 * tail at once.
 */
#ifndef KIRI_FLOW_STREAM_COURSE_H
#define KIRI_FLOW_STREAM_COURSE_H

#include <stdint.h>

#define STREAM_BATCH  4u    /* windows a step                                    */
#define COURSE_RECENT 256u  /* "the newest" rows                                 */
#define COURSE_MOST   1500u /* steps                                             */
#define COURSE_HOLDS  1024u /* rows of a first training some of which are held back */

struct course {
    uint32_t steps;
    float lr_first, lr_last; /* of Adam, falling evenly */
    uint32_t newest; /* rows that each step's first window is drawn from; 0: from all */
};

/* words: of a row, 1 for one number; context: past rows in a window, 0: none; rows: there
 * are; warmup: rows of a first training. Who learns one number anew from more rows than
 * that has as many steps as the turns between took. */
struct course course_first(uint32_t words, uint32_t context, uint32_t rows,
                           uint32_t warmup);
struct course course_turn(uint32_t words, uint32_t context);
/* How many of the `rows` of a first training are held back. */
uint32_t course_held(uint32_t words, uint32_t context, uint32_t rows);

#endif
