/*
 * cli/train_sessions.h - kiri train --sessions, which cli/train.c calls.
 */
#ifndef KIRI_CLI_TRAIN_SESSIONS_H
#define KIRI_CLI_TRAIN_SESSIONS_H

#include <stdint.h>

struct train_sessions {
    const char *from, *out;
    uint64_t seed;
    uint32_t steps; /* 0: by the number of sessions */
    int quiet;
};
/* The exit code, after a sentence on stderr unless it is 0. */
int train_sessions(const struct train_sessions *t);

#endif
