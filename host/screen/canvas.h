/*
 * screen/canvas.h - lines of text that never outgrow a terminal's width.
 *
 * Text is cut at the right edge by columns, not bytes; what comes from outside cannot
 * move the cursor (control characters and broken UTF-8 become '?'). Colours and Unicode
 * only when the style says so. Writes into a buf: no terminal is needed to test it.
 */
#ifndef KIRI_SCREEN_CANVAS_H
#define KIRI_SCREEN_CANVAS_H

#include "base/buf.h"

/* ON_: a background with a colour of letters that can be read on it, whatever the
 * terminal's own are; blanks show it, too. */
enum colour {
    PLAIN,
    BOLD,
    FAINT,
    RED,
    GREEN,
    YELLOW,
    BLUE,
    CYAN,
    MAGENTA,
    ON_YELLOW,
    ON_RED
};

struct style {
    unsigned width; /* columns of a line, 40 or more          */
    int colour;     /* ANSI colours may be used               */
    int utf8;       /* characters beyond ASCII may be used    */
};

struct canvas {
    struct buf *out;
    struct style style;
    unsigned col; /* columns used in this line */
};

/* Text in a colour, cut at the right edge. */
void canvas_text(struct canvas *c, enum colour colour, const char *text);
void canvas_textf(struct canvas *c, enum colour colour, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Spaces up to column `col` (0 is the first); at least nothing. */
void canvas_to(struct canvas *c, unsigned col);
/* The text in the last columns before `col`, as numbers stand. */
void canvas_right(struct canvas *c, enum colour colour, unsigned col, const char *text);
/* Text in a column that ends before `end`; what is too long is cut. */
void canvas_cell(struct canvas *c, enum colour colour, unsigned end, const char *text);
void canvas_end(struct canvas *c); /* a new line begins */
/* What was drawn after byte `from` becomes so many lines: cut, or empty ones added. */
void canvas_fit(struct buf *out, size_t from, unsigned height);

/* Columns that are left in this line. */
unsigned canvas_room(const struct canvas *c);
/* Columns that a text takes. */
unsigned canvas_width(const struct canvas *c, const char *text);

/* A bar of `width` columns, `share` (0..1) of it full. */
void canvas_bar(struct canvas *c, enum colour colour, double share, unsigned width);
/* One column whose height is share (0..1) of the line's. */
void canvas_spark(struct canvas *c, enum colour colour, double share);

#endif
