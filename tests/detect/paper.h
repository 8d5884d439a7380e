/* detect/paper.h - files that are only in memory. */
#ifndef KIRI_TESTS_DETECT_PAPER_H
#define KIRI_TESTS_DETECT_PAPER_H

#include <stddef.h>

#define PAPER_PATH 64

/* A new file with these bytes; its path is in path[PAPER_PATH]. The descriptor. */
int paper(const void *bytes, size_t len, char *path);
int paper_text(const char *text, char *path);

#endif
