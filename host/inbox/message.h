/*
 * inbox/message.h - one message, `obs/NAME {json}`, taken apart and found well-formed.
 * For this folder and its tests.
 */
#ifndef KIRI_INBOX_MESSAGE_H
#define KIRI_INBOX_MESSAGE_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct parts {
    char atom[33];
    json_t *root;            /* owns what follows */
    const char *id, *label;  /* NULL: none */
    json_t *schema, *values; /* objects; NULL: none, but never both */
    int64_t ts;              /* ms UTC; INT64_MIN: none */
};

/* now: ms UTC, for what a `ts` may be. 0, or -1 and a sentence (KIRI_USAGE); then nothing
 * is owned. */
int parts_read(const char *text, size_t len, int64_t now, struct parts *out,
               struct kiri_error *err);
void parts_free(struct parts *p);

#endif
