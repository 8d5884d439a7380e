/* place.c - counting characters of UTF-8. */
#include "conf/place.h"

static int continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t place_to_byte(const char *bytes, size_t len, const yaml_mark_t *mark)
{
    size_t at = 0;

    for (size_t character = 0; at < len && character < mark->index; character++) {
        at++;
        while (at < len && continues(bytes[at]))
            at++;
    }
    return at;
}

yaml_mark_t place_of_byte(const char *bytes, size_t len, size_t byte)
{
    yaml_mark_t m = { 0 };

    for (size_t i = 0; i < byte && i < len; i++) {
        if (bytes[i] == '\n') {
            m.line++;
            m.column = 0;
        } else if (!continues(bytes[i])) {
            m.column++;
        }
    }
    return m;
}

size_t place_skip_idle(const char *bytes, size_t len, size_t at)
{
    for (; at < len; at++) {
        if (bytes[at] == '#')
            while (at + 1 < len && bytes[at + 1] != '\n')
                at++;
        else if (bytes[at] != ' ' && bytes[at] != '\t' && bytes[at] != '\r' &&
                 bytes[at] != '\n')
            break;
    }
    return at;
}
