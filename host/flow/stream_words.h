/*
 * flow/stream_words.h - a learned vocabulary: strings of bytes and their numbers, in the
 * order in which they were added.
 *
 * Pure. Owner: one caller at a time; a `const struct words` may be read by many.
 */
#ifndef KIRI_FLOW_STREAM_WORDS_H
#define KIRI_FLOW_STREAM_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_LONGEST 255u       /* bytes of a word that count                 */
#define WORDS_NONE    UINT32_MAX /* it is none of them                         */
#define WORDS_MOST    (1u << 20) /* different ones; what comes later is none   */

/* A word as it stands in a text. */
struct word {
    const char *text; /* any bytes */
    uint32_t len;
};

struct words;
struct words *words_new(void);
void words_free(struct words *w); /* NULL is fine */
uint32_t words_count(const struct words *w);
/* The text lives until the next words_add. */
struct word words_at(const struct words *w, uint32_t i);
uint32_t words_find(const struct words *w, struct word word);
/* Its number, new or not, into *i (WORDS_NONE: there are too many). 0; -1: memory. */
int words_add(struct words *w, struct word word, uint32_t *i);

#endif
