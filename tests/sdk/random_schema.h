/*
 * random_schema.h - any schema that the rules allow, and any observation of it.
 * Seeded: the same seed, the same schema.
 */
#ifndef KIRI_TESTS_SDK_RANDOM_SCHEMA_H
#define KIRI_TESTS_SDK_RANDOM_SCHEMA_H

#include <kiri/schema.h>

struct random_schema {
    uint64_t rng;
    struct kiri_schema schema;
    struct kiri_field fields[KIRI_MAX_FIELDS];
    char names[KIRI_MAX_FIELDS][16], symbols[KIRI_MAX_FIELDS][8];
    const char *choices[KIRI_MAX_FIELDS][257];
    union kiri_value values[KIRI_MAX_FIELDS];
};

/* A number below n >= 1. */
uint32_t random_below(struct random_schema *r, uint32_t n);

/* learned: may it have LEARNED and WORDS fields, which kiri_tokenize refuses? */
void random_schema_make(struct random_schema *r, uint64_t seed, int learned);

/* Fills values[] with anything: inside, outside, missing. Text has its bytes from `pool`.
 */
void random_schema_observe(struct random_schema *r, const char pool[512]);

#endif
