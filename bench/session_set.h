/*
 * bench/session_set.h - files of sessions: a line each, words between blanks.
 */
#ifndef KIRI_BENCH_SESSION_SET_H
#define KIRI_BENCH_SESSION_SET_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SESSION_WORDS 16000u /* different ones, at most */
#define SESSION_EDGE  0u     /* the number of what begins and ends a session */

/* Different words in the order in which they first came; word[i] has the number i + 1. */
struct lexicon {
    char **word; /* [n] */
    uint32_t n, cap;
};
void lexicon_free(struct lexicon *l);

struct session_set {
    uint32_t n;
    /* Session i is word[first[i], first[i + 1] - 1), between two edges. */
    size_t *first;  /* [n + 1] */
    uint16_t *word; /* numbers of the lexicon */
};

/* New words enter the lexicon. 0, or -1 and a sentence. */
int session_set_read(struct session_set *s, const char *path, struct lexicon *l,
                     struct kiri_error *err);
void session_set_free(struct session_set *s);
/* Words of session i. */
size_t session_set_length(const struct session_set *s, uint32_t i);

#endif
