/*
 * signals.h - SIGTERM, SIGINT and SIGHUP, heard by a thread of their own: also while the
 * loop hangs, also before there is one. Whatever hangs, an end that was asked for comes.
 */
#ifndef KIRI_SIGNALS_H
#define KIRI_SIGNALS_H

#include "base/error.h"

#include <stdatomic.h>

struct signals;

/* From here on these signals wait for signals_start. Before any other thread. */
void signals_block(void);
/* heard(ctx, number) is called on the thread of the signals. After SIGTERM, SIGINT or
 * signals_deadline the process has deadline_ms; then it ends as it is, with exit code 0
 * or the one of signals_deadline. A second SIGINT ends it at once with 130. */
struct signals *signals_start(int deadline_ms, void (*heard)(void *ctx, int number),
                              void *ctx, struct kiri_error *err);
/* The end has begun, with this exit code, if it was not asked for here: the deadline too.
 */
void signals_deadline(struct signals *s, int code);
/* Has an end been asked for? Any thread. */
int signals_ending(const struct signals *s);
void signals_stop(struct signals *s); /* NULL is fine */

#endif
