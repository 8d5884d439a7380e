#include "screen/view_bytes.h"

#include "base/value.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static enum colour colour_of(float nats)
{
    return nats >= VIEW_GLARING ? RED : nats >= VIEW_NOTABLE ? YELLOW : PLAIN;
}

/* Bytes of the character at s: more than one only for valid UTF-8. */
static size_t character(const char *s, size_t len)
{
    mbstate_t state = { 0 };
    size_t n = mbrtowc(NULL, s, len, &state);

    return n == 0 || n > len || n > MB_LEN_MAX ? 1 : n;
}

/* The character at bytes + at as it is shown, and the nats of its worst byte. Returns its
 * bytes. */
static size_t take(const char *bytes, size_t at, size_t len, const float *nats,
                   char shown[MB_LEN_MAX + 8], float *worst)
{
    size_t n = character(bytes + at, len - at);
    char one[MB_LEN_MAX + 1];

    *worst = 0;
    for (size_t i = at; i < at + n; i++)
        if (nats[i] > *worst)
            *worst = nats[i];
    memcpy(one, bytes + at, n);
    one[n] = '\0';
    if (*one)
        value_show(one, shown, MB_LEN_MAX + 8);
    else
        memcpy(shown, "\\x00", sizeof "\\x00");
    return n;
}

void view_bytes(struct canvas *c, const char *bytes, size_t len, const float *nats)
{
    char shown[MB_LEN_MAX + 8];
    float worst;

    for (size_t at = 0; at < len;) {
        at += take(bytes, at, len, nats, shown, &worst);
        canvas_text(c, colour_of(worst), shown);
    }
    if (nats[len] >= VIEW_NOTABLE)
        canvas_text(c, colour_of(nats[len]), " <end>");
}

void view_marks(struct canvas *c, unsigned col, const char *bytes, size_t len,
                const float *nats)
{
    char shown[MB_LEN_MAX + 8];
    float worst;
    unsigned at_col = col;
    int any = 0;

    for (size_t at = 0; at < len;) {
        at += take(bytes, at, len, nats, shown, &worst);
        unsigned width = canvas_width(c, shown);
        if (worst >= VIEW_NOTABLE) {
            canvas_to(c, at_col);
            for (unsigned i = 0; i < width; i++)
                canvas_text(c, PLAIN, "^");
            any = 1;
        }
        at_col += width;
    }
    if (nats[len] >= VIEW_NOTABLE) {
        canvas_to(c, at_col + 1);
        canvas_text(c, PLAIN, "^^^^^");
        any = 1;
    }
    if (any)
        canvas_end(c);
}

static int nibble(char x)
{
    return x >= '0' && x <= '9' ? x - '0' : x >= 'a' && x <= 'f' ? x - 'a' + 10 : -1;
}

/* "00ff" in place as two bytes. 0, -1: it is no such text. */
static int from_hex(char *text, size_t *len)
{
    for (size_t i = 0; i + 1 < *len; i += 2) {
        int hi = nibble(text[i]), lo = nibble(text[i + 1]);
        if (hi < 0 || lo < 0)
            return -1;
        text[i / 2] = (char)(hi * 16 + lo);
    }
    *len /= 2;
    text[*len] = '\0';
    return 0;
}

static char *text_of(const json_t *value, size_t *len)
{
    const json_t *hex = json_object_get(value, "hex");
    const char *text = json_string_value(hex ? hex : value);
    char *copy;

    *len = json_string_length(hex ? hex : value);
    copy = text ? malloc(*len + 1) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, text, *len + 1);
    if (hex && from_hex(copy, len)) {
        free(copy);
        return NULL;
    }
    return copy;
}

char *view_field_bytes(const json_t *field, size_t *len, float **nats)
{
    const json_t *each = json_object_get(field, "each");
    char *text = text_of(json_object_get(field, "value"), len);

    *nats = text ? calloc(*len + 1, sizeof **nats) : NULL;
    if (!*nats || json_array_size(each) != *len + 1) {
        free(text);
        free(*nats);
        *nats = NULL;
        return NULL;
    }
    for (size_t i = 0; i <= *len; i++)
        (*nats)[i] = (float)json_number_value(json_array_get(each, i));
    return text;
}
