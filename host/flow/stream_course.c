#include "flow/stream_course.h"

#include "flow/stream.h"

#define TURN_STEPS 5u

struct course course_first(uint32_t words, uint32_t context, uint32_t rows,
                           uint32_t warmup)
{
    uint32_t more = rows > warmup ? rows - warmup : 0;
    struct course c = { 200, 0.005f, 0.00125f };

    if (words > 1 && context == 1)
        return (struct course){ 3000, 0.01f, 0.001f };
    if (words == 1)
        c.steps = 60;
    c.steps += more / STREAM_TURN * TURN_STEPS;
    return c;
}

struct course course_turn(void)
{
    return (struct course){ TURN_STEPS, 0.002f, 0.002f };
}
