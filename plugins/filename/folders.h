/*
 * folders.h - the folders that are watched: a tree with one inotify watch each. Folders
 * keep their place in it when they are renamed; what leaves the tree is dropped. No I/O
 * but inotify's and stat.
 */
#ifndef KIRI_FILENAME_FOLDERS_H
#define KIRI_FILENAME_FOLDERS_H

#include "known.h"

#include <limits.h>
#include <sys/types.h>

#define FOLDERS_MOST  65536u
#define FOLDERS_HEADS 1024u
#define FOLDERS_NONE  UINT32_MAX

struct folder {
    int used;
    int wd;          /* its watch; -1: it has none                                      */
    uint32_t parent; /* FOLDERS_NONE: it is one of those that the YAML names            */
    uint32_t root;   /* which of those it is below                                      */
    char *name;      /* of a root: the whole path                                       */
    dev_t dev;
    ino_t ino;
    uint64_t salt; /* of the names in it: from its path when it was first seen      */
    uint32_t same_head; /* next with this remainder of wd                               */
    int leaving;        /* it is about to be dropped, with what it is below             */
    int to_scan;        /* its names are to be read                                     */
    uint32_t scan_next; /* in the queue of those                                        */
};

struct folders {
    const struct kiri_host *host;
    const struct known *known; /* for its hash */
    int inotify;
    int gone; /* a root is not there */
    struct folder *folder;
    uint32_t cap, n; /* allocated; used */
    uint32_t head[FOLDERS_HEADS];
    uint32_t scan_first, scan_last;
    uint32_t unwatched; /* that have no watch, because there are no more          */
    int said_limit;     /* ... and that was said                                  */
    int full;           /* FOLDERS_MOST, and that was said                        */
};

/* KIRI_OK, KIRI_EIO (no inotify instance left; said), KIRI_ENOMEM. */
int folders_init(struct folders *f, const struct kiri_host *host,
                 const struct known *known);
void folders_fini(struct folders *f); /* of {0} only after folders_init */

/* A folder by its path, or below another: watched, and queued to be read. FOLDERS_NONE:
 * it is not there (any more), or cannot be (said). A folder that is known already and was
 * renamed is only put in its place; one that is known by another path stays. */
uint32_t folders_add_root(struct folders *f, uint32_t root, const char *path);
uint32_t folders_add(struct folders *f, uint32_t parent, const char *name);

/* Drops it and all below it. */
void folders_drop(struct folders *f, uint32_t i);
/* It was moved: if it is not where we think, it and all below it are dropped. */
void folders_moved(struct folders *f, uint32_t i);
/* Its watch is gone: it was deleted, or unmounted. */
void folders_forgotten(struct folders *f, uint32_t i);
/* Is it still the folder that it was? */
int folders_same(const struct folders *f, uint32_t i);

uint32_t folders_by_watch(const struct folders *f, int wd); /* or FOLDERS_NONE */
/* Its path into path[PATH_MAX]; -1: too long. */
int folders_path(const struct folders *f, uint32_t i, char *path);
/* The same of a name in it. */
int folders_path_of(const struct folders *f, uint32_t i, const char *name, char *path);

/* All of them are read (again). */
void folders_scan_all(struct folders *f);
/* The next that is to be read, taken from the queue; FOLDERS_NONE: none. */
uint32_t folders_next_scan(struct folders *f);
/* Tries again to watch those that could not be; they are read again. How many are left.
 */
void folders_retry(struct folders *f);

#endif
