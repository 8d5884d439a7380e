/*
 * bench/child.h - other programs that a bench runs: they are spoken to by pipes, line by
 * line.
 */
#ifndef KIRI_BENCH_CHILD_H
#define KIRI_BENCH_CHILD_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    FILE *to, *from; /* its standard input and output */
};

/* The path of FILE, told from this program's own place: "peer.py", "../bin/kiri". 0, -1.
 */
int child_beside(const char *file, char *path, size_t cap);
/* argv[0] is looked up as a shell does. 0, or -1 and nothing runs. */
int child_start(struct child *c, char *const argv[]);
/* Its input ends; what it says is read until it ends. Returns its exit status (wait(2)),
 * -1 when there was none. */
int child_end(struct child *c);

#endif
