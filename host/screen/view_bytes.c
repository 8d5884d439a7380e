#include "screen/view_bytes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define SHOWN_CAP (MB_LEN_MAX + 8) /* of a character as it is shown and its NUL */
#define VIEW_END  "<end>"
#define END_WIDTH 6u /* with the blank before it */

static enum colour colour_of(float nats)
{
    return nats >= VIEW_GLARING ? ON_RED : nats >= VIEW_NOTABLE ? ON_YELLOW : PLAIN;
}

/* The character at s[len): its bytes (more than one only for valid UTF-8) and how it is
 * shown: as itself if it takes a place of its own, else as \xNN or \uNNNN, so that
 * nothing from outside moves the cursor, hides, or turns the direction. */
static size_t character(const char *s, size_t len, char shown[SHOWN_CAP])
{
    mbstate_t state = { 0 };
    wchar_t wide = 0;
    size_t n = mbrtowc(&wide, s, len, &state);

    if (n == 0 || n > len || n > MB_LEN_MAX)
        n = 1;
    memcpy(shown, s, n);
    shown[n] = '\0';
    if (n > 1 ? wcwidth(wide) > 0 : *s >= 0x20 && *s < 0x7f)
        return n;
    snprintf(shown, SHOWN_CAP, n > 1 ? "\\u%04x" : "\\x%02x",
             n > 1 ? (unsigned)wide : (unsigned char)*s);
    return n;
}

/* The same of the one at bytes + at, and the nats of its worst byte. */
static size_t take(const char *bytes, size_t at, size_t len, const float *nats,
                   char shown[SHOWN_CAP], float *worst)
{
    size_t n = character(bytes + at, len - at, shown);

    *worst = 0;
    for (size_t i = at; i < at + n; i++)
        if (nats[i] > *worst)
            *worst = nats[i];
    return n;
}

/* Neighbours of one colour are written together. */
struct run {
    struct canvas *c;
    enum colour colour;
    char text[256];
    size_t len;
    unsigned width;
};

static void run_write(struct run *r)
{
    r->text[r->len] = '\0';
    canvas_text(r->c, r->colour, r->text);
    r->len = r->width = 0;
}

/* 1; 0: the line has no room for it. */
static int run_add(struct run *r, enum colour colour, const char *shown)
{
    unsigned width = canvas_width(r->c, shown);
    size_t len = strlen(shown);

    if (r->width + width > canvas_room(r->c))
        return 0;
    if (colour != r->colour || r->len + len >= sizeof r->text)
        run_write(r);
    r->colour = colour;
    memcpy(r->text + r->len, shown, len);
    r->len += len;
    r->width += width;
    return 1;
}

size_t view_bytes(struct canvas *c, const char *bytes, size_t len, const float *nats)
{
    struct run run = { .c = c };
    char shown[SHOWN_CAP];
    size_t at = 0, n;
    float worst;

    for (; at < len; at += n) {
        n = take(bytes, at, len, nats, shown, &worst);
        if (!run_add(&run, colour_of(worst), shown)) {
            run_write(&run);
            return at;
        }
    }
    run_write(&run);
    if (nats[len] < VIEW_NOTABLE)
        return len + 1;
    if (canvas_room(c) < END_WIDTH)
        return len;
    canvas_text(c, PLAIN, " ");
    canvas_text(c, colour_of(nats[len]), VIEW_END);
    return len + 1;
}

void view_marks(struct canvas *c, unsigned col, const char *bytes, size_t len,
                size_t drawn, const float *nats)
{
    char shown[SHOWN_CAP];
    float worst;
    unsigned at_col = col;
    int any = 0;

    for (size_t at = 0; at < len && at < drawn;) {
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
    if (drawn > len && nats[len] >= VIEW_NOTABLE) {
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
