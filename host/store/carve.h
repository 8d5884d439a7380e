/*
 * store/carve.h - rows out of the pages of a damaged SQLite file, without its tree: a
 * page that can be read gives its rows even when the pages above it are lost.
 *
 * For files as KIRI writes them (auto_vacuum, so that the pointer map tells what each
 * page is). Source: "Database File Format", sqlite.org/fileformat2.html.
 */
#ifndef KIRI_STORE_CARVE_H
#define KIRI_STORE_CARVE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define CARVE_COLUMNS 16

enum carve_type { CARVE_NULL, CARVE_INT, CARVE_REAL, CARVE_TEXT, CARVE_BLOB };

struct carve_value {
    enum carve_type type;
    int64_t i;
    double r;
    const void *bytes; /* text is not NUL-terminated */
    size_t n;
};

struct carve_row {
    int64_t rowid;
    unsigned n;
    struct carve_value v[CARVE_COLUMNS];
};

struct carver;
/* NULL and a sentence. */
struct carver *carver_open(int dir, const char *name, struct kiri_error *err);
void carver_free(struct carver *c); /* NULL is fine */
/* Pages are 1..carver_pages. */
uint32_t carver_pages(const struct carver *c);

struct carved {
    unsigned leaves; /* 1: the page was a leaf of a table */
    unsigned rows, bad_rows;
    unsigned bad_pages; /* 1: it should be a table's page and is not */
};
/* Calls each(ctx, row) for the rows of one page; row and its bytes last until it returns.
 * Stops when each returns nonzero, which it returns; else 0. */
int carver_page(struct carver *c, uint32_t page,
                int (*each)(void *ctx, const struct carve_row *row), void *ctx,
                struct carved *out);

#endif
