/*
 * The model file: packed at a row boundary by the learner that has the stream anyway,
 * written on a thread of its own, because a disk may be slow, full or gone while scoring
 * goes on. What could not be written is tried again (watch.c).
 */
#include "flow/instance.h"

#include "base/log.h"
#include "flow/keep.h"
#include "flow/shelf.h"

#include <stdio.h>
#include <stdlib.h>

#define FLUSH_MS 500 /* a store that takes longer is degraded, and says so itself */

static struct instance *of_job(struct pool_job *job)
{
    return (struct instance *)((char *)job - offsetof(struct instance, write));
}

static struct instance *of_message(struct flow_message *m)
{
    return (struct instance *)((char *)m - offsetof(struct instance, written));
}

int save_needed(const struct instance *in)
{
    return in->restored && in->facts.gen &&
           (in->facts.rows != in->saved.rows || in->facts.gen != in->saved.gen ||
            in->facts.judged != in->saved.judged);
}

void save_ask(struct instance *in, uint64_t ticket)
{
    in->save_asked = ticket;
    in->save_wanted = 1;
    save_step(in);
}

static void done(struct instance *in, uint64_t ticket)
{
    if (in->save_done < ticket)
        in->save_done = ticket;
}

void save_step(struct instance *in)
{
    if (!in->save_wanted || in->learning || in->writing)
        return;
    in->save_wanted = 0;
    if (save_needed(in)) {
        in->packed_for = in->save_asked;
        learn_start(in, LESSON_PACK);
        return;
    }
    in->unsaved[0] = '\0';
    done(in, in->save_asked);
}

void save_pack(struct instance *in)
{
    stream_facts(in->stream, &in->packed_facts);
    in->packed = keep_save(in->stream, in->name, &in->packed_len);
}

/* ---- on the saver thread --------------------------------------------------------- */

/* Killed in between, the next start finds the model of before: the one that a retraining
 * has promoted comes last, and goes last. */
static int write_files(struct instance *in, struct kiri_error *err)
{
    if (!in->packed)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    if (retrain_write_previous(in, err) ||
        shelf_save(in->flow->shelf, in->name, in->packed, in->packed_len, err))
        return -1;
    if (in->retrain.drop_previous)
        shelf_drop_previous(in->flow->shelf, in->name);
    return 0;
}

static void run(struct pool_job *job)
{
    struct instance *in = of_job(job);

    /* Else a crash could leave a model that knows rows which the store does not. (Closing
     * the store commits them, too.) */
    if (!atomic_load(&in->flow->stopping))
        (void)store_flush(in->flow->store, FLUSH_MS);
    in->write_rc = write_files(in, &in->write_err);
}

static void post(struct pool_job *job)
{
    struct instance *in = of_job(job);

    flow_post(in->flow, &in->written);
}

/* ---- on the loop thread ---------------------------------------------------------- */

static void deliver(struct flow_message *m)
{
    struct instance *in = of_message(m);
    int failed_before = *in->unsaved != '\0';

    in->writing = 0;
    in->save_tried = clock_mono(in->flow->clock);
    if (in->write_rc == 0) {
        in->saved = in->packed_facts;
        in->saved_at = in->save_tried;
        in->unsaved[0] = '\0';
        if (failed_before)
            log_info("%s: its model is saved again", in->name);
    } else {
        snprintf(in->unsaved, sizeof in->unsaved, "%.255s", in->write_err.text);
        if (!failed_before)
            log_error("%s: its model stays as it was last saved: %s", in->name,
                      in->unsaved);
    }
    free(in->packed);
    in->packed = NULL;
    done(in, in->packed_for);
    retrain_written(in, in->write_rc);
    save_step(in);
    instance_leave(in);
}

void save_write(struct instance *in)
{
    in->write.run = run;
    in->write.done = post;
    in->written.deliver = deliver;
    in->writing = 1;
    in->write_began = clock_mono(in->flow->clock);
    if (pool_run(in->flow->savers, &in->write))
        in->writing = 0; /* the host has stopped */
}
