/*
 * eval/corpus.h - which streams a path means: a file, or all files below a folder.
 */
#ifndef KIRI_EVAL_CORPUS_H
#define KIRI_EVAL_CORPUS_H

#include "base/buf.h"
#include "base/error.h"
#include "detect/source.h"
#include "eval/labels.h"

struct corpus_stream {
    char *name;   /* below the corpus' folder: "realTweets/Twitter_volume_KO.csv" */
    char *path;   /* of its rows */
    char *scores; /* of what was said of them; NULL: nothing was */
    struct windows *windows; /* NULL: its labels are in a column */
};
struct corpus {
    struct corpus_stream *stream; /* [n], by name */
    size_t n, cap;
    struct windows_file windows; /* path NULL: none */
    int folder;                  /* 1: the path was one */
};

struct corpus_wish {
    const char *path; /* a file or a folder                                       */
    const char
        *windows; /* file; NULL: labels/combined_windows.json in a folder, if there */
    const char *label;  /* column: then windows are not looked for                  */
    const char *scores; /* a file, or a folder with files of the same names; NULL   */
};

/* Files of a folder are *.csv and *.jsonl in it and below it - below data/, if labels/ is
 * beside it, as in the Numenta Anomaly Benchmark. Files without windows, and windows
 * without a file, are left out and said in remarks. 0, or -1 and a sentence. corpus_free
 * either way. */
int corpus_open(struct corpus *c, const struct corpus_wish *wish, struct buf *remarks,
                struct kiri_error *err);
void corpus_free(struct corpus *c);

/* By the name's end: .jsonl, .ndjson, else CSV. */
enum source_format corpus_format(const char *name);

#endif
