/*
 * client/fill.h - the journal, page by page: questions to the control socket that never
 * make anybody wait.
 */
#ifndef KIRI_CLIENT_FILL_H
#define KIRI_CLIENT_FILL_H

#include "client/answer.h"

#include <nng/nng.h>

struct fill {
    nng_socket socket;
    int open, sendable, readable;  /* descriptors to poll */
    int waiting;                   /* for an answer, asked for at asked_ms */
    int64_t asked_ms, answered_ms; /* monotonic */
};

/* The request is `{"id":..,"cmd":cmd,members,"topics":[prefix...]}`. */
struct fill_question {
    const char *cmd;
    const char *boot; /* since: the place; NULL: none */
    uint64_t seq;
    const char *after; /* snapshot; NULL: from the first topic */
    char *const *prefix;
    size_t n_prefixes;
};

/* 0, or NNG's error. */
int fill_open(struct fill *f, const char *url, int resend_ms);
/* Sends the question; 0, or -1: nobody is there, or memory is short. Forgets the one
 * before. */
int fill_ask(struct fill *f, const struct fill_question *q, int64_t now);
/* 1 and the answer, to be freed; 0: not yet; -1: what came is no answer. */
int fill_answer(struct fill *f, struct answer *a, int64_t now);
void fill_close(struct fill *f);

/* The question as JSON, malloc'ed; NULL: memory is short. */
char *fill_spell(const struct fill_question *q);

#endif
