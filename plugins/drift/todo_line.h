/*
 * drift/todo_line.h - what one line of a todo.txt says; pure.
 */
#ifndef KIRI_DRIFT_TODOTXT_LINE_H
#define KIRI_DRIFT_TODOTXT_LINE_H

#include "todo.h"

/* 0, or -1: the line is blank. A line and the same line done have the same id but for bit
 * 0: priority, "pri:A" and the number of blanks are no part of it. */
int todo_line_read(const char *s, size_t n, struct todo_line *out);
/* By id, the latest first: for qsort. */
int todo_line_order(const void *a, const void *b);

#endif
