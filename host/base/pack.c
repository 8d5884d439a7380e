#include "base/pack.h"

#include <string.h>

size_t pack_room(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

const char *pack_text(char **at, const char *text)
{
    return pack_bytes(at, text, pack_room(text));
}

const void *pack_bytes(char **at, const void *bytes, size_t n)
{
    char *copy = *at;

    if (!bytes)
        return NULL;
    memcpy(copy, bytes, n);
    *at += n;
    return copy;
}
