/*
 * pulse/lines.h - a small text file of the kernel's, line by line, without allocation.
 *
 * Never blocks on a pipe or device that stands where a file should. Ends early at a line
 * longer than the buffer: no file read here has one before what is looked for.
 */
#ifndef KIRI_PULSE_LINES_H
#define KIRI_PULSE_LINES_H

#include <stddef.h>
#include <stdint.h>

struct lines {
    int fd;
    size_t at, end;
    char buf[4096];
};

/* Opens dir/name. 0, or -1. */
int lines_open(struct lines *l, const char *dir, const char *name);
/* The next line, NUL-terminated, without its newline, until the next call; NULL: no more.
 */
char *lines_next(struct lines *l);
void lines_close(struct lines *l);

/* Takes a whole number, blanks before it skipped, and moves *at behind it. 0, or -1 when
 * there is none or it does not fit; then *out and *at are untouched. */
int take_number(const char **at, uint64_t *out);
/* Skips n words. */
void skip_words(const char **at, int n);
/* The number after `key` at the start of a line. 0, or -1. */
int number_after(const char *line, const char *key, uint64_t *out);

#endif
