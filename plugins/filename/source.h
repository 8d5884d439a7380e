/*
 * source.h - where names come from, one after the other: what inotify says first (it
 * must not wait, or the kernel drops it), then the list to learn from, then what is in
 * folders that are to be read.
 */
#ifndef KIRI_FILENAME_SOURCE_H
#define KIRI_FILENAME_SOURCE_H

#include "folders.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/inotify.h>

/* A name as it was met. */
struct met {
    enum { MET_EVENT, MET_LISTED, MET_READ } how;
    uint32_t folder; /* of EVENT and READ                                */
    uint64_t line;   /* of LISTED, from 1                                */
    char name[NAME_MAX + 1];
    uint32_t len;
    int is_dir;
};

struct source {
    struct folders *folders;
    _Alignas(struct inotify_event) char events[16384]; /* as read() gave them */
    uint32_t at, end;
    FILE *list; /* NULL: none, or read to its end */
    uint64_t line;
    DIR *dir; /* of the folder that is being read; NULL: none */
    uint32_t reading;
    uint32_t overflows; /* the kernel dropped events so often                  */
    int all_again;      /* ... and all folders are being read because of it    */
};

void source_init(struct source *s, struct folders *f);
void source_fini(struct source *s);

/* 1: a name; 0: there is nothing more now; KIRI_EIO: the events cannot be read. At most
 * `*budget` entries are looked at; 0 left: there may be more. */
int source_next(struct source *s, struct met *out, uint32_t *budget);
/* Is there more without asking the kernel? */
int source_has_more(const struct source *s);

#endif
