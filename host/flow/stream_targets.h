/*
 * flow/stream_targets.h - what the model should have said where a word came: the word,
 * and a little of what it might as well have been.
 *
 * A number's bucket is a matter of edges, so its neighbours are nearly right: .699 for
 * the bucket, .3 spread by a Gaussian of one bucket over the field's buckets, .001 over
 * all words of the field. Without it a load that creeps into the bucket beside is as
 * surprising (20 nats) as one that jumps. A choice or a byte: .998, the rest everywhere.
 */
#ifndef KIRI_FLOW_STREAM_TARGETS_H
#define KIRI_FLOW_STREAM_TARGETS_H

#include "engine/gpt.h"

#include <kiri/schema.h>

struct stream_targets {
    struct gpt_target *of; /* [vocab], by the word that came */
    float *p;              /* what they point to */
};

int stream_targets_init(struct stream_targets *t,
                        const struct kiri_schema *s); /* 0, -1 */
void stream_targets_fini(struct stream_targets *t);

#endif
