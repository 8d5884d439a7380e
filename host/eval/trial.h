/*
 * eval/trial.h - one labelled stream, read, scored and measured.
 */
#ifndef KIRI_EVAL_TRIAL_H
#define KIRI_EVAL_TRIAL_H

#include "eval/eval.h"

#include <stdatomic.h>

/* What goes on beside it. */
struct trial_watch {
    atomic_int stop;    /* nonzero: give up */
    atomic_ullong rows; /* scored, of all trials */
};

/* 0; 1: it was told to stop; -1 and a sentence. trial_free in each case. Any thread. */
int trial_run(const struct eval_options *o, const struct corpus_stream *stream,
              struct trial_watch *watch, struct trial *t, struct kiri_error *err);
void trial_free(struct trial *t);

#endif
