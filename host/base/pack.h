/*
 * base/pack.h - a struct and all its texts in one block: first add up the room, allocate
 * once, then pack each text behind the struct. One free gives all back.
 */
#ifndef KIRI_BASE_PACK_H
#define KIRI_BASE_PACK_H

#include <stddef.h>

/* Bytes that a text takes with its NUL; 0 for NULL. */
size_t pack_room(const char *text);

/* Copies text, or n bytes, to *at and moves *at behind it; the copy, NULL for NULL. */
const char *pack_text(char **at, const char *text);
const void *pack_bytes(char **at, const void *bytes, size_t n);

#endif
