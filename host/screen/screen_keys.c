/*
 * The pure parts of the screen: which lines changed, which key was pressed.
 */
#include "screen/screen.h"

#include <string.h>

/* The line at *text and its length; *text moves behind it. */
static const char *take_line(const char **text, size_t *len)
{
    const char *line = *text;

    *len = strcspn(line, "\n");
    *text = line + *len + (line[*len] == '\n');
    return line;
}

void screen_difference(const char *before, const char *now, unsigned height,
                       struct buf *out)
{
    for (unsigned row = 1; row <= height; row++) {
        int had = *before != '\0', has = *now != '\0';
        size_t old_len, len;
        const char *old = take_line(&before, &old_len), *line = take_line(&now, &len);

        if (had && has && old_len == len && memcmp(old, line, len) == 0)
            continue;
        if (!had && !has)
            return;
        buf_putf(out, "\033[%u;1H", row);
        buf_put(out, line, len);
        buf_puts(out, "\033[K");
    }
}

/* ESC [ or ESC O, and a letter or digits and a tilde. */
static int decode_escape(const char *bytes, size_t n, size_t *used)
{
    static const struct {
        char final, digit;
        int key;
    } keys[] = {
        { 'A', 0, KEY_UP },        { 'B', 0, KEY_DOWN },        { 'C', 0, KEY_RIGHT },
        { 'D', 0, KEY_LEFT },      { 'H', 0, KEY_HOME },        { 'F', 0, KEY_END },
        { '~', '5', KEY_PAGE_UP }, { '~', '6', KEY_PAGE_DOWN }, { '~', '1', KEY_HOME },
        { '~', '4', KEY_END },
    };
    size_t i = 2;

    *used = 1;
    if (n < 2 || (bytes[1] != '[' && bytes[1] != 'O'))
        return KEY_ESCAPE;
    while (i < n && bytes[i] >= 0x20 && bytes[i] < 0x40)
        i++;
    *used = i < n ? i + 1 : n;
    for (size_t k = 0; i < n && k < sizeof keys / sizeof *keys; k++)
        if (bytes[i] == keys[k].final && (!keys[k].digit || bytes[2] == keys[k].digit))
            return keys[k].key;
    return KEY_NONE;
}

int screen_decode(const char *bytes, size_t n, size_t *used)
{
    *used = n ? 1 : 0;
    if (!n)
        return KEY_NONE;
    return bytes[0] == '\033' ? decode_escape(bytes, n, used) : (unsigned char)bytes[0];
}
