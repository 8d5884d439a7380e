/*
 * Beside scoring: what needs the whole stream for longer than a row does - bringing back
 * what was, a learning turn, packing the model - is done on a learner thread, while the
 * rows wait; then they are scored by the generation that came of it. A first model is
 * saved at once, later ones at most once a minute: the rows since then are in the store.
 */
#include "flow/instance.h"

#include "base/log.h"

#include <stdlib.h>
#include <time.h>

#define SAVE_MS  60000
#define AGAIN_MS 5000 /* between tries to learn while memory is short */

static struct instance *of_job(struct pool_job *job)
{
    return (struct instance *)((char *)job - offsetof(struct instance, lesson));
}

/* ---- on the learner thread ------------------------------------------------------- */

static int on_progress(void *ctx, uint32_t done, uint32_t all)
{
    struct instance *in = ctx;

    atomic_store(&in->lesson_all, all);
    atomic_store(&in->lesson_done, done);
    atomic_fetch_add(&in->flow->moved, 1);
    return atomic_load(&in->flow->stopping) || atomic_load(&in->closing);
}

/* Of this thread, in µs. */
static int64_t cpu_us(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t))
        return 0;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void take_turn(struct instance *in)
{
    int64_t before = cpu_us();

    in->lesson_rc = stream_learn(in->stream, NULL, on_progress, in, &in->lesson_out);
    in->lesson_ms = clock_mono(in->flow->clock) - in->lesson_began;
    in->cpu_us = cpu_us() - before;
    if (in->lesson_rc == 0 && !in->lesson_out.rejected && in->pack_after)
        save_pack(in);
}

static void run(struct pool_job *job)
{
    struct instance *in = of_job(job);

    atomic_fetch_add(&in->flow->moved, 1);
    in->lesson_rc = 0;
    switch (in->lesson_what) {
    case LESSON_RESTORE: in->lesson_rc = history_restore(in); break;
    case LESSON_TURN: take_turn(in); break;
    case LESSON_PACK: save_pack(in); break;
    case LESSON_RETRAIN: retrain_on_learner(in); break;
    }
    stream_rest(in->stream); /* atoms learn now and then, and may be many */
}

static void post(struct pool_job *job)
{
    struct instance *in = of_job(job);

    flow_post(in->flow, &in->learned);
}

/* ---- on the loop thread ---------------------------------------------------------- */

static void restored(struct instance *in)
{
    if (*in->restored_how)
        log_line(in->restored_level, "%s: %s", in->name, in->restored_how);
    in->restored = in->lesson_rc == 0;
    if (in->restored)
        late_publish(in);
    if (in->restored && !in->provisional)
        inherit_drop(in);
    if (!in->restored && !in->closing)
        instance_report(in, INSTANCE_BROKEN,
                        "its history cannot be brought back, memory is short: reload, "
                        "or restart");
}

static void turned(struct instance *in)
{
    if (in->closing)
        return; /* given up, and that is right */
    if (in->lesson_rc) {
        in->learn_from = clock_mono(in->flow->clock) + AGAIN_MS;
        log_error("%s: memory is short: it learns in %d s, its rows wait", in->name,
                  AGAIN_MS / 1000);
        return;
    }
    if (in->lesson_out.gen > 1)
        share_take(in, in->cpu_us);
    if (in->lesson_out.rejected)
        log_warn("%s: learning diverged and was rejected; generation %llu goes on",
                 in->name, (unsigned long long)in->lesson_out.gen);
    else if (in->lesson_out.gen == 1 && in->lesson_out.steps)
        log_info("%s: trained: %u steps in %lld ms, %.2f -> %.2f nats", in->name,
                 in->lesson_out.steps, (long long)in->lesson_ms,
                 (double)in->lesson_out.before, (double)in->lesson_out.after);
    publish_lesson(in);
}

static void deliver(struct flow_message *m)
{
    struct instance *in =
        (struct instance *)((char *)m - offsetof(struct instance, learned));

    in->learning = 0;
    in->moved_at = clock_mono(in->flow->clock);
    stream_facts(in->stream, &in->facts);
    if (in->lesson_what == LESSON_RESTORE)
        restored(in);
    else if (in->lesson_what == LESSON_TURN)
        turned(in);
    else if (in->lesson_what == LESSON_RETRAIN)
        retrain_learned(in);
    if (!in->writing && (in->packed || in->lesson_what == LESSON_PACK))
        save_write(in);
    if (in->closing)
        score_rows(in); /* none of these starts a turn: they are in the last model too */
    save_step(in);
    retrain_step(in);
    score_rows(in);
    collect_resume(in);
    instance_leave(in);
}

/* Will the model that comes of a turn be saved? */
static int pack_after(const struct instance *in)
{
    return !in->writing && (!in->saved_at || in->lesson_began - in->saved_at >= SAVE_MS);
}

void learn_start(struct instance *in, enum lesson_what what)
{
    in->lesson_what = what;
    in->lesson.run = run;
    in->lesson.done = post;
    in->learned.deliver = deliver;
    in->lesson_began = clock_mono(in->flow->clock);
    in->moved_at = in->lesson_began;
    in->pack_after = what == LESSON_TURN && pack_after(in);
    if (in->pack_after)
        in->packed_for = 0;
    atomic_store(&in->lesson_done, 0);
    atomic_store(&in->lesson_all, 0);
    in->learning = 1;
    if (pool_run(in->flow->learners, &in->lesson))
        in->learning = 0; /* the host has stopped */
}

void learn_leave(struct instance *in)
{
    if (in->learning && pool_take_back(in->flow->learners, &in->lesson) == 0)
        in->learning = 0;
}
