/*
 * flow/stream_course.h - how long a learning takes: by how much there is to learn. Pure.
 *
 * One number, sixty short steps: a detector has to be surprised by what is new to its
 * stream (DETECTION.md: over-trained warm-ups cost 5 of 67 points); who learns one anew
 * from more rows than a warm-up has takes as many more as the turns between took. Several
 * numbers: 200, and each row as often when there are more, for what is odd is mostly how
 * they go together. The published languages, one row of past in windows of 16 words that
 * are wide and few: 6,000 of the shortest steps there are, for what never came has to
 * become unlikely; and so has what came once (stream_outliers.h).
 */
#ifndef KIRI_FLOW_STREAM_COURSE_H
#define KIRI_FLOW_STREAM_COURSE_H

#include <stdint.h>

#define COURSE_RECENT 256u /* "the newest" rows */

struct course {
    uint32_t steps;
    float lr_first, lr_last; /* of Adam, falling evenly */
    uint32_t newest; /* rows that each step's first window is drawn from; 0: from all */
    uint32_t look; /* after so many steps the oddest rows are left out; 0: they are not */
};

/* words: of a row, 1 for one number; context: past rows in a window; rows: that there
 * are; warmup: rows of a first training. */
struct course course_first(uint32_t words, uint32_t context, uint32_t rows,
                           uint32_t warmup);
struct course course_turn(void);

#endif
