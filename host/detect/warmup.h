/*
 * detect/warmup.h - how many rows of a file are learned before the first is judged.
 */
#ifndef KIRI_DETECT_WARMUP_H
#define KIRI_DETECT_WARMUP_H

#include "detect/detect.h"

/* The rows are counted where a part of them is wanted, and s then stands before the first
 * again. look: called now and then; nonzero gives up. 0; 1: it gave up; -1 and a
 * sentence. */
int warmup_rows(const struct detect_options *o, struct source *s, uint64_t *rows,
                int (*look)(void *ctx), void *ctx, struct kiri_error *err);

#endif
