/*
 * flow/stream_language.h - what a stream says of numbers with a learned scale.
 *
 * The engine, the targets and the tokenizer see such a number as a LINEAR one over
 * [0, EDGES_WORDS) whose value is its word's middle: only here are there edges. They are
 * refitted to the remembered values before each learning, which makes a new revision of
 * the language: the same ids, other places. Before the first fit every value is the
 * middle word.
 */
#ifndef KIRI_FLOW_STREAM_LANGUAGE_H
#define KIRI_FLOW_STREAM_LANGUAGE_H

#include "flow/edges.h"
#include "flow/stream.h"

#include <kiri/schema.h>

struct language {
    struct kiri_schema spoken; /* the author's, its learned numbers as LINEAR ones */
    struct kiri_field *field;  /* [n_fields] of spoken */
    union kiri_value said[KIRI_MAX_FIELDS]; /* scratch */
    uint32_t n, learned[KIRI_MAX_FIELDS];   /* which fields */
    struct edges *edges;                    /* [n], NULL: none is learned */
    uint64_t revision;                      /* 0: not fitted yet */
};

/* 0, or -1 when memory is short. The schema's strings must outlive it. */
int language_init(struct language *l, const struct kiri_schema *schema);
void language_fini(struct language *l);
/* The same schema in other memory. */
void language_reword(struct language *l, const struct kiri_schema *same);
/* in[n_fields] as a tokenizer of `spoken` takes it: l->said, or in itself. Infinity is
 * the outermost word. */
const union kiri_value *language_say(struct language *l, const union kiri_value *in);
/* Refits learned number i < n to values[n_values], those out of reach passed over; they
 * are sorted in place, spare[n_values] is scratch. Nothing changes when none is a number.
 */
void language_fit(struct language *l, uint32_t i, double *values, double *spare,
                  size_t n_values);

/* Is x neither missing nor infinite? A stored row has 1e308 for infinity, so that is
 * infinite, too: a row brought back teaches what it did at first. */
int language_in_reach(double x);
/* The word of learned number i < n for x, which is no NaN. */
uint32_t language_word(const struct language *l, uint32_t i, double x);
/* What word k of field f covers just now. */
void language_range(const struct language *l, uint32_t f, uint32_t k,
                    struct verdict_range *out);

#endif
