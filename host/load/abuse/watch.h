/*
 * load/abuse/watch.h - one trial from outside: its child, watched callback by callback.
 * For this folder only.
 */
#ifndef KIRI_LOAD_ABUSE_WATCH_H
#define KIRI_LOAD_ABUSE_WATCH_H

#include "load/abuse/abuse.h"
#include "load/abuse/trial.h"

#include <signal.h>

/* One atom under trial. */
struct checking {
    const char *exe;
    int image; /* its descriptor */
    char **settings;
    char room[96]; /* a directory for the trials */
    struct abuse_report *out;
};

/* Adds a finding, fit for a terminal, unless one of that kind and about is there. */
void watch_find(struct abuse_report *r, const char *trial, const char *kind,
                const char *about, const char *text);

/* Runs one trial to its end and appends it to the report. 0; 1: it did not live through
 * it, which is a finding; -1 and a sentence: it could not be tried. */
int watch_trial(struct checking *c, const struct trial_kind *kind,
                struct kiri_error *err);

/* The signals that would end this process. Who blocks them meanwhile is interrupted by
 * them all the same, clears away, and unblocks them. */
void watch_ends(sigset_t *set);

#endif
