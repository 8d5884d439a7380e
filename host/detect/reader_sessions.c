/*
 * Sessions: every line is one, its cells are its words, which blanks part; NUL bytes and
 * broken UTF-8 are bytes like any other.
 */
#include "detect/reader.h"

static int is_blank(int byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

int session_next(struct bytes *in, uint64_t *line, struct cells *c, struct record *row,
                 struct kiri_error *err)
{
    int byte = bytes_next(in), inside = 0;

    cells_clear(c);
    row->line = *line;
    row->flaws = 0;
    if (byte < 0)
        return reader_end(in, byte, err);
    for (; byte >= 0 && byte != '\n'; byte = bytes_next(in)) {
        if (inside && is_blank(byte))
            cells_end(c);
        if (!inside && !is_blank(byte))
            cells_begin(c);
        inside = !is_blank(byte);
        if (inside)
            cells_put(c, (char)byte);
    }
    if (byte < 0 && byte != BYTES_END)
        return reader_end(in, byte, err);
    if (inside)
        cells_end(c);
    if (!c->width)
        row->flaws |= FLAW(FLAW_BLANK);
    if (c->width > c->n)
        row->flaws |= FLAW(FLAW_CUT);
    ++*line;
    return 1;
}
