/*
 * flow/atom_stream.h - from what the YAML says about an atom to its stream: the host and
 * `kiri replay` make it here, so that the same rows give both the same scores.
 */
#ifndef KIRI_FLOW_ATOM_STREAM_H
#define KIRI_FLOW_ATOM_STREAM_H

#include "conf/conf.h"
#include "flow/stream.h"

struct atom_rules {
    uint32_t period_ms; /* between rows; 0: only its fd wakes the atom */
    double alarm_per_s; /* the budget */
    uint32_t warmup;
    int learn_off;
    int64_t hold_ms;
};

/* As the YAML says, with the defaults filled in. period_ms stays 0 when the YAML leaves
 * it to the schema. */
void atom_rules(const struct conf_atom *c, struct atom_rules *out);

/* What these rules are for a stream. */
struct stream_options atom_options(const struct atom_rules *r);

/* An empty stream for the atom's schema, which must outlive it. NULL and a sentence in
 * why[cap] when this version cannot score such an atom, or memory is short. */
struct stream *atom_stream(const struct kiri_atom *atom, const struct kiri_schema *schema,
                           const struct atom_rules *r, char *why, size_t cap);

#endif
