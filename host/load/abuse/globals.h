/*
 * load/abuse/globals.h - the memory of the image that can be written to: an atom has none
 * of its own there, for two instances run at once and a reload must find nothing.
 */
#ifndef KIRI_LOAD_ABUSE_GLOBALS_H
#define KIRI_LOAD_ABUSE_GLOBALS_H

#include <kiri/atom.h>

#include <stddef.h>

struct trial;
struct globals;

/* image: the file's descriptor; atom: the constant in the mapped image. Remembers what
 * stands there now. NULL: it could not be looked at. */
struct globals *globals_new(int image, const struct kiri_atom *atom);
void globals_free(struct globals *g);

/* Has this callback changed any of it? Found once, by the symbol's name when the file has
 * one. NULL is fine. */
void globals_hold(struct trial *t, struct globals *g, const char *callback);

/* What the file's sections say: sizes, and which objects these are. */
void globals_judge(struct trial *t, const struct globals *g);

#endif
