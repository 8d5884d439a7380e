/*
 * load/abuse/abuse.h - is this atom fit for a host? It is opened in child processes,
 * asked everything that a host will ever ask it and much that no host should, and what it
 * does against kiri/atom.h becomes a sentence. No code of it ever runs in the caller's
 * process.
 */
#ifndef KIRI_LOAD_ABUSE_H
#define KIRI_LOAD_ABUSE_H

#include "base/error.h"

#include <stdint.h>

#define ABUSE_FINDINGS 64u
#define ABUSE_NOTES    24u
#define ABUSE_TRIALS   16u
#define ABUSE_DEADLINE 2000  /* ms for each callback, as in a host */
#define ABUSE_PATIENCE 30000 /* ms for a trial, which stops by itself long before */

struct abuse_trial {
    const char *name, *what; /* static */
    int64_t ms;
    uint64_t calls, rows;
    uint32_t findings;
    char skipped[128]; /* why it was not tried; "" */
};

struct abuse_finding {
    const char *trial; /* the name of the one that found it first; "load" before any */
    char kind[24];     /* a word for scripts, such as "leak" */
    char about[48];    /* callback, field, option or service; "" */
    char text[1020];   /* one sentence, fit for a terminal: what, when, remedy */
};

struct abuse_report {
    char name[33], version[33]; /* of the atom; "" when it cannot be loaded */
    uint32_t n_trials, n_findings, n_notes;
    struct abuse_trial trial[ABUSE_TRIALS];
    struct abuse_finding finding[ABUSE_FINDINGS];
    char note[ABUSE_NOTES][320]; /* what could not be looked at */
    uint64_t calls, rows;
    int64_t ms;
};

/*
 * exe: the kiri executable, of which `exe probe` and `exe trial` are children. given: the
 * options as "name=value", ends with NULL; several paths of one option are said one by
 * one. each (NULL: nobody) is told of every trial as it ends. An atom that is refused is
 * a finding. 0, or -1 and a sentence when it could not be tried: KIRI_NO_INPUT,
 * KIRI_USAGE (the options), KIRI_INTERNAL.
 */
int abuse_file(const char *exe, const char *path, const char *const *given,
               void (*each)(void *ctx, const struct abuse_trial *t), void *ctx,
               struct abuse_report *out, struct kiri_error *err);

/* What the child `exe trial NAME DIRECTORY OPTION...` does; does not return when the atom
 * could be opened. */
int abuse_child(const char *trial, const char *room, char **settings);

#endif
