/*
 * bench/original_check.h - what the original's lives are asked once they are learned:
 * observations, and how surprising a model finds them.
 */
#ifndef KIRI_BENCH_ORIGINAL_CHECK_H
#define KIRI_BENCH_ORIGINAL_CHECK_H

#include "bench/table.h"

#include <kiri/schema.h>

#define ORIGINAL_FIELDS 6u /* of a language, at most */

struct original_outcome {
    double normal, strange;    /* mean nats */
    double ratio, together[2]; /* the latter: parts of the life's rows */
    double seconds;            /* of all learning */
};

struct original_check {
    double normal[ORIGINAL_FIELDS], strange[ORIGINAL_FIELDS];
    double together[2][ORIGINAL_FIELDS]; /* strange only together */
    int has_together;
};
extern const struct original_check original_pulse, original_drift;

/* A life's file in a language. */
struct original_life {
    const struct kiri_schema *schema;
    struct table table;
    size_t column[ORIGINAL_FIELDS]; /* of the table, for each field */
};
/* 0, or -1 and a sentence. */
int original_life_read(struct original_life *life, const struct kiri_schema *schema,
                       const char *path, struct kiri_error *err);
void original_life_free(struct original_life *life);
/* Row r of the life as values. */
void original_row(const struct original_life *life, size_t r,
                  union kiri_value v[ORIGINAL_FIELDS]);

/* Whoever is asked: the nats of each of n tokens, given those before it. */
struct original_reader {
    void (*read)(void *self, const struct kiri_token *token, int n, double *nats);
    void *self;
};
void original_ask(const struct original_check *c, const struct original_life *life,
                  const struct original_reader *reader, struct original_outcome *out);

#endif
