/*
 * cli/demo_host.h - a real host for a demonstration: `kiri run` as a child, with a
 * temporary state directory and a molecule written for it.
 */
#ifndef KIRI_CLI_DEMO_HOST_H
#define KIRI_CLI_DEMO_HOST_H

#include "base/error.h"

#include <sys/types.h>

#define DEMO_WARMUP "120"
#define DEMO_EVERY  "250ms"
#define DEMO_ALARM  "4/day"
/* The published 43 words: what half a minute can know. A disk that writes each minute
 * would be new to it. */
#define DEMO_LANGUAGE "classic"

struct demo_host {
    char *dir; /* its folder, in memory where there is such a file system: what it writes
                  must not be what it sees */
    pid_t pid; /* 0: not running */
};

int demo_host_start(struct demo_host *h, struct kiri_error *err);
char *demo_host_state(const struct demo_host *h); /* malloc'ed; NULL: memory is short */
/* 0 while it runs; -1 and the end of its log when it has ended by itself. */
int demo_host_alive(struct demo_host *h, struct kiri_error *err);
/* Asks it to stop, and waits; then removes the folder, unless it is to be kept. */
void demo_host_end(struct demo_host *h, int keep);

#endif
