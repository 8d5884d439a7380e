/*
 * drift/text.h - a small file whole, and its lines.
 */
#ifndef KIRI_DRIFT_TEXT_H
#define KIRI_DRIFT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_MOST (64u << 20) /* bytes of a file */

struct text {
    char *bytes; /* [n], and a NUL behind them */
    size_t n;
};

enum text_found { TEXT_FAILED = -1, TEXT_ABSENT, TEXT_READ };

/* Reads a regular file; never waits for a pipe or a device that stands in its place. What
 * failed is said in why[cap]: "cannot read todo.txt: Permission denied". */
enum text_found text_read(const char *path, struct text *out, char *why, size_t cap);
void text_free(struct text *t); /* back to {0} */

/* The next line, without its newline; *at begins at 0. 0: no more. */
struct line {
    const char *s;
    size_t n;
    int whole; /* a newline ended it */
};
int text_line(const struct text *t, size_t *at, struct line *out);

/* One of the lines of an option of type PATHS, into out[cap]; *at moves on. 0: no more;
 * -1: longer than cap. */
int text_path(const char **at, char *out, size_t cap);

/* FNV-1a of bytes, 64 bits; feed pieces by passing the result back in. */
#define TEXT_HASH 0xcbf29ce484222325u
uint64_t text_hash(uint64_t hash, const void *bytes, size_t n);

#endif
