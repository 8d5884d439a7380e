/*
 * drift/todo_state.h - the lines that were seen, in the host's small state.
 *
 * Two places by turns, each of several keys, and the key "todo", put last, that says
 * which one holds: so a crash between two puts leaves the older one whole. Of a line only
 * its id is kept: dates are read from the files again.
 */
#ifndef KIRI_DRIFT_TODOTXT_STATE_H
#define KIRI_DRIFT_TODOTXT_STATE_H

#include "todo.h"

/* Nothing saved, or for other files: t stays new. */
void todo_state_load(struct todo *t);
/* 0, or -1: what was saved before stands. */
int todo_state_save(struct todo *t);

#endif
