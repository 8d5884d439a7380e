/*
 * detect/reader.h - what each format does for source.c: rows of cells out of bytes.
 */
#ifndef KIRI_DETECT_READER_H
#define KIRI_DETECT_READER_H

#include "base/buf.h"
#include "detect/bytes.h"
#include "detect/source.h"

struct columns { /* names */
    char **name; /* [n] */
    uint32_t n, cap;
};
/* 0, or -1: memory. */
int columns_add(struct columns *c, const char *name, size_t len);
int64_t columns_find(const struct columns *c, const char *name, size_t len);
void columns_free(struct columns *c);

/* One row under construction. */
struct cells {
    /* [SOURCE_ROW and a quarter]: the bytes kept, and each cell's end; a JSON member is
     * five bytes of its line at least */
    char *text;
    size_t used;
    struct cell *cell; /* [SOURCE_COLUMNS] */
    uint32_t n;        /* cells kept */
    uint32_t width;    /* cells that the row has */
};
int cells_init(struct cells *c); /* 0, or -1: memory */
void cells_fini(struct cells *c);
void cells_clear(struct cells *c);
/* A cell begins, gets bytes, ends. Beyond the limits it keeps nothing. */
void cells_begin(struct cells *c);
void cells_put(struct cells *c, char byte);
void cells_drop(struct cells *c, char byte); /* if it is the last one, and was kept */
void cells_end(struct cells *c);

/* Each reads the next row into *row (line, flaws; cells into c): 1; 0: there is none; or
 * BYTES_STOPPED; -1 and a sentence. *line counts line ends passed. */
struct csv {
    char delimiter;
};
int csv_next(const struct csv *csv, struct bytes *in, uint64_t *line, struct cells *c,
             struct record *row, struct kiri_error *err);
/* The delimiter that the first line speaks for: ',', else ';' or a tab. */
char csv_delimiter(const unsigned char *text, size_t len);

struct jsonl {
    struct columns names;
    struct buf line, number;
    int sealed;
    uint64_t unknown;
};
void jsonl_fini(struct jsonl *j);
int jsonl_next(struct jsonl *j, struct bytes *in, uint64_t *line, struct cells *c,
               struct record *row, struct kiri_error *err);

int text_next(struct bytes *in, uint64_t *line, struct cells *c, struct record *row,
              struct kiri_error *err);
int session_next(struct bytes *in, uint64_t *line, struct cells *c, struct record *row,
                 struct kiri_error *err);

/* What a byte that is none means for a row: 0, BYTES_STOPPED, or -1 and a sentence. */
int reader_end(const struct bytes *in, int byte, struct kiri_error *err);

#endif
