/*
 * flow/stream_fields.h - how odd the newest six rows are, all fields together or the one
 * that is the farthest out.
 *
 * What happens to one of many fields is lost in the mean over all of them: its excess
 * counts by the number of fields, the noise of the others by its root. So each field's
 * mean of six is measured in deviations of its own past, and so is that of all together;
 * the greatest is what counts (a union-intersection test: Roy 1953). Means and deviations
 * fade with PAST_ROWS rows (West 1979, with a limit on the count). Pure.
 */
#ifndef KIRI_FLOW_STREAM_FIELDS_H
#define KIRI_FLOW_STREAM_FIELDS_H

#include "flow/calibrate.h"

#include <kiri/schema.h>

#include <stdint.h>

#define FIELDS_ALL   KIRI_MAX_FIELDS /* the place of all fields together */
#define FIELDS_WAIT  20u             /* normal rows that are no past yet */
#define FIELDS_PRIOR 64u             /* what the model learned counts as so many */

struct fields {
    float recent[QUIET_ROWS][KIRI_MAX_FIELDS + 1]; /* excesses, nats; oldest first */
    uint32_t n_recent;
    float waiting[FIELDS_WAIT][KIRI_MAX_FIELDS + 1]; /* means of six, oldest first */
    uint32_t n_waiting;
    double mean[KIRI_MAX_FIELDS + 1]; /* of means of six rows that were normal */
    double variance[KIRI_MAX_FIELDS + 1];
    uint32_t n; /* such rows, PAST_ROWS at most */
};

/* The newest six rows, or as many as there were. */
struct six {
    float out; /* of the farthest: deviations above its mean */
    float sum; /* its excess, nats over these rows           */
};

/* One more row: excess[n] of its fields, and that of all of them together, over `tokens`
 * scored tokens. */
struct six fields_see(struct fields *f, const float *excess, uint32_t n, float all,
                      uint32_t tokens);
/* The row seen last was a normal one: it becomes past, FIELDS_WAIT such rows later. */
void fields_learn(struct fields *f);
/* What was learned so far came of rows that the model had learned: of little weight. */
void fields_doubt(struct fields *f);
/* Can it have been one? */
int fields_sound(const struct fields *f);

#endif
