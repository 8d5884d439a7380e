/*
 * replay/output.h - a file written piece by piece, whole or not at all: it has another
 * name until output_keep, and is gone after output_drop.
 */
#ifndef KIRI_REPLAY_OUTPUT_H
#define KIRI_REPLAY_OUTPUT_H

#include "base/error.h"

#include <stddef.h>

struct output;

/* path NULL or "-": the standard output; it, a device or a FIFO is written as it comes.
 * force: a file that is there is replaced at the end; else it is refused. NULL and a
 * sentence: KIRI_NO_WRITE.
 */
struct output *output_open(const char *path, int force, struct kiri_error *err);
/* 0, or -1 and a sentence (KIRI_IO), also for what could not be written earlier. */
int output_write(struct output *o, const void *bytes, size_t len, struct kiri_error *err);
/* What was written so far is on its way to who reads it. Same return. */
int output_flush(struct output *o, struct kiri_error *err);
/* All is durable and has its name: 0, or -1 and a sentence, and nothing is left of it.
 * Frees o either way. */
int output_keep(struct output *o, struct kiri_error *err);
void output_drop(struct output *o); /* NULL is fine */

#endif
