/*
 * model/outline.h - how deep and how rich a piece of JSON is, before a parser builds a
 * tree of it: two bytes of hostile text can cost a hundred of memory.
 */
#ifndef KIRI_MODEL_OUTLINE_H
#define KIRI_MODEL_OUTLINE_H

#include <stddef.h>

struct outline {
    size_t depth;  /* deepest nesting of objects and arrays */
    size_t nests;  /* objects and arrays                    */
    size_t values; /* commas and nests: at least the number of values less one */
};

/* Counts only; whether it is JSON the parser decides. */
struct outline outline_of(const char *json, size_t len);

#endif
