/*
 * cli/progress.h - how far long work is, on stderr: one line drawn over and over on a
 * terminal, a line every two seconds elsewhere.
 */
#ifndef KIRI_CLI_PROGRESS_H
#define KIRI_CLI_PROGRESS_H

#include <stdint.h>

struct progress {
    int quiet, drawn;    /* drawn: there is a line to overwrite */
    int64_t began, told; /* mono ms */
};

void progress_begin(struct progress *p, int quiet);
int64_t progress_ms(const struct progress *p); /* since the beginning */
/* Is it time to say something again? */
int progress_due(struct progress *p);
void progress_say(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Wipes the line, before anything else is printed. */
void progress_wipe(struct progress *p);
/* "3 s left" from the share (0..1) that is done; "" while nothing is. Returns out. */
const char *progress_left(const struct progress *p, double share, char out[48]);

#endif
