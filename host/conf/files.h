/*
 * conf/files.h - the files of one molecule: the one that was named, and those that it and
 * they include. Read one after the other, without recursion; limits hold for all of them
 * together: 64 files, 8 deep, 256 KiB, 40,000 nodes. For this folder only.
 */
#ifndef KIRI_CONF_FILES_H
#define KIRI_CONF_FILES_H

#include "conf/arena.h"
#include "conf/yaml.h"

#include <sys/types.h>

#define FILES_MOST 64u
#define FILES_DEEP 8u

struct file {
    char *name;     /* for messages and open(): as given, or joined to its includer's */
    char *dir;      /* its directory, absolute                                       */
    unsigned depth; /* 0: the first                                                  */
    uint32_t by;    /* who includes it, and where in that file                       */
    uint32_t line, col;
    mode_t mode; /* what follows is known once it is open */
    dev_t device;
    ino_t inode;
};

struct files {
    struct file file[FILES_MOST];
    uint32_t n;
    struct yaml_left left;
    struct arena *arena;
    struct conf_errors *errors, *warnings;
};

/* The first file. -1: memory ran out. */
int files_begin(struct files *f, const char *name);
/* One that file `by` includes at line:col; name may be relative to it. -1: memory ran
 * out. Complains when it is one too many. */
int files_add(struct files *f, uint32_t by, const char *name, uint32_t line,
              uint32_t col);
/* The tree of file i; NULL after a complaint: unreadable, everybody's to write, or one
 * that was read before. */
struct yaml *files_read(struct files *f, uint32_t i);

#endif
