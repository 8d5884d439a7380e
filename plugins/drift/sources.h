/*
 * drift/sources.h - who says what was done when: one function a format.
 *
 * Each reads whole files, keeps nothing open, and adds what it finds to *out: events,
 * open tasks, and which kinds of things it knows of. 0, or -1 and half a sentence in
 * why[cap]; then *out may hold a part and is not to be used. A source that says the same
 * again and again gives the same events again: they are counted by their times.
 */
#ifndef KIRI_DRIFT_SOURCES_H
#define KIRI_DRIFT_SOURCES_H

#include "events.h"

/* The log that `kiri task` writes (docs/tasks.md). No such file: no tasks yet. A last
 * line without its newline counts when its checksum is right; a damaged line is left out,
 * and *damaged says how many were. */
int tasklog_read(const char *path, struct events *out, unsigned *damaged, char *why,
                 size_t cap);

/* What `task export` of Taskwarrior 2 and 3 prints, in each file of `paths`. Of a task:
 * status, entry, end. Templates of recurring tasks are none. */
int taskwarrior_read(const char *paths, struct events *out, char *why, size_t cap);

/* Commits made here, by the reflogs of the repositories (or worktrees) of `paths`. */
int git_read(const char *paths, struct events *out, char *why, size_t cap);

#endif
