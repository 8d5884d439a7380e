/*
 * flow/stream_blame.h - which field an alarm of several rows is about.
 *
 * A row's blame is the field with the most excess in it. An alarm's is the field with the
 * most excess summed over its rows, from the onset on; where it was the mean of six rows
 * that opened it, over those six, too. A row's statistic is the mean of its fields'
 * excesses, so the sum says which part of what was odd is whose. (KIRI's study of plants,
 * one of six metrics replaced: the largest mean excess names the right one in 98.7 % of
 * the onsets.)
 *
 * Pure; the state is kept in the model file.
 */
#ifndef KIRI_FLOW_STREAM_BLAME_H
#define KIRI_FLOW_STREAM_BLAME_H

#include "flow/calibrate.h"
#include "flow/stream.h"

struct blame {
    float recent[QUIET_ROWS][KIRI_MAX_FIELDS]; /* excess by field; the newest row last */
    double sum[KIRI_MAX_FIELDS];               /* the same over the open alarm's rows  */
};

/* The next row, whose verdict is complete but for its blame, which is the row's own yet:
 * while an alarm is open it becomes the alarm's. */
void blame_row(struct blame *b, struct verdict *v);

#endif
