#include "bench/engine/plans.h"

#define NAMES_SHAPE                                                                      \
    {                                                                                    \
        .vocab = 27, .width = 16, .heads = 4, .layers = 1, .context = 16                 \
    }
#define PULSE_SHAPE                                                                      \
    {                                                                                    \
        .vocab = 43, .width = 32, .heads = 4, .layers = 2, .context = 16                 \
    }
#define LARGE_SHAPE                                                                      \
    {                                                                                    \
        .vocab = 43, .width = 128, .heads = 4, .layers = 4, .context = 64                \
    }
#define ONE_SHAPE                                                                        \
    {                                                                                    \
        .vocab = 39, .width = 32, .heads = 4, .layers = 2, .context = 64                 \
    }

const struct goal_plan plans[PLANS] = {
    [W1_B1] = { { "W1.b1", WORK_TRAIN, NAMES_SHAPE, 1, WORK_NAMES }, 5, 0, "step", 1 },
    [W2_B1] = { { "W2.b1", WORK_TRAIN, PULSE_SHAPE, 1, 16 }, 1.9, 50, "step", 1 },
    [W2_B32] = { { "W2.b32", WORK_TRAIN, PULSE_SHAPE, 32, 16 }, 1.7, 7, "sample", 32 },
    [W3_N7] = { { "W3.n7", WORK_SCORE, PULSE_SHAPE, 1, 7 }, 1.85, 45, "scoring", 1 },
    [W3_N16] = { { "W3.n16", WORK_SCORE, PULSE_SHAPE, 1, 16 }, 1.95, 45, "scoring", 1 },
    [W4_TRAIN] = { { "W4.train", WORK_TRAIN, LARGE_SHAPE, 16, 64 },
                   2,
                   1.2,
                   "token",
                   1024 },
    [W4_FORWARD] = { { "W4.forward", WORK_SCORE, LARGE_SHAPE, 16, 64 },
                     2,
                     1.1,
                     "token",
                     1024 },
    [W5_TURN] = { { "W5", WORK_TURN, ONE_SHAPE, 4, 64 }, 2, 0, "row", TURN_ROWS },
};
