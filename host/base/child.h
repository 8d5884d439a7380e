/*
 * base/child.h - a child that runs one of our own executables: started clean, watched
 * without polling, and ended with all that it started.
 *
 * posix_spawn and never fork: NNG panics in a forked child. Any thread; but a child that
 * asks for PR_SET_PDEATHSIG ends with the thread that has started it.
 */
#ifndef KIRI_BASE_CHILD_H
#define KIRI_BASE_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#define CHILD_FILES 8u /* at most, 0, 1 and 2 included */

struct child {
    pid_t pid; /* 0: none */
    int pidfd; /* readable when it has ended */
};

/*
 * Runs exe with argv (ends with NULL; argv[0] is the name it is shown by), an empty
 * environment, every signal at its default and none blocked, in a process group of its
 * own. Its descriptors 0.. are copies of file[n] (-1: /dev/null), and it has no others;
 * those of file[n] stay the caller's. 0, or an errno.
 */
int child_start(const char *exe, char *const argv[], const int *file, unsigned n,
                struct child *out);

/* Waits at most ms for its end: 1 when it has come. */
int child_ended(const struct child *c, int ms);

/* Kills it and its group, unless it has ended by itself, and takes its status (waitpid)
 * within ms. 0; or -1 when it hangs in the kernel: then *c is as it was, to be tried
 * again. */
int child_end(struct child *c, int ms, int *status);

/* What became of it: "was killed by SIGSEGV", "ended by itself (exit code 3)". Returns
 * out. */
const char *child_fate(int status, char *out, size_t cap);

/* In the child, first thing: a crash is seen as one (no core file, no handler, a
 * sanitizer's say, that turns the signal into an exit code), no new privileges, and no
 * life after the thread that has started it. */
void child_settle(void);

#endif
