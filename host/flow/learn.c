/*
 * Beside scoring: what is due is learned on a learner thread, which has the whole stream
 * while its rows wait; the new generation is live when it comes back. A first model is
 * saved at once, later ones at most once a minute: the rows since then are in the store.
 */
#include "flow/instance.h"

#include "base/log.h"
#include "flow/keep.h"
#include "flow/shelf.h"

#include <stdlib.h>

#define SAVE_MS 60000

static struct instance *of_job(struct pool_job *job)
{
    return (struct instance *)((char *)job - offsetof(struct instance, lesson));
}

static int on_progress(void *ctx, uint32_t done, uint32_t all)
{
    struct instance *in = ctx;

    atomic_store(&in->lesson_all, all);
    atomic_store(&in->lesson_done, done);
    return atomic_load(&in->flow->stopping);
}

static void run(struct pool_job *job)
{
    struct instance *in = of_job(job);
    size_t len;

    in->lesson_rc = stream_learn(in->stream, NULL, on_progress, in, &in->lesson_out);
    int64_t now = clock_mono(in->flow->clock);
    in->lesson_ms = now - in->lesson_began;
    if (in->lesson_rc || in->lesson_out.rejected ||
        (in->saved_at && now - in->saved_at < SAVE_MS))
        return;
    void *bytes = keep_save(in->stream, in->name, &len);
    in->lesson_saved = 1;
    if (!bytes)
        in->lesson_rc = kiri_fail(&in->lesson_err, KIRI_INTERNAL, "out of memory");
    else
        in->lesson_rc =
            shelf_save(in->flow->shelf, in->name, bytes, len, &in->lesson_err);
    free(bytes);
}

static void post(struct pool_job *job)
{
    struct instance *in = of_job(job);

    flow_post(in->flow, &in->learned);
}

static void deliver(struct flow_message *m)
{
    struct instance *in =
        (struct instance *)((char *)m - offsetof(struct instance, learned));

    in->learning = 0;
    stream_facts(in->stream, &in->facts);
    if (atomic_load(&in->flow->stopping))
        return;
    if (in->lesson_saved) {
        in->saved_at = clock_mono(in->flow->clock);
        if (in->lesson_rc)
            log_error("%s: its model was not saved: %s", in->name, in->lesson_err.text);
    } else if (in->lesson_rc) {
        log_error("%s: out of memory while learning", in->name);
    }
    if (in->lesson_out.rejected)
        log_warn("%s: learning diverged and was rejected; generation %llu goes on",
                 in->name, (unsigned long long)in->lesson_out.gen);
    else if (in->lesson_out.gen == 1)
        log_info("%s: trained: %u steps in %lld ms, %.2f -> %.2f nats", in->name,
                 in->lesson_out.steps, (long long)in->lesson_ms,
                 (double)in->lesson_out.before, (double)in->lesson_out.after);
    publish_lesson(in);
    score_rows(in);
}

void learn_start(struct instance *in)
{
    in->lesson.run = run;
    in->lesson.done = post;
    in->learned.deliver = deliver;
    in->lesson_began = clock_mono(in->flow->clock);
    in->lesson_saved = 0;
    atomic_store(&in->lesson_done, 0);
    atomic_store(&in->lesson_all, 0);
    in->learning = 1;
    if (pool_run(in->flow->learners, &in->lesson))
        in->learning = 0; /* the host is stopping; score_rows sees `closing` */
}
