/*
 * detect/write.h - a verdict as a row of CSV. Pure.
 */
#ifndef KIRI_DETECT_WRITE_H
#define KIRI_DETECT_WRITE_H

#include "base/buf.h"
#include "detect/row.h"
#include "flow/stream.h"

void write_header(struct buf *out);
/* A cell that any reader of CSV takes back; control characters become '?'. */
void write_cell(const char *text, size_t len, struct buf *out);
/* number: the row's, from 1, for files without times. v NULL: the row was not scored, and
 * state is that after the row before. */
void write_row(const struct plan *p, const struct row *r, uint64_t number,
               const struct verdict *v, enum stream_state state, struct buf *out);

/* "load, expected 19.2 to 20.1 (0.84) or 20.1 to 22 (0.11)": appended to out. */
void write_why(const struct plan *p, const struct verdict *v, struct buf *out);

#endif
