#include "flow/stream_course.h"

#include "flow/stream.h"

#define NUMBER_STEPS  60u
#define SEVERAL_STEPS 200u /* for SEVERAL_ROWS or fewer */
#define SEVERAL_ROWS  750u
#define SEVERAL_MOST  1500u
#define SHORT_STEPS   6000u
#define SHORT_LOOK    500u
#define TURN_STEPS    5u

static uint32_t steps_of_several(uint32_t rows)
{
    uint64_t steps = (uint64_t)rows * SEVERAL_STEPS / SEVERAL_ROWS;

    return steps < SEVERAL_STEPS  ? SEVERAL_STEPS
           : steps > SEVERAL_MOST ? SEVERAL_MOST
                                  : (uint32_t)steps;
}

struct course course_first(uint32_t words, uint32_t context, uint32_t rows,
                           uint32_t warmup)
{
    uint32_t more = rows > warmup ? rows - warmup : 0;

    if (words == 1)
        return (struct course){ NUMBER_STEPS + more / STREAM_TURN * TURN_STEPS, 0.005f,
                                0.00125f, COURSE_RECENT, 0 };
    if (context == 1)
        return (struct course){ SHORT_STEPS, 0.01f, 0.001f, 0, SHORT_LOOK };
    return (struct course){ steps_of_several(rows), 0.005f, 0.00125f, COURSE_RECENT, 0 };
}

struct course course_turn(void)
{
    return (struct course){ TURN_STEPS, 0.002f, 0.002f, COURSE_RECENT, 0 };
}
