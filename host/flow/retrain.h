/*
 * flow/retrain.h - a cold training beside the live stream, its promotion, and the way
 * back.
 *
 *   asked -> COPYING (a learner has the stream for a moment) -> TRAINING (a thread of its
 * own, seconds; rows are scored and learned by the live generation meanwhile) ->
 * INSTALLING (a learner, a row boundary) -> SAVING (both model files) -> IDLE
 *
 * A rollback goes INSTALLING -> SAVING. What came of it is published as model/<atom> and
 * stays in the status. A process that is killed goes on with the generation that was
 * saved last, promoted or not; the one before a promotion is on disk before the promoted
 * one is.
 *
 * Owner: the instance. The loop thread, but for what says otherwise.
 */
#ifndef KIRI_FLOW_RETRAIN_H
#define KIRI_FLOW_RETRAIN_H

#include "base/error.h"
#include "base/pool.h"
#include "flow/flow.h"
#include "flow/stream_retrain.h"

struct instance;

enum retrain_step {
    RETRAIN_IDLE,
    RETRAIN_COPYING,
    RETRAIN_TRAINING,
    RETRAIN_INSTALLING,
    RETRAIN_SAVING
};
enum retrain_result {
    RETRAIN_GOING,
    RETRAIN_PROMOTED,
    RETRAIN_KEPT,        /* the live model is better              */
    RETRAIN_ROLLED_BACK, /* to the generation before               */
    RETRAIN_REFUSED      /* nothing came of it; `code`, `said`: why */
};

struct retraining {
    uint64_t id; /* of the last one since the start; 0: there was none */
    int back;    /* it is a rollback */
    enum retrain_step step;
    enum retrain_result result;
    enum kiri_code code;
    char said[384]; /* the result as a sentence */
    struct stream_window window;
    struct stream_trial trial;
    int64_t began, ms; /* mono ms; how long it took */

    struct pool_job job; /* its training */
    struct flow_message ended;
    atomic_uint done, all; /* steps */
    atomic_int stop;       /* give up */
    struct {               /* the thread's that does the step; ours when it is done */
        struct candidate *candidate;
        struct stream_trial trial;
        int rc;
        enum kiri_code code; /* and why: of a step that failed */
        char why[320];
    } work;

    /* the generation before: not on disk yet; not wanted there any more */
    void *previous;
    size_t previous_len;
    int drop_previous;
};

/* Asks for one; its result comes later (step IDLE again). 0; -1 and a sentence:
 * KIRI_HELD while another is under way, or the atom is not so far. */
int retrain_ask(struct instance *in, const struct stream_window *w,
                struct kiri_error *err);
int retrain_ask_back(struct instance *in, struct kiri_error *err);
void retrain_step(struct instance *in); /* does what is next, if it can now */
/* On the learner thread that has the stream: what retrain_step has begun. */
void retrain_on_learner(struct instance *in);
void retrain_learned(struct instance *in); /* that is done */
/* On the saver thread: the generation before, ahead of the model and after it. 0 or -1.
 */
int retrain_write_previous(struct instance *in, struct kiri_error *err);
void retrain_written(struct instance *in, int rc);
/* Gives up what can be given up; 1: nothing of it runs any more. */
int retrain_leave(struct instance *in);
int retrain_idle(const struct instance *in); /* no thread of it runs */
void retrain_fini(struct instance *in);
const char *retrain_result_name(const struct retraining *r);

#endif
