/*
 * detect/bytes.h - a file, a pipe or the standard input, byte by byte, in constant
 * memory. Owner: one thread.
 */
#ifndef KIRI_DETECT_BYTES_H
#define KIRI_DETECT_BYTES_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* What bytes_next answers instead of a byte. */
#define BYTES_END     (-1)
#define BYTES_FAILED  (-2)
#define BYTES_STOPPED (-3) /* wait() said so */

struct bytes {
    int fd, regular; /* regular: its size is known, and it can be read again */
    char *name;      /* as people are shown it */
    unsigned char *data;
    size_t at, end;
    int64_t begin; /* where reading began, in a regular file */
    uint64_t read, size;
    /* Called again and again while a pipe has nothing to give, and before the first such
     * wait; nonzero gives up. May be NULL. */
    int (*wait)(void *ctx);
    void *ctx;
};

/* path "-" is the standard input. 0, or -1 and a sentence: KIRI_NO_INPUT. */
int bytes_open(struct bytes *b, const char *path, struct kiri_error *err);
void bytes_close(struct bytes *b); /* of {0}, too */
/* Back to where reading began; only of a regular file. 0, or -1 and a sentence. */
int bytes_rewind(struct bytes *b, struct kiri_error *err);
/* As much as fits, at least up to the first line's end when it does: *len bytes, which
 * bytes_next gives later. 0, or one of the three above (not BYTES_END). */
int bytes_peek(struct bytes *b, const unsigned char **data, size_t *len);
uint64_t bytes_position(const struct bytes *b);

int bytes_fill(struct bytes *b); /* the next byte when the buffer is empty */
static inline int bytes_next(struct bytes *b)
{
    return b->at < b->end ? b->data[b->at++] : bytes_fill(b);
}

#endif
