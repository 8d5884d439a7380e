/*
 * flow/stream_verdict.h - what the model said of one row, field by field: nats, what was
 * expected instead, which field is to blame.
 */
#ifndef KIRI_FLOW_STREAM_VERDICT_H
#define KIRI_FLOW_STREAM_VERDICT_H

#include "flow/stream_state.h"

/* What a row's scored tokens come to. */
struct evidence {
    uint32_t tokens;
    float excess; /* mean of nll - entropy */
    double sum;   /* of nll                */
    float worst;  /* nll                   */
};

/* Fields, surprise and blame of the row m into a zeroed verdict, by the nats and beliefs
 * in the stream's scratch. */
struct evidence verdict_read(const struct stream *s, const struct memory *m,
                             struct verdict *out);

#endif
