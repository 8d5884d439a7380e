/*
 * faults/lone_flow.h - a flow whose every step runs on the thread that drives it, so that
 * memory that runs out on command (nth_malloc.h) runs out in each of them: pools run a
 * job at once, the bus is nowhere, the clock goes on by itself. Takes the place of
 * base/pool.c and host/bus in a test that is linked with it.
 */
#ifndef KIRI_TESTS_FAULTS_LONE_FLOW_H
#define KIRI_TESTS_FAULTS_LONE_FLOW_H

#include "flow/flow.h"

#define LONE_TURN_MS 100 /* of its clock */

struct bus_request {
    const char *text;
    unsigned answers; /* so far */
    char answer[64 << 10];
    size_t len; /* of the last */
};

/* A store and models in dir; aborts if that fails. */
void lone_flow_init(struct flow *f, uv_loop_t *loop, char *dir);
/* One turn of the loop; what was posted is delivered. */
void lone_flow_turn(struct flow *f);
void lone_flow_fini(struct flow *f);

#endif
