/*
 * flow/stream_runs.h - odd rows come in runs: how many runs are there, how many rows?
 *
 * A budget counts onsets, and what is smooth, such as a mean of six rows, is odd several
 * rows in a row: it begins to be odd less often than it is. The part of the rows above a
 * level that begin a run is the extremal index (Leadbetter, "Extremes and local
 * dependence in stationary sequences", 1983), estimated by runs: one begins after
 * QUIET_ROWS rows below, as an alarm does (Smith & Weissman, "Estimating the extremal
 * index", 1994). Pure.
 */
#ifndef KIRI_FLOW_STREAM_RUNS_H
#define KIRI_FLOW_STREAM_RUNS_H

#include "flow/calibrate.h"

/* The part of the greatest rows that begin a run, in (0, 1]: of the greatest in 200, or
 * of the greatest 10 when that is more. 1 while fewer than PAST_ENOUGH are held. */
double runs_share(const struct past *p);
/* P(a run of values >= x begins with a row): past_tail, and of the rarest fiftieth
 * runs_share of it. */
double runs_tail(const struct past *p, double x);

#endif
