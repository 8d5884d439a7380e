/*
 * bench/table.h - a small CSV file of numbers: a line of names, then rows.
 */
#ifndef KIRI_BENCH_TABLE_H
#define KIRI_BENCH_TABLE_H

#include "base/error.h"

#include <stddef.h>

#define TABLE_COLUMNS 32u

struct table {
    size_t rows, columns;
    char name[TABLE_COLUMNS][16]; /* cut */
    double *x;                    /* [rows][columns] */
};

/* 0, or -1 and a sentence with the line. */
int table_read(struct table *t, const char *path, struct kiri_error *err);
void table_free(struct table *t);
/* The column of this name, or t->columns. */
size_t table_column(const struct table *t, const char *name);

#endif
