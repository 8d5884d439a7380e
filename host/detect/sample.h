/*
 * detect/sample.h - the first rows of a file, kept while their columns are looked at.
 */
#ifndef KIRI_DETECT_SAMPLE_H
#define KIRI_DETECT_SAMPLE_H

#include "detect/source.h"

#define SAMPLE_ROWS  8192u      /* at most                                  */
#define SAMPLE_BYTES (4u << 20) /* at most, but for the row that exceeds it */

struct sample {
    struct record **row; /* [n], copies */
    uint32_t n, cap;
    size_t bytes;
};
/* 0, or -1 when memory is short. */
int sample_add(struct sample *s, const struct record *row);
int sample_is_full(const struct sample *s, uint64_t wanted);
void sample_free(struct sample *s);

#endif
