/*
 * eval/vus.h - the volume under the surface of precision, recall and buffer length:
 * VUS-PR of Paparrizos, Boniol, Palpanas, Tsay, Elmore & Franklin, "Volume Under the
 * Surface: A New Accuracy Evaluation Measure for Time-Series Anomaly Detection", PVLDB 15
 * (2022).
 *
 * Where an anomaly begins and ends is known roughly. So its label fades out on both
 * sides: a row d rows before or behind an event counts sqrt(1 - d/l) while d <= l/2, for
 * a buffer length l; where such flanks meet they add up, to 1 at most. At a threshold,
 * with TP the sum of the labels of the rows at or above it,
 *
 *     precision = TP / rows at or above
 *     recall    = TP / (P + half the labels of flank rows at or above), P odd rows,
 *                 times the part of the faded events of which a row is at or above
 *
 * and the area under them, one threshold after the other, is that of l. VUS-PR is the
 * mean of the areas for l = 0, 1 ... buffer. The authors' program looks at 250
 * thresholds; here each distinct score is one, which makes it exact and costs less: only
 * rows near events move recall, so each l is one pass over these, in the order of their
 * scores.
 */
#ifndef KIRI_EVAL_VUS_H
#define KIRI_EVAL_VUS_H

#include "eval/events.h"
#include "eval/rank.h"

#define VUS_BUFFER 100u /* the default of the authors' TSB-AD (2024), rows */

/* events: of the rows that were ranked. *out is NaN when there are none. 0, or -1: memory
 * is short. */
int vus_pr(const struct ranking *r, const struct spans *events, uint32_t buffer,
           double *out);

#endif
