/*
 * base/buf.h - a growable byte buffer. It owns its memory and is always NUL-terminated.
 * When memory is short it keeps what it has and remembers: check buf_failed() at the end.
 */
#ifndef KIRI_BASE_BUF_H
#define KIRI_BASE_BUF_H

#include <stddef.h>

struct buf {
    char *data; /* NULL until the first byte */
    size_t len, cap;
    int failed;
};

void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As "%.<digits>g", faster (number.h). */
void buf_putg(struct buf *b, double x, int digits);
void buf_clear(struct buf *b); /* len = 0, memory kept */
void buf_free(struct buf *b);  /* back to {0} */
int buf_failed(const struct buf *b);
const char *buf_text(const struct buf *b); /* "" when empty */
/* Hands the bytes to the caller, who frees them; the buffer is {0} again. NULL if it
 * failed. */
char *buf_take(struct buf *b, size_t *len);

#endif
