#include "bench/jobs.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define MOST_THREADS 64u

struct work {
    pthread_mutex_t lock;
    const char *name;
    size_t next, done, n;
    int rc, tell;
    int (*one)(void *ctx, size_t i);
    void *ctx;
};

unsigned jobs_cpus(void)
{
    cpu_set_t mine;

    CPU_ZERO(&mine);
    if (sched_getaffinity(0, sizeof mine, &mine))
        return 1;
    int n = CPU_COUNT(&mine);
    return n < 1 ? 1 : (unsigned)n;
}

double jobs_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Notes what came of the job before and takes the next: its number, or n. */
static size_t turn(struct work *w, int had_one, int rc)
{
    pthread_mutex_lock(&w->lock);
    w->done += had_one != 0;
    if (rc && !w->rc)
        w->rc = rc;
    if (had_one && w->tell)
        fprintf(stderr, "\r%s: %zu of %zu%s", w->name, w->done, w->n,
                w->done == w->n ? "\n" : "");
    size_t i = w->rc || w->next == w->n ? w->n : w->next++;
    pthread_mutex_unlock(&w->lock);
    return i;
}

static void *work(void *ctx)
{
    struct work *w = ctx;
    size_t i = turn(w, 0, 0);

    while (i < w->n)
        i = turn(w, 1, w->one(w->ctx, i));
    return NULL;
}

int jobs_run(const char *name, unsigned threads, size_t n,
             int (*one)(void *ctx, size_t i), void *ctx)
{
    struct work w = {
        .name = name, .n = n, .one = one, .ctx = ctx, .tell = isatty(STDERR_FILENO)
    };
    pthread_t thread[MOST_THREADS];
    unsigned started = 0;

    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    pthread_mutex_init(&w.lock, NULL);
    while (started + 1 < threads && pthread_create(&thread[started], NULL, work, &w) == 0)
        started++;
    work(&w); /* this thread is one of them */
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&w.lock);
    return w.rc;
}
