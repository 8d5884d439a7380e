/*
 * CSV as RFC 4180 has it, and as people write it: any line ends, the last one may be
 * missing; quotes hold delimiters, line ends and "" for one quote; what follows a closing
 * quote belongs to the cell.
 */
#include "detect/reader.h"

#include <inttypes.h>
#include <string.h>

char csv_delimiter(const unsigned char *text, size_t len)
{
    size_t semicolons = 0, tabs = 0;
    int quoted = 0;

    for (size_t i = 0; i < len && (quoted || text[i] != '\n'); i++) {
        quoted ^= text[i] == '"';
        if (quoted)
            continue;
        if (text[i] == ',')
            return ',';
        semicolons += text[i] == ';';
        tabs += text[i] == '\t';
    }
    return semicolons ? ';' : tabs ? '\t' : ',';
}

/* Behind the opening quote: to what follows the closing one; BYTES_END: there is none. */
static int read_quoted(struct bytes *in, uint64_t *line, struct cells *c)
{
    for (uint32_t n = 0; n < SOURCE_QUOTED; n++) {
        int byte = bytes_next(in);
        if (byte == '"') {
            byte = bytes_next(in);
            if (byte != '"')
                return byte == BYTES_END ? '\n' : byte;
        }
        if (byte < 0)
            return byte;
        *line += byte == '\n';
        cells_put(c, (char)byte);
    }
    return BYTES_END;
}

/* One cell, whose first byte was read; what ended it. */
static int read_cell(const struct csv *csv, struct bytes *in, int byte, uint64_t *line,
                     struct cells *c, int *unclosed)
{
    cells_begin(c);
    if (byte == '"') {
        byte = read_quoted(in, line, c);
        *unclosed = byte == BYTES_END;
    }
    while (byte >= 0 && byte != csv->delimiter && byte != '\n') {
        cells_put(c, (char)byte);
        byte = bytes_next(in);
    }
    if (byte == '\n' || byte == BYTES_END)
        cells_drop(c, '\r');
    cells_end(c);
    return byte;
}

int csv_next(const struct csv *csv, struct bytes *in, uint64_t *line, struct cells *c,
             struct record *row, struct kiri_error *err)
{
    int byte = bytes_next(in), unclosed = 0, quoted = byte == '"';

    cells_clear(c);
    row->line = *line;
    row->flaws = 0;
    if (byte < 0)
        return reader_end(in, byte, err);
    for (;;) {
        byte = read_cell(csv, in, byte, line, c, &unclosed);
        if (unclosed)
            return kiri_fail(err, KIRI_BAD_DATA,
                             "%s:%" PRIu64 ": a quote of this row is never closed",
                             in->name, row->line);
        if (byte != csv->delimiter)
            break;
        byte = bytes_next(in);
    }
    if (byte != '\n' && byte != BYTES_END)
        return reader_end(in, byte, err);
    ++*line;
    if (c->width == 1 && !c->cell[0].len && !quoted)
        row->flaws = FLAW(FLAW_BLANK);
    return 1;
}
