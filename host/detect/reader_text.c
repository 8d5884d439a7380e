/*
 * Lines of text: every one a row, the empty ones too; \n or \r\n ends it, NUL bytes and
 * broken UTF-8 are bytes like any other.
 */
#include "detect/reader.h"

int text_next(struct bytes *in, uint64_t *line, struct cells *c, struct record *row,
              struct kiri_error *err)
{
    int byte = bytes_next(in);

    cells_clear(c);
    row->line = *line;
    row->flaws = 0;
    if (byte < 0)
        return reader_end(in, byte, err);
    cells_begin(c);
    for (; byte >= 0 && byte != '\n'; byte = bytes_next(in))
        cells_put(c, (char)byte);
    if (byte < 0 && byte != BYTES_END)
        return reader_end(in, byte, err);
    if (byte == '\n')
        cells_drop(c, '\r');
    cells_end(c);
    ++*line;
    return 1;
}
