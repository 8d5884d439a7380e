#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define MOST_THREADS 64u

struct work {
    atomic_uint next;
    uint32_t n;
    void (*task)(void *arg, uint32_t i);
    void *arg;
};

unsigned parallel_cpus(void)
{
    cpu_set_t mine;

    CPU_ZERO(&mine);
    if (sched_getaffinity(0, sizeof mine, &mine))
        return 1;
    int n = CPU_COUNT(&mine);
    return n < 1 ? 1 : (unsigned)n;
}

static void *work(void *ctx)
{
    struct work *w = ctx;
    uint32_t i;

    while ((i = atomic_fetch_add(&w->next, 1)) < w->n)
        w->task(w->arg, i);
    return NULL;
}

void parallel_run(void *most, uint32_t n, void (*task)(void *arg, uint32_t i), void *arg)
{
    struct work w = { .n = n, .task = task, .arg = arg };
    pthread_t thread[MOST_THREADS];
    unsigned threads = parallel_cpus(), started = 0;

    if (most && *(const unsigned *)most < threads)
        threads = *(const unsigned *)most;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    while (started + 1 < threads && started + 1 < n &&
           pthread_create(&thread[started], NULL, work, &w) == 0)
        started++;
    work(&w);
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}
