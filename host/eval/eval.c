#include "eval/eval.h"

#include "base/pool.h"
#include "eval/trial.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 50
#define STOP_MS 600000 /* for a thread to come back, which it does at its next look */
#define STOPPED 1

struct job {
    struct pool_job base; /* first */
    struct work *work;
    const struct corpus_stream *stream;
    struct trial *trial;
    int rc;
    struct kiri_error err;
};

struct work {
    const struct eval_options *o;
    struct trial_watch watch;
    struct job *job; /* [n] */
    size_t n;
    pthread_mutex_t lock; /* of done */
    pthread_cond_t news;
    size_t done;
};

static void run_job(struct pool_job *base)
{
    struct job *job = (struct job *)base;

    job->rc =
        trial_run(job->work->o, job->stream, &job->work->watch, job->trial, &job->err);
    if (job->rc < 0)
        atomic_store(&job->work->watch.stop, 1); /* the others are not needed */
}

static void job_done(struct pool_job *base)
{
    struct work *w = ((struct job *)base)->work;

    pthread_mutex_lock(&w->lock);
    w->done++;
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
}

/* Until all jobs are done; looks at the progress meanwhile. */
static void wait_for_all(struct work *w)
{
    struct eval_progress p = { .streams = w->n };
    struct timespec until;

    pthread_mutex_lock(&w->lock);
    while (w->done < w->n) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&w->news, &w->lock, &until);
        p.done = w->done;
        p.rows = atomic_load(&w->watch.rows);
        pthread_mutex_unlock(&w->lock);
        if (w->o->progress && w->o->progress(w->o->ctx, &p))
            atomic_store(&w->watch.stop, 1);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
}

static unsigned threads_for(const struct eval_options *o, size_t jobs)
{
    cpu_set_t mine;
    unsigned n = o->jobs;

    CPU_ZERO(&mine);
    if (!n && sched_getaffinity(0, sizeof mine, &mine) == 0)
        n = (unsigned)CPU_COUNT(&mine);
    if (n > EVAL_THREADS)
        n = EVAL_THREADS;
    if (n > jobs)
        n = (unsigned)jobs;
    return n ? n : 1;
}

/* The first sentence by the streams' names, so that it is always the same. */
static int outcome(const struct work *w, struct kiri_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < w->n; i++) {
        if (w->job[i].rc < 0) {
            *err = w->job[i].err;
            return -1;
        }
        rc |= w->job[i].rc;
    }
    return rc;
}

static int run_all(struct work *w, struct kiri_error *err)
{
    struct pool *pool = pool_new("eval", threads_for(w->o, w->n), 0);
    pthread_condattr_t mono;

    if (!pool)
        return kiri_fail(err, KIRI_INTERNAL, "threads cannot be started");
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_cond_init(&w->news, &mono);
    pthread_condattr_destroy(&mono);
    for (size_t i = 0; i < w->n; i++)
        pool_run(pool, &w->job[i].base);
    wait_for_all(w);
    pool_stop(pool, STOP_MS);
    pthread_cond_destroy(&w->news);
    pthread_mutex_destroy(&w->lock);
    return outcome(w, err);
}

static int run_trials(const struct eval_options *o, struct eval *e,
                      struct kiri_error *err)
{
    struct work w = { .o = o, .n = e->corpus.n };
    int rc;

    e->trial = calloc(w.n, sizeof *e->trial);
    w.job = calloc(w.n, sizeof *w.job);
    if (!e->trial || !w.job) {
        free(w.job);
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    }
    for (size_t i = 0; i < w.n; i++)
        w.job[i] = (struct job){ .base = { .run = run_job, .done = job_done },
                                 .work = &w,
                                 .stream = &e->corpus.stream[i],
                                 .trial = &e->trial[i] };
    rc = run_all(&w, err);
    free(w.job);
    return rc;
}

/* ---- all together ---------------------------------------------------------------- */

/* Something to find and something to leave alone, among what is judged. */
static int check(const struct eval *e, const char *path, struct kiri_error *err)
{
    const struct measures *all = &e->all.all;
    uint64_t odd = 0, warmup = 0;

    for (size_t i = 0; i < e->corpus.n; i++) {
        const struct judged *j = &e->trial[i].judged;
        for (uint32_t row = 0; row < j->n; row++)
            odd += j->odd[row];
        warmup += j->from;
    }
    if (!odd)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s: no row is labelled an anomaly: there is nothing to find",
                         path);
    if (!all->judged)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s: the warm-up of %" PRIu64
                         " rows was not over when they ended: give more rows, or a "
                         "shorter --warmup",
                         path, warmup);
    if (!all->odd)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s: all rows that are labelled an anomaly are in the warm-up, "
                         "which is learned and not judged: a shorter --warmup would help",
                         path);
    if (all->odd == all->judged)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s: every row that is judged is labelled an anomaly: there is "
                         "nothing to tell it from",
                         path);
    return 0;
}

static int sum_up(struct eval *e, const char *path, struct kiri_error *err)
{
    size_t n = e->corpus.n;
    const struct judged **j = calloc(n, sizeof *j);
    const struct measured **m = calloc(n, sizeof *m);
    int rc = -1;

    for (size_t i = 0; j && m && i < n; i++) {
        j[i] = &e->trial[i].judged;
        m[i] = &e->trial[i].measured;
    }
    if (!j || !m || measure_all(j, m, n, &e->all))
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    else
        rc = check(e, path, err);
    free(j);
    free(m);
    return rc;
}

/* What detection said of each stream, with its name. */
static void collect_remarks(struct eval *e)
{
    for (size_t i = 0; i < e->corpus.n; i++) {
        const char *at = buf_text(&e->trial[i].report.remarks);
        for (size_t n; *at; at += n + (at[n] == '\n')) {
            n = strcspn(at, "\n");
            buf_putf(&e->remarks, "%s: %.*s\n", e->corpus.stream[i].name, (int)n, at);
        }
    }
}

int eval_run(const struct eval_options *o, struct eval *out, struct kiri_error *err)
{
    *out = (struct eval){ 0 };
    if (corpus_open(&out->corpus, &o->corpus, &out->remarks, err))
        return -1;
    int rc = run_trials(o, out, err);
    if (rc == 0)
        rc = sum_up(out, o->corpus.path, err);
    if (rc == 0)
        collect_remarks(out);
    return rc;
}

void eval_free(struct eval *e)
{
    for (size_t i = 0; e->trial && i < e->corpus.n; i++)
        trial_free(&e->trial[i]);
    free(e->trial);
    corpus_free(&e->corpus);
    buf_free(&e->remarks);
    *e = (struct eval){ 0 };
}
