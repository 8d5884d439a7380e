/*
 * cli/task_log.h - the log of tasks: docs/tasks.md has its format.
 *
 * Append-only: a line a record, each with a checksum, so that a line which a crash cut
 * off is known. It is completed if only its newline is missing, else cut off, by whoever
 * appends next. Writers take turns by a lock on the file; readers need none.
 */
#ifndef KIRI_CLI_TASK_LOG_H
#define KIRI_CLI_TASK_LOG_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define TASK_TEXT_MOST 4000u /* bytes of a task's text */

struct task {
    uint64_t id;      /* from 1, never given twice          */
    const char *text; /* [len] bytes of any kind but '\n'   */
    size_t len;
    int64_t added;
    int64_t done; /* s UTC; -1: it is open                 */
};

struct task_log {
    char *path;
    char *bytes; /* [len] the file as it was read */
    size_t len;
    int fd;            /* -1: read only */
    int is_new;        /* the file was made by us */
    struct task *task; /* [n], by id */
    size_t n, cap;
    uint64_t current; /* id of the task at hand; 0: none */
    uint64_t last_id;
    unsigned damaged;                                 /* lines that were left out */
    unsigned added_today, done_today, switched_today; /* since `today` */
    int64_t today;                                    /* s UTC: when it began */
};

/* Reads; no such file is an empty log. 0, or -1 and a sentence. */
int task_log_read(struct task_log *log, const char *path, int64_t today,
                  struct kiri_error *err);
/* Opens it for appending: makes it and its directory, waits for other writers (at most
 * about patience_ms, then KIRI_HELD), reads. */
int task_log_open(struct task_log *log, const char *path, int64_t today, int patience_ms,
                  struct kiri_error *err);
void task_log_close(struct task_log *log);

/* One record, durable when it returns: "add", "done" or "switch", of task id, with the
 * text for "add". 0, or -1 and a sentence: then the log is what it was. The tasks read
 * before are not changed by it. */
int task_log_append(struct task_log *log, int64_t at, const char *verb, uint64_t id,
                    const char *text, struct kiri_error *err);

struct task *task_log_find(const struct task_log *log, uint64_t id); /* NULL: none */

#endif
