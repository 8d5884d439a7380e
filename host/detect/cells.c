/*
 * Names of columns, and the cells of one row.
 */
#include "detect/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int columns_add(struct columns *c, const char *name, size_t len)
{
    if (c->n == c->cap) {
        uint32_t cap = c->cap ? 2 * c->cap : 16;
        char **more = realloc(c->name, cap * sizeof *more);
        if (!more)
            return -1;
        c->name = more;
        c->cap = cap;
    }
    c->name[c->n] = strndup(name, len);
    return c->name[c->n] ? (c->n++, 0) : -1;
}

int64_t columns_find(const struct columns *c, const char *name, size_t len)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (strncmp(c->name[i], name, len) == 0 && !c->name[i][len])
            return i;
    return -1;
}

void columns_free(struct columns *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        free(c->name[i]);
    free(c->name);
    *c = (struct columns){ 0 };
}

int cells_init(struct cells *c)
{
    c->text = malloc(SOURCE_ROW + SOURCE_ROW / 4);
    c->cell = calloc(SOURCE_COLUMNS, sizeof *c->cell);
    return c->text && c->cell ? 0 : -1;
}

void cells_fini(struct cells *c)
{
    free(c->text);
    free(c->cell);
    *c = (struct cells){ 0 };
}

void cells_clear(struct cells *c)
{
    c->used = 0;
    c->n = c->width = 0;
}

void cells_begin(struct cells *c)
{
    if (c->width < SOURCE_COLUMNS)
        c->cell[c->width] = (struct cell){ .text = c->text + c->used };
}

void cells_put(struct cells *c, char byte)
{
    if (c->width >= SOURCE_COLUMNS)
        return;
    struct cell *cell = &c->cell[c->width];
    if (cell->len == SOURCE_CELL || c->used >= SOURCE_ROW) {
        cell->cut = 1;
        return;
    }
    c->text[c->used++] = byte;
    cell->len++;
}

void cells_drop(struct cells *c, char byte)
{
    if (c->width >= SOURCE_COLUMNS)
        return;
    struct cell *cell = &c->cell[c->width];
    if (cell->len && !cell->cut && c->text[c->used - 1] == byte) {
        c->used--;
        cell->len--;
    }
}

void cells_end(struct cells *c)
{
    if (c->width < SOURCE_COLUMNS) {
        c->text[c->used++] = '\0';
        c->n++;
    }
    c->width++;
}

int reader_end(const struct bytes *in, int byte, struct kiri_error *err)
{
    if (byte == BYTES_FAILED)
        return kiri_fail(err, KIRI_IO, "%s: cannot be read: %s", in->name,
                         strerror(errno));
    return byte == BYTES_STOPPED ? BYTES_STOPPED : 0;
}
