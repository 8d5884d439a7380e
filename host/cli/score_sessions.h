/*
 * cli/score_sessions.h - kiri score with a model of sessions, which cli/score.c calls.
 */
#ifndef KIRI_CLI_SCORE_SESSIONS_H
#define KIRI_CLI_SCORE_SESSIONS_H

struct score_sessions {
    const char *model;
    const char *input, *text; /* one of them; "-": the standard input */
    int json;
    double budget;
};
/* The exit code, after a sentence on stderr unless it is 0. */
int score_sessions(const struct score_sessions *s);

#endif
