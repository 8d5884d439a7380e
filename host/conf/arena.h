/*
 * conf/arena.h - memory that is given back all at once. Nothing in it moves; an arena
 * that is all zero is empty. Not for threads.
 */
#ifndef KIRI_CONF_ARENA_H
#define KIRI_CONF_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
};

void *arena_get(struct arena *a,
                size_t n); /* zeroed, for any type; NULL: out of memory */
char *arena_text(struct arena *a, const char *text,
                 size_t len); /* a copy, NUL-terminated */
void arena_free(struct arena *a);

#endif
