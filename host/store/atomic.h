/*
 * store/atomic.h - replaces a file whole or not at all.
 *
 * temp in the same directory -> write -> fsync -> the old one kept as "<name>.prev" (a
 * hard link: <name> never stops existing) -> rename -> fsync the directory. Killed at any
 * point, a reader finds the old bytes or the new ones.
 */
#ifndef KIRI_STORE_ATOMIC_H
#define KIRI_STORE_ATOMIC_H

#include "base/error.h"

#include <stddef.h>

/* dir: an open directory. 0, or -1 and a sentence; <name> then still holds the old bytes
 * - or, if only the last fsync failed, the new ones, perhaps not durable. */
int atomic_replace(int dir, const char *name, const void *data, size_t len,
                   struct kiri_error *err);
/* Holds a descriptor back, so that a save succeeds where none is left. Once at the start;
 * any thread. */
void atomic_reserve(void);
/* Removes "*.tmp" that a killed process left in dir. */
void atomic_sweep(int dir);
/* Moves <name> out of the way as "<name>.<why>-<time>", keeping the newest `keep` of
 * them; writes the new name into out[cap]. */
int atomic_set_aside(int dir, const char *name, const char *why, unsigned keep, char *out,
                     size_t cap, struct kiri_error *err);

#endif
