/*
 * flow/lines_state.h - what a text model is made of: for lines.c, lines_file.c and
 * lines_learn.c. Nobody else looks inside.
 */
#ifndef KIRI_FLOW_LINES_STATE_H
#define KIRI_FLOW_LINES_STATE_H

#include "flow/lines.h"

#include <kiri/schema.h>

struct lines {
    enum lines_kind kind;
    struct gpt *gpt;
    struct gpt_cache *cache;
    struct vocab vocab; /* SYMBOLS */
    uint16_t bos;
    struct lines_facts facts;

    struct past past[LINES_STATISTICS]; /* of rows that the model did not know; files of
                                           before have no LINES_MEAN */
    struct past scores;                 /* of the same rows, from those above */

    /* scratch, grown as needed: one more than the longest text so far */
    uint32_t cap;
    struct lines_token *tokens;
    uint16_t *ids; /* [cap + 1]: BOS, the known tokens, BOS */
    float *nll;
};

/* Takes over gpt and vocab (also when it fails). NULL when memory is short. */
struct lines *lines_new(enum lines_kind kind, struct gpt *gpt, struct vocab *vocab);
/* Remembers the marks of n rows that the model was not trained on. */
int lines_calibrate(struct lines *m, const struct school_mark *mark, uint32_t n);

/* The language of bytes as the SDK knows it: one field, always there. */
struct lines_schema {
    struct kiri_field field;
    struct kiri_schema schema;
};
void lines_schema(struct lines_schema *out, uint32_t max_len);

#endif
