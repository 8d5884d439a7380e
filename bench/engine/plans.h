/*
 * bench/engine/plans.h - the workloads of the engine's goals.
 */
#ifndef KIRI_BENCH_ENGINE_PLANS_H
#define KIRI_BENCH_ENGINE_PLANS_H

#include "bench/engine/work.h"

struct goal_plan {
    struct work_plan work;
    double most_floor; /* so many times its floor, at most                     */
    double least_peer; /* the peer takes so many times as long, at least; 0: no goal */
    const char *of;    /* what one time is said of                             */
    uint32_t parts;    /* of those in a unit                                   */
};

enum { W1_B1, W2_B1, W2_B32, W3_N7, W3_N16, W4_TRAIN, W4_FORWARD, W5_TURN, PLANS };
extern const struct goal_plan plans[PLANS];

#endif
