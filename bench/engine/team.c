#include "bench/engine/team.h"

#include <pthread.h>
#include <stdlib.h>

#define MOST 16u

struct team {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t thread[MOST];
    unsigned n;                 /* threads beside the caller's                */
    uint32_t next, tasks, left; /* of the step: to begin, all, not done */
    int stop;
    void (*task)(void *arg, uint32_t i);
    void *arg;
    struct gpt_parallel parallel;
};

/* Takes tasks while there are any; the lock is held before and after. */
static void take_tasks(struct team *t)
{
    while (t->next < t->tasks) {
        const uint32_t i = t->next++;
        pthread_mutex_unlock(&t->lock);
        t->task(t->arg, i);
        pthread_mutex_lock(&t->lock);
        if (--t->left == 0)
            pthread_cond_signal(&t->done);
    }
}

static void *work(void *ctx)
{
    struct team *t = ctx;

    pthread_mutex_lock(&t->lock);
    while (!t->stop) {
        take_tasks(t);
        if (!t->stop)
            pthread_cond_wait(&t->work, &t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static void run(void *ctx, uint32_t n, void (*task)(void *arg, uint32_t i), void *arg)
{
    struct team *t = ctx;

    pthread_mutex_lock(&t->lock);
    t->task = task;
    t->arg = arg;
    t->next = 0;
    t->tasks = t->left = n;
    pthread_cond_broadcast(&t->work);
    take_tasks(t);
    while (t->left)
        pthread_cond_wait(&t->done, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

struct team *team_new(unsigned threads)
{
    struct team *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    pthread_cond_init(&t->done, NULL);
    t->parallel = (struct gpt_parallel){ run, t };
    while (t->n + 1 < threads && t->n < MOST) {
        if (pthread_create(&t->thread[t->n], NULL, work, t)) {
            team_free(t);
            return NULL;
        }
        t->n++;
    }
    return t;
}

void team_free(struct team *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = 1;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
    for (unsigned i = 0; i < t->n; i++)
        pthread_join(t->thread[i], NULL);
    pthread_cond_destroy(&t->work);
    pthread_cond_destroy(&t->done);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

const struct gpt_parallel *team_parallel(const struct team *t)
{
    return &t->parallel;
}
