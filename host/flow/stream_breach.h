/*
 * flow/stream_breach.h - how odd it is that a number leaves the range of those before it.
 *
 * Of n + 1 exchangeable values the last is the greatest or the least with P = 2 / (n + 1)
 * (Renyi 1962; Glick, "Breaking records and breaking boards", 1978). A stream breaches
 * its range by the rule's margin so many times as often; that multiple, and how deep a
 * breach goes, are learned from its own past. Both are told by their posterior with a
 * prior of one breach (conjugate gamma: Gelman et al., "Bayesian Data Analysis", 2.6):
 * a stream that has never breached its range is not sure that it never will.
 *
 * Depth is in parts of the range; its logarithm over the margin is taken as exponential
 * (Hill 1975), so that heavy tails stay heavy.
 */
#ifndef KIRI_FLOW_STREAM_BREACH_H
#define KIRI_FLOW_STREAM_BREACH_H

#include <stdint.h>

#define BREACH_MARGIN  0.05   /* of the range: less is no breach */
#define BREACH_DEEPEST 1000.0 /* deeper is not told apart */
#define BREACH_ENOUGH  32u    /* a range of fewer rows is none yet */

/* Of the last PAST_ROWS rows or so (exponential forgetting). */
struct breaches {
    double expected; /* breaches without a margin, were the rows exchangeable, >= 0 */
    double seen;     /* breaches, >= 0 */
    double depth;    /* sum of ln(depth / margin) over those, >= 0 */
};

/* P that a row breaches a range of `rows` rows. */
double breach_rate(const struct breaches *b, uint32_t rows);
/* P that a row breaches it by `depth` or more; 1 when depth is no breach. */
double breach_tail(const struct breaches *b, uint32_t rows, double depth);
/* A row that went `depth` beyond a range of `rows` rows (0: it did not; NaN: it has no
 * number) is past. */
void breach_add(struct breaches *b, uint32_t rows, double depth);
/* What went so deep `ago` rows ago (1: the last) was nothing of this stream. */
void breach_take_back(struct breaches *b, double depth, uint64_t ago);

#endif
