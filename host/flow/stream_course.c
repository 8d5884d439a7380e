#include "flow/stream_course.h"

#include "flow/stream.h"

#define TURN   5u   /* steps, of one number; of several 8 */
#define PASSES 8u   /* of a first training over its rows */
#define LEAST  200u /* steps: fewer rows are learned as often as that takes */

/* The published languages: one row of past, windows of 16 words. Their words are wide and
 * few; steps are short, and what never came has to become unlikely. */
static const struct course short_first = { 3000, 0.01f, 0.001f, 0 };

struct course course_first(uint32_t words, uint32_t context, uint32_t rows,
                           uint32_t warmup)
{
    struct course c = { 60, 0.005f, 0.00125f, COURSE_RECENT };
    uint64_t steps = (uint64_t)PASSES * rows / (STREAM_BATCH * (context + 1));

    if (words == 1) {
        c.steps += rows > warmup ? (rows - warmup) / STREAM_TURN * TURN : 0;
        return c;
    }
    if (context == 1)
        return short_first;
    c.steps = steps < LEAST ? LEAST : steps > COURSE_MOST ? COURSE_MOST : (uint32_t)steps;
    c.newest = 0;
    return c;
}

struct course course_turn(uint32_t words, uint32_t context)
{
    struct course c = { TURN, 0.002f, 0.002f, COURSE_RECENT };

    if (words > 1 && context > 1)
        c.steps = 8;
    return c;
}

uint32_t course_held(uint32_t words, uint32_t context, uint32_t rows)
{
    return words > 1 && context > 1 && rows >= COURSE_HOLDS ? rows / 6 : 0;
}
