/*
 * flow/stream_yardsticks.h - what a row is measured by: several statistics, each against
 * its own past.
 *
 * Which of them a stream has follows from its language; the others' pasts stay empty.
 * Pure; no functions here are safe to call from two threads with the same yardsticks.
 */
#ifndef KIRI_FLOW_STREAM_YARDSTICKS_H
#define KIRI_FLOW_STREAM_YARDSTICKS_H

#include "flow/calibrate.h"

enum statistic {
    BY_ROW,   /* the row's excess; of texts the sum of its nats, or the worst token */
    BY_SIX,   /* the mean of six excesses; of texts the worst token                 */
    BY_FIELD, /* the field that is the farthest out in six rows                     */
    BY_WORST, /* the row's field of the greatest excess                             */
    BY_LEAST, /* minus the logarithm of the least of these three's tails            */
    STATISTICS
};

#define NOT_MEASURED (-1e30f) /* a statistic that has no value yet */

struct yardstick {
    struct gauge gauge; /* of all rows: the score        */
    struct past tail;   /* of the normal ones: the tail  */
};

struct yardsticks {
    struct yardstick of[STATISTICS];
    uint32_t gauged, tailed; /* bit i: the gauge, the tail of statistic i is in use */
};

/* A row's statistics, by[STATISTICS], come into the gauges in use, into the tails; or
 * leave them. What comes: 0, or -1 when memory is short. */
int yardsticks_gauge(struct yardsticks *y, const float *by);
int yardsticks_tail(struct yardsticks *y, const float *by);
void yardsticks_leave_gauges(struct yardsticks *y, const float *by);
void yardsticks_leave_tails(struct yardsticks *y, const float *by);
/* The same of values that were about as great as these, but hardly greater. */
void yardsticks_leave_tails_about(struct yardsticks *y, const float *by);
/* After values have left the gauges: their sums anew. */
void yardsticks_resum(struct yardsticks *y);
/* The greatest of the gauges' scores, decades. */
double yardsticks_score(const struct yardsticks *y, const float *by);
/* Has statistic i of the row a tail, of so many values or more? */
int yardsticks_tells(const struct yardsticks *y, uint32_t i, const float *by,
                     uint32_t enough);
/* How many tails there are to choose the least from. */
uint32_t yardsticks_share(const struct yardsticks *y);
/* All pasts are empty. */
void yardsticks_fini(struct yardsticks *y);

#endif
