#include "flow/instance.h"

#include "base/log.h"
#include "flow/keep.h"
#include "flow/shelf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *retrain_result_name(const struct retraining *r)
{
    static const char *const names[] = { "going", "promoted", "kept", "rolled back",
                                         "refused" };

    return names[r->result];
}

/* ---- the end --------------------------------------------------------------------- */

static void end(struct instance *in, enum retrain_result result, enum kiri_code code,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void end(struct instance *in, enum retrain_result result, enum kiri_code code,
                const char *fmt, ...)
{
    struct retraining *r = &in->retrain;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(r->said, sizeof r->said, fmt, ap);
    va_end(ap);
    candidate_free(r->work.candidate);
    r->work.candidate = NULL;
    r->step = RETRAIN_IDLE;
    r->result = result;
    r->code = code;
    r->ms = clock_mono(in->flow->clock) - r->began;
    log_line(result == RETRAIN_REFUSED ? LOG_AT_WARN : LOG_AT_INFO, "%s: %s", in->name,
             r->said);
    publish_retrain(in);
}

static void end_refused(struct instance *in, enum kiri_code code, const char *why)
{
    end(in, RETRAIN_REFUSED, code, "%s refused: %s",
        in->retrain.back ? "rollback" : "retraining", why);
}

static void end_starved(struct instance *in)
{
    end_refused(in, KIRI_INTERNAL, "memory is short: nothing was changed");
}

static void end_left(struct instance *in)
{
    end_refused(in, KIRI_HELD, "the atom is being replaced, or leaves: ask again");
}

/* So many that one can see which is less. */
static int digits(const struct stream_trial *t)
{
    return fabs(t->live - t->fresh) < 0.01 ? 4 : 2;
}

static void end_kept(struct instance *in)
{
    const struct stream_trial *t = &in->retrain.trial;

    if (t->diverged)
        end(in, RETRAIN_KEPT, KIRI_FINE, "kept: the training diverged");
    else
        end(in, RETRAIN_KEPT, KIRI_FINE,
            "kept: the live model is better, %.*f against %.*f nats of density on the "
            "newest %u rows",
            digits(t), t->live, digits(t), t->fresh, t->judged);
}

static void end_installed(struct instance *in)
{
    const struct stream_trial *t = &in->retrain.trial;

    if (in->retrain.back)
        end(in, RETRAIN_ROLLED_BACK, KIRI_FINE, "rolled back to generation %llu",
            (unsigned long long)in->facts.gen);
    else
        end(in, RETRAIN_PROMOTED, KIRI_FINE,
            "promoted: %.*f -> %.*f nats of density on the newest %u rows", digits(t),
            t->live, digits(t), t->fresh, t->judged);
}

/* ---- its own thread -------------------------------------------------------------- */

static struct instance *of_job(struct pool_job *job)
{
    return (struct instance *)((char *)job - offsetof(struct instance, retrain.job));
}

static int on_progress(void *ctx, uint32_t done, uint32_t all)
{
    struct instance *in = ctx;

    atomic_store(&in->retrain.all, all);
    atomic_store(&in->retrain.done, done);
    return atomic_load(&in->flow->stopping) || atomic_load(&in->closing) ||
           atomic_load(&in->retrain.stop);
}

static void train(struct pool_job *job)
{
    struct instance *in = of_job(job);
    struct retraining *r = &in->retrain;

    r->work.rc =
        candidate_train(r->work.candidate, NULL, on_progress, in, &r->work.trial);
}

static void post(struct pool_job *job)
{
    struct instance *in = of_job(job);

    flow_post(in->flow, &in->retrain.ended);
}

/* On the loop thread. */
static void trained(struct flow_message *m)
{
    struct instance *in =
        (struct instance *)((char *)m - offsetof(struct instance, retrain.ended));
    struct retraining *r = &in->retrain;

    r->step = RETRAIN_INSTALLING;
    r->trial = r->work.trial;
    if (in->closing || atomic_load(&r->stop))
        end_left(in);
    else if (r->work.rc)
        end_starved(in);
    else if (!r->trial.better)
        end_kept(in);
    else
        retrain_step(in);
    instance_leave(in);
}

static void start_training(struct instance *in)
{
    struct flow *f = in->flow;
    struct retraining *r = &in->retrain;

    /* A thread of its own, made when it is first wanted: turns need the learner's. */
    if (!f->retrainers)
        f->retrainers = pool_new("kiri-retrain", 1, 0);
    r->job.run = train;
    r->job.done = post;
    r->ended.deliver = trained;
    r->step = RETRAIN_TRAINING;
    if (!f->retrainers || pool_run(f->retrainers, &r->job))
        end_starved(in);
}

/* ---- with a learner -------------------------------------------------------------- */

static int install(struct instance *in)
{
    struct retraining *r = &in->retrain;
    size_t len;
    void *previous = keep_save(in->stream, in->name, &len);

    if (!previous)
        return -1;
    if (stream_promote(in->stream, r->work.candidate)) {
        free(previous);
        return -1;
    }
    free(r->previous);
    r->previous = previous;
    r->previous_len = len;
    save_pack(in);
    return 0;
}

/* The generation before, from memory if the disk has not got it. 0, -1: why and code. */
static int go_back(struct instance *in)
{
    struct retraining *r = &in->retrain;
    struct kiri_error err = { .code = KIRI_INTERNAL, .text = "memory is short" };
    struct stream *before = stream_sibling(in->stream);
    int rc = -1;

    if (before && r->previous)
        rc = keep_load(before, r->previous, r->previous_len, NULL, &err);
    else if (before)
        rc = shelf_load_previous(in->flow->shelf, in->name, before, &err);
    if (rc == 0 && stream_go_back(in->stream, before))
        rc = kiri_fail(&err, KIRI_INTERNAL,
                       "memory is short, or rows of the store are gone");
    if (rc == 0) {
        free(r->previous);
        r->previous = NULL;
        r->drop_previous = 1;
        save_pack(in);
    } else {
        r->work.code = err.code;
        snprintf(r->work.why, sizeof r->work.why, "%.319s", err.text);
    }
    stream_free(before);
    return rc;
}

void retrain_on_learner(struct instance *in)
{
    struct retraining *r = &in->retrain;
    enum candidate_refused refused = CANDIDATE_NO_MEMORY;

    if (r->step == RETRAIN_COPYING) {
        r->work.candidate = candidate_new(in->stream, &r->window, &refused, r->work.why,
                                          sizeof r->work.why);
        r->work.code = refused == CANDIDATE_TOO_EARLY ? KIRI_HELD : KIRI_INTERNAL;
        in->lesson_rc = r->work.candidate ? 0 : -1;
    } else {
        in->lesson_rc = r->back ? go_back(in) : install(in);
    }
}

void retrain_learned(struct instance *in)
{
    struct retraining *r = &in->retrain;

    if (in->lesson_rc && (r->step == RETRAIN_COPYING || r->back)) {
        end_refused(in, r->work.code, r->work.why);
    } else if (in->lesson_rc) {
        end_starved(in);
    } else if (r->step == RETRAIN_COPYING && in->closing) {
        end_left(in);
    } else if (r->step == RETRAIN_COPYING) {
        start_training(in);
    } else {
        r->step = RETRAIN_SAVING;
        candidate_free(r->work.candidate); /* a schema may go when the atom does */
        r->work.candidate = NULL;
        if (!in->packed)
            in->save_wanted = 1; /* memory was short: again, later */
    }
}

void retrain_step(struct instance *in)
{
    struct retraining *r = &in->retrain;
    int copies = r->step == RETRAIN_COPYING, installs = r->step == RETRAIN_INSTALLING;

    /* What is packed is the saver's until it is written. */
    if (in->learning || in->closing || !(copies || (installs && !in->writing)))
        return;
    in->packed_for = 0;
    learn_start(in, LESSON_RETRAIN);
    if (!in->learning)
        end_left(in); /* the host has stopped */
}

/* ---- the generation before, on disk ----------------------------------------------- */

int retrain_write_previous(struct instance *in, struct kiri_error *err)
{
    const struct retraining *r = &in->retrain;

    return r->previous ? shelf_save_previous(in->flow->shelf, in->name, r->previous,
                                             r->previous_len, err)
                       : 0;
}

void retrain_written(struct instance *in, int rc)
{
    struct retraining *r = &in->retrain;

    if (rc == 0) {
        free(r->previous);
        r->previous = NULL;
        r->drop_previous = 0;
    }
    if (r->step == RETRAIN_SAVING)
        end_installed(in); /* what cannot be written is tried again, and status says so */
    retrain_step(in);
}

/* ---- asking, leaving --------------------------------------------------------------- */

static int begin(struct instance *in, enum retrain_step step, struct kiri_error *err)
{
    struct retraining *r = &in->retrain;

    if (r->step != RETRAIN_IDLE)
        return kiri_fail(err, KIRI_HELD,
                         "%s: a %s is under way already: kiri status shows it", in->name,
                         r->back ? "rollback" : "retraining");
    if (in->closing || !in->restored || in->reopen)
        return kiri_fail(err, KIRI_HELD, "%s is just coming or leaving: ask again",
                         in->name);
    if (!in->facts.gen)
        return kiri_fail(err, KIRI_HELD,
                         "%s has no model yet: its first training comes after %u rows",
                         in->name, in->warmup);
    r->id = ++in->flow->retrainings;
    r->step = step;
    r->result = RETRAIN_GOING;
    r->code = KIRI_FINE;
    r->said[0] = '\0';
    r->trial = (struct stream_trial){ 0 };
    r->began = clock_mono(in->flow->clock);
    atomic_store(&r->done, 0);
    atomic_store(&r->all, 0);
    atomic_store(&r->stop, 0);
    return 0;
}

int retrain_ask(struct instance *in, const struct stream_window *w,
                struct kiri_error *err)
{
    if (begin(in, RETRAIN_COPYING, err))
        return -1;
    in->retrain.back = 0;
    in->retrain.window = *w;
    snprintf(in->retrain.said, sizeof in->retrain.said, "retraining has begun");
    publish_retrain(in);
    retrain_step(in);
    return 0;
}

int retrain_ask_back(struct instance *in, struct kiri_error *err)
{
    if (begin(in, RETRAIN_INSTALLING, err))
        return -1;
    in->retrain.back = 1;
    retrain_step(in);
    return 0;
}

int retrain_idle(const struct instance *in)
{
    return in->retrain.step != RETRAIN_TRAINING;
}

int retrain_leave(struct instance *in)
{
    struct retraining *r = &in->retrain;

    if (r->step == RETRAIN_TRAINING) {
        atomic_store(&r->stop, 1);
        if (pool_take_back(in->flow->retrainers, &r->job))
            return 0; /* it runs, and looks after each step */
        end_left(in);
    }
    if (!in->learning && (r->step == RETRAIN_COPYING || r->step == RETRAIN_INSTALLING))
        end_left(in);
    return 1;
}

void retrain_fini(struct instance *in)
{
    candidate_free(in->retrain.work.candidate);
    free(in->retrain.previous);
}
