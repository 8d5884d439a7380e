/*
 * load/image.h - a plugin's bytes, from its file to memory that can be called. For this
 * folder only. The sentences of these functions do not name the file: their callers do.
 */
#ifndef KIRI_LOAD_IMAGE_H
#define KIRI_LOAD_IMAGE_H

#include "base/error.h"

#include <kiri/atom.h>

#define IMAGE_MOST_BYTES (64u * 1024u * 1024u)

/* The ELF header, segments and section headers against the file's length. */
int image_check(int fd, struct kiri_error *err);

/* A private copy of the file in a sealed memfd (close-on-exec), checked: what happens to
 * the file later cannot reach it. Refuses what others could have written. -1 on failure.
 */
int image_open(const char *path, struct kiri_error *err);

/* dlopen of the copy: constructors run here. *atom is its vtable, not yet looked at, and
 * *room the bytes of that symbol (0: unknown). The fd must stay open as long as the
 * handle: the dynamic linker knows an image by its name, /proc/self/fd/N. */
void *image_load(int fd, const struct kiri_atom **atom, size_t *room,
                 struct kiri_error *err);

/* Unmaps and closes; an image that refuses to go (nodelete) keeps its fd, and so its
 * name. */
void image_unload(void *handle, int fd);

#endif
