/*
 * eval/labels.h - which rows are odd, as people have said it: a word in a column, or
 * windows of time in a file of JSON such as NAB's labels/combined_windows.json.
 */
#ifndef KIRI_EVAL_LABELS_H
#define KIRI_EVAL_LABELS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* A label's word: 0 for a normal row, 1 for an odd one, -1: it is no label. Numbers (0 is
 * normal, every other is not), true and false, yes and no, normal and anomaly. */
int label_read(const char *text, size_t len);

/* Columns that are taken for labels when none is named. */
extern const char *const label_columns[]; /* ends with NULL */

struct window {
    int64_t from, to; /* ms UTC, both inside */
};
struct windows { /* of one stream */
    char *name;  /* "realKnownCause/nyc_taxi.csv"; "": the file has one list for all */
    struct window *at; /* [n] */
    size_t n;
    int used; /* 1: a stream has asked for it */
};
struct windows_file {
    char *path;
    struct windows *of; /* [n], by name */
    size_t n;
};

/* An object of lists by the streams' names, or one list; each window is a pair of times.
 * 0, or -1 and a sentence. windows_free either way. */
int windows_open(struct windows_file *f, const char *path, struct kiri_error *err);
void windows_free(struct windows_file *f);
/* Those of a stream: by its name, else by the end of it (a/b/c.csv finds b/c.csv and
 * c.csv), else the one list for all. NULL: there are none of this name. */
struct windows *windows_find(const struct windows_file *f, const char *name);

#endif
