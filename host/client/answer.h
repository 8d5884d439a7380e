/*
 * client/answer.h - an answer of the control socket to `since` or `snapshot`, read
 * without trusting it. Strings are unescaped in place, messages one by one.
 */
#ifndef KIRI_CLIENT_ANSWER_H
#define KIRI_CLIENT_ANSWER_H

#include <stddef.h>
#include <stdint.h>

struct answer {
    char *text; /* owned; all strings point into it, NULL: not said */
    int ok, gone, more;
    char *error, *boot, *after, *oldest_boot;
    uint64_t seq, oldest_seq;
    char *oldest; /* where the object stood */
    char *next;   /* at the next message's opening quote; NULL: no more */
};

/* Takes text (malloc'ed, len bytes and a NUL). 0, or -1: no JSON object. */
int answer_read(struct answer *a, char *text, size_t len);
/* The next of "messages": 1; 0: no more, or what follows is no string. */
int answer_next(struct answer *a, const char **bytes, size_t *len);
void answer_free(struct answer *a); /* back to {0} */

#endif
