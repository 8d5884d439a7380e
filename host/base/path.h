/*
 * base/path.h - directories and small files by the rules of XDG and systemd.
 */
#ifndef KIRI_BASE_PATH_H
#define KIRI_BASE_PATH_H

#include "base/error.h"

#include <stddef.h>

/* $STATE_DIRECTORY, else $XDG_STATE_HOME/kiri, else ~/.local/state/kiri. malloc'ed; NULL
 * when there is no home. */
char *path_state(void);
/* "~" and "~/..." by $HOME (or the password file); other paths as they are. malloc'ed. */
char *path_expand(const char *path);
/* a/b; b alone when it is absolute. malloc'ed. */
char *path_join(const char *a, const char *b);
/* Directory of the running executable (/proc/self/exe). malloc'ed. */
char *path_self_dir(void);
/* mkdir -p with mode 0700 for what is missing. */
int path_make(const char *dir, struct kiri_error *err);
/* Whole file, at most `most` bytes (more is an error), NUL-terminated. malloc'ed. */
char *path_read(const char *path, size_t most, size_t *len, struct kiri_error *err);

#endif
