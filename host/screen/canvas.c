#include "screen/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const char *const codes[] = {
    [PLAIN] = "",     [BOLD] = "1",          [FAINT] = "2",        [RED] = "31",
    [GREEN] = "32",   [YELLOW] = "33",       [BLUE] = "34",        [CYAN] = "36",
    [MAGENTA] = "35", [ON_YELLOW] = "30;43", [ON_RED] = "1;37;41",
};

/* The character at s: its bytes, and its columns as this canvas writes it. Anything that
 * would not be printed as itself is one byte that becomes '?'. */
static size_t character(const struct canvas *c, const char *s, unsigned *columns,
                        int *as_is)
{
    unsigned char first = (unsigned char)*s;
    mbstate_t state = { 0 };
    wchar_t wide;

    *columns = 1;
    *as_is = first >= 0x20 && first < 0x7f;
    if (first < 0x80)
        return 1;
    size_t n = mbrtowc(&wide, s, strlen(s), &state);
    if (n == (size_t)-1 || n == (size_t)-2 || n == 0 || !c->style.utf8)
        return 1;
    int width = wcwidth(wide);
    if (width > 0) {
        *columns = (unsigned)width;
        *as_is = 1;
    }
    return n;
}

unsigned canvas_width(const struct canvas *c, const char *text)
{
    unsigned columns, sum = 0;
    int as_is;

    while (*text) {
        text += character(c, text, &columns, &as_is);
        sum += columns;
    }
    return sum;
}

unsigned canvas_room(const struct canvas *c)
{
    return c->col < c->style.width ? c->style.width - c->col : 0;
}

static void colour_on(struct canvas *c, enum colour colour)
{
    if (c->style.colour && colour != PLAIN)
        buf_putf(c->out, "\033[%sm", codes[colour]);
}

static void colour_off(struct canvas *c, enum colour colour)
{
    if (c->style.colour && colour != PLAIN)
        buf_puts(c->out, "\033[0m");
}

void canvas_text(struct canvas *c, enum colour colour, const char *text)
{
    unsigned columns;
    int as_is;

    if (!*text || !canvas_room(c))
        return;
    colour_on(c, colour);
    while (*text) {
        size_t n = character(c, text, &columns, &as_is);
        if (columns > canvas_room(c))
            break;
        if (as_is)
            buf_put(c->out, text, n);
        else
            buf_puts(c->out, "?");
        c->col += columns;
        text += n;
    }
    colour_off(c, colour);
}

void canvas_textf(struct canvas *c, enum colour colour, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    canvas_text(c, colour, text);
}

void canvas_to(struct canvas *c, unsigned col)
{
    while (c->col < col && canvas_room(c)) {
        buf_puts(c->out, " ");
        c->col++;
    }
}

void canvas_right(struct canvas *c, enum colour colour, unsigned col, const char *text)
{
    unsigned width = canvas_width(c, text);

    canvas_to(c, col > width ? col - width : 0);
    canvas_text(c, colour, text);
}

void canvas_end(struct canvas *c)
{
    struct buf *out = c->out;

    while (out->len && out->data[out->len - 1] == ' ') /* nothing to see: not written */
        out->data[--out->len] = '\0';
    buf_puts(out, "\n");
    c->col = 0;
}

void canvas_bar(struct canvas *c, enum colour colour, double share, unsigned width)
{
    static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
    unsigned end = c->col + width;

    share = share > 0 ? share < 1 ? share : 1 : 0; /* NaN is nothing */
    unsigned full = (unsigned)(share * width * 8 + 0.5);
    if (!full)
        colour = PLAIN;
    colour_on(c, colour);
    for (unsigned i = 0; i < full / 8 && canvas_room(c); i++, c->col++)
        buf_puts(c->out, c->style.utf8 ? "█" : "#");
    if (c->style.utf8 && full % 8 && canvas_room(c)) {
        buf_puts(c->out, eighths[full % 8]);
        c->col++;
    }
    colour_off(c, colour);
    canvas_to(c, end);
}

void canvas_spark(struct canvas *c, enum colour colour, double share)
{
    static const char *const high[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    static const char *const plain[] = { "_", ".", "-", ":", "=", "+", "*", "#" };
    unsigned step = share > 0 ? share < 1 ? (unsigned)(share * 8) : 7 : 0;

    if (!canvas_room(c))
        return;
    colour_on(c, colour);
    buf_puts(c->out, c->style.utf8 ? high[step] : plain[step]);
    colour_off(c, colour);
    c->col++;
}

void canvas_cell(struct canvas *c, enum colour colour, unsigned end, const char *text)
{
    struct canvas narrow = *c;

    if (narrow.style.width > end)
        narrow.style.width = end;
    canvas_text(&narrow, colour, text);
    c->col = narrow.col;
    canvas_to(c, end);
}

void canvas_fit(struct buf *out, size_t from, unsigned height)
{
    unsigned lines = 0;

    for (size_t i = from; i < out->len; i++)
        if (out->data[i] == '\n' && ++lines == height) {
            out->len = i + 1;
            out->data[out->len] = '\0';
            return;
        }
    for (; lines < height; lines++)
        buf_puts(out, "\n");
}
