/*
 * load/abuse/hooks.h - what the atom itself asks the C library for, on its way there: its
 * requests for memory can fail on command, and what it frees can be kept for a while.
 * Only calls that its own code makes are seen; those of the libraries that it uses are
 * not.
 *
 * How: the slots of its global offset table that point to malloc and its like are pointed
 * to functions here. No preload, and nobody else's malloc changes.
 */
#ifndef KIRI_LOAD_ABUSE_HOOKS_H
#define KIRI_LOAD_ABUSE_HOOKS_H

/* After dlopen, once in a process: handle is dlopen's. How many slots were found. */
unsigned hooks_install(void *handle);

/* The nth request for memory from now on fails (n >= 1), with ENOMEM; 0: none. */
void hooks_fail(unsigned n);
/* Has it? Requests no longer fail. */
int hooks_failed(void);

/* From now on what it frees is kept a while, filled with a pattern, and so is what it
 * gets. */
void hooks_keep(void);
/* Does this point into something that it has freed? */
int hooks_freed(const void *at);

/* What it should not do: calls of fork(), second frees of one block. */
unsigned hooks_forks(void), hooks_double_frees(void);

#endif
