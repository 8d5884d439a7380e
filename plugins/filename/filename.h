/*
 * filename.h - one instance, for the two files that know it whole.
 */
#ifndef KIRI_FILENAME_H
#define KIRI_FILENAME_H

#include "patterns.h"
#include "source.h"

#define ROOTS_MOST  256u
#define MS_A_SECOND 1000

/* A folder that the YAML names. */
struct root {
    const char *path;
    uint64_t hash;
    int fresh;  /* its names were never told: those that are there are to learn from */
    int missed; /* that it is not there was said */
};

struct filename {
    const struct kiri_host *host;
    char *paths; /* of the roots, NULs between them */
    struct root root[ROOTS_MOST];
    uint32_t n_roots;
    int recursive;
    const char *list; /* path of learn-from */
    struct patterns ignored;
    struct known known;
    struct folders folders;
    struct source source;
    int epoll, timer;
    int64_t look_at;            /* mono ms: when to look_again */
    int64_t opened_ms, mark_ms; /* UTC; to `mark` nothing is overlooked */
    int64_t existing;           /* that may still be told               */
    int begun;                  /* all was read once                    */
    uint32_t unsaved;           /* names                                */
    uint32_t overflows, found;  /* said; names that only reading again has told */
    struct met met;
    char label[PATH_MAX + NAME_MAX + 24];
};

/* told.c. 1: the name that was met is an observation; folders in it are followed. */
int filename_tells(struct filename *f);
/* The path of what was met, or the list and its line; NULL: too long. */
const char *filename_label(struct filename *f);

#endif
