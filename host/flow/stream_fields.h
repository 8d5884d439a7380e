/*
 * flow/stream_fields.h - how odd the field is that is the farthest out in the newest six
 * rows.
 *
 * What happens to one of many fields is lost in the mean over all of them: its excess
 * counts by the number of fields, the noise of the others by its root. So each field's
 * mean of six is measured in deviations of its own past, and the greatest is what counts
 * (a union-intersection test: Roy 1953). Means and deviations fade with PAST_ROWS rows
 * (West 1979, with a limit on the count). Pure.
 */
#ifndef KIRI_FLOW_STREAM_FIELDS_H
#define KIRI_FLOW_STREAM_FIELDS_H

#include "flow/calibrate.h"

#include <kiri/schema.h>

#include <stdint.h>

#define FIELDS_WAIT 20u /* normal rows that are no past yet */
#define FIELDS_ENOUGH                                                                    \
    256u /* fewer do not know a deviation well enough to count in it                     \
          */

struct fields {
    float recent[QUIET_ROWS][KIRI_MAX_FIELDS]; /* excesses, nats; oldest first */
    uint32_t n_recent;
    float waiting[FIELDS_WAIT][KIRI_MAX_FIELDS]; /* means of six, oldest first */
    uint32_t n_waiting;
    double mean[KIRI_MAX_FIELDS]; /* of means of six rows that were normal */
    double variance[KIRI_MAX_FIELDS];
    uint32_t n; /* such rows, PAST_ROWS at most */
};

/* The farthest field in the newest six rows, or as many as there were. */
struct farthest {
    float out; /* deviations above its mean           */
    float sum; /* its excess, nats over these rows    */
};

/* One more row: excess[n] of its fields, nats. */
struct farthest fields_see(struct fields *f, const float *excess, uint32_t n);
/* The row seen last was a normal one: it becomes past, FIELDS_WAIT such rows later. */
void fields_learn(struct fields *f);
/* Can it have been one? */
int fields_sound(const struct fields *f);

#endif
