/*
 * drift/todo.h - follows todo.txt files (github.com/todotxt/todo.txt): what came, what
 * was finished, what is open.
 *
 * A date in a line says when: "x 2026-11-21 2026-11-18 text" came on the 18th and was
 * done on the 21st. What has no date, or one that was told already, happened when it was
 * seen. So the lines that were seen are remembered, in the host's small state: a line
 * that leaves is archived or deleted, not undone; one that comes while another leaves was
 * edited. All files together are one list, so that a line may move to done.txt. Files are
 * opened by name each time: a new file in their place is the same file.
 */
#ifndef KIRI_DRIFT_TODOTXT_H
#define KIRI_DRIFT_TODOTXT_H

#include "events.h"

#include <kiri/atom.h>

#define TODOTXT_MOST   8192u /* lines that are remembered */
#define TODOTXT_SETTLE 2     /* s */

/* A line that was seen. */
struct todo_line {
    uint64_t id;         /* by its text and the day it came; bit 0: it is done */
    int64_t added, done; /* days; -1: not said */
};

struct todo {
    const struct kiri_host *host;
    const char *paths;      /* of the files, a line each; "" none */
    uint64_t list;          /* which files these are                              */
    uint64_t stamp;         /* of the files as they were read; 0: never           */
    struct todo_line *seen; /* [n], sorted by id                            */
    size_t n;
    int known;          /* seen is what was there before: news are told from it */
    int changed;        /* since it was saved                                   */
    int unsettled;      /* the last look left a file alone                      */
    uint32_t slot;      /* of the state, where the last saved one is: 0, 1 */
    struct events news; /* not told yet */
};

/* Begins with what an instance before it has saved for the same files, if there is. */
void todo_open(struct todo *t, const struct kiri_host *host, const char *paths);
void todo_close(struct todo *t);

/* Looks whether a file has changed, and what. now: s UTC; told: all before it was told
 * already. A file that changed within TODOTXT_SETTLE seconds may be half written: it is
 * left alone until later, which is no error. 0, or -1 and half a sentence: nothing
 * changed. */
int todo_look(struct todo *t, int64_t now, int64_t told, char *why, size_t cap);
/* Adds what is not told yet and the open tasks to *out. 0 or -1: memory is short. */
int todo_tell(const struct todo *t, struct events *out);
/* Forgets what was told and saves what changed: all of it or, when it does not fit or the
 * host fails, nothing. 0 or -1. */
int todo_save(struct todo *t, int64_t told);

#endif
