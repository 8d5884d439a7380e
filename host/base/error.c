#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef kiri_fail
#undef kiri_fail_in

int kiri_fail(struct kiri_error *err, enum kiri_code code, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return -1;
    err->code = code;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return -1;
}

int kiri_fail_in(struct kiri_error *err, const char *fmt, ...)
{
    char tail[sizeof err->text];
    va_list ap;
    int n;

    if (!err)
        return -1;
    memcpy(tail, err->text, sizeof tail);
    va_start(ap, fmt);
    n = vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof err->text - 3)
        snprintf(err->text + n, sizeof err->text - (size_t)n, ": %.*s",
                 (int)(sizeof err->text - 3 - (size_t)n), tail);
    return -1;
}
