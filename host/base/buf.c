#include "base/buf.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for n more bytes and the final NUL. */
static int reserve(struct buf *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 128;
    char *p;

    if (b->failed || n > SIZE_MAX / 4 - b->len)
        return b->failed = 1, -1;
    if (b->data && b->len + n + 1 <= b->cap)
        return 0;
    while (cap < b->len + n + 1)
        cap *= 2;
    p = realloc(b->data, cap);
    if (!p)
        return b->failed = 1, -1;
    b->data = p;
    b->cap = cap;
    return 0;
}

void buf_put(struct buf *b, const void *bytes, size_t n)
{
    if (reserve(b, n))
        return;
    if (n)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_putf(struct buf *b, const char *fmt, ...)
{
    char small[256];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->failed = 1;
        return;
    }
    if ((size_t)n < sizeof small) {
        buf_put(b, small, (size_t)n);
        return;
    }
    if (reserve(b, (size_t)n))
        return;
    va_start(ap, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void buf_putg(struct buf *b, double x, int digits)
{
    char text[NUMBER_CAP];

    buf_put(b, text, number_write(text, x, digits));
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){ 0 };
}

int buf_failed(const struct buf *b)
{
    return b->failed;
}

const char *buf_text(const struct buf *b)
{
    return b->data ? b->data : "";
}

char *buf_take(struct buf *b, size_t *len)
{
    char *data = NULL;

    if (!reserve(b, 0)) {
        b->data[b->len] = '\0';
        data = b->data;
        if (len)
            *len = b->len;
        *b = (struct buf){ 0 };
    } else {
        buf_free(b);
    }
    return data;
}
