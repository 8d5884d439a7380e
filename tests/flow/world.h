/*
 * tests/flow/world.h - a small made-up world: three numbers that move together, a word,
 * and the hour; drawn from a seed, so that two of them can be compared.
 */
#ifndef KIRI_TESTS_FLOW_WORLD_H
#define KIRI_TESTS_FLOW_WORLD_H

#include "flow/stream.h"

extern const struct kiri_schema world_schema;

struct world {
    struct gpt_rng rng;
    double level;
    uint64_t id;
    union kiri_value v[5];
};

struct world world_new(uint64_t seed);
/* The next row; its values live in w until the next call. */
struct stream_row world_next(struct world *w);

struct stream *world_stream(uint32_t warmup, uint64_t seed);
/* Learns what is due, then scores the next row. */
void world_step(struct stream *s, struct world *w, struct verdict *out);

#endif
