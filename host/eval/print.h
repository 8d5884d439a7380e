/*
 * eval/print.h - figures as a table for people, as Markdown for a document, as JSON for a
 * program. Pure.
 */
#ifndef KIRI_EVAL_PRINT_H
#define KIRI_EVAL_PRINT_H

#include "base/buf.h"
#include "base/json.h"
#include "eval/eval.h"

void print_text(const struct eval *e, const struct eval_options *o, struct buf *out);
void print_markdown(const struct eval *e, const struct eval_options *o, struct buf *out);
void print_json(const struct eval *e, const struct eval_options *o, struct buf *out);

/* The members that a program reads, of one stream and of all. */
void print_stream(const struct trial *t, const char *name, struct jsonw *j);
void print_overall(const struct overall *o, struct jsonw *j);

#endif
