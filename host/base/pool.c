#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work, ended;
    struct queue_item *first, **last;
    int stopping, idle;
    unsigned alive;
    char name[12];
};

static void *serve(void *arg)
{
    struct pool *p = arg;
    sigset_t all;

    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_setname_np(pthread_self(), p->name);
    if (p->idle)
        pthread_setschedparam(pthread_self(), SCHED_IDLE, &(struct sched_param){ 0 });

    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->first && !p->stopping)
            pthread_cond_wait(&p->work, &p->lock);
        if (!p->first)
            break;
        struct pool_job *job = (struct pool_job *)p->first;
        p->first = job->item.next;
        if (!p->first)
            p->last = &p->first;
        pthread_mutex_unlock(&p->lock);
        job->run(job);
        job->done(job);
        pthread_mutex_lock(&p->lock);
    }
    p->alive--;
    pthread_cond_signal(&p->ended);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int pool_grow(struct pool *p, unsigned n)
{
    pthread_attr_t small;
    pthread_t id;
    int rc = 0;

    pthread_attr_init(&small);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&small, 1 << 20);
    pthread_mutex_lock(&p->lock);
    while (rc == 0 && p->alive < n) {
        rc = pthread_create(&id, &small, serve, p) ? -1 : 0;
        p->alive += rc == 0;
    }
    pthread_mutex_unlock(&p->lock);
    pthread_attr_destroy(&small);
    return rc;
}

struct pool *pool_new(const char *name, unsigned n, int idle)
{
    struct pool *p = calloc(1, sizeof *p);
    pthread_condattr_t mono;

    if (!p)
        return NULL;
    p->last = &p->first;
    p->idle = idle;
    snprintf(p->name, sizeof p->name, "%s", name);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_cond_init(&p->ended, &mono);
    pthread_condattr_destroy(&mono);

    if (pool_grow(p, n)) {
        pool_stop(p, 1000);
        return NULL;
    }
    return p;
}

int pool_run(struct pool *p, struct pool_job *job)
{
    int rc = -1;

    pthread_mutex_lock(&p->lock);
    if (!p->stopping) {
        job->item.next = NULL;
        *p->last = &job->item;
        p->last = &job->item.next;
        pthread_cond_signal(&p->work);
        rc = 0;
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}

int pool_take_back(struct pool *p, struct pool_job *job)
{
    struct queue_item **at;
    int rc = -1;

    pthread_mutex_lock(&p->lock);
    for (at = &p->first; *at && *at != &job->item; at = &(*at)->next)
        ;
    if (*at) {
        *at = job->item.next;
        if (!*at)
            p->last = at;
        rc = 0;
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}

int pool_stop(struct pool *p, int wait_ms)
{
    struct timespec until;

    if (!p)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&p->lock);
    p->stopping = 1;
    pthread_cond_broadcast(&p->work);
    while (p->alive)
        if (pthread_cond_timedwait(&p->ended, &p->lock, &until))
            break;
    unsigned alive = p->alive;
    pthread_mutex_unlock(&p->lock);
    if (alive)
        return -1; /* a stuck job may still touch p */
    pthread_cond_destroy(&p->ended);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
    return 0;
}
