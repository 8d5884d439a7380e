#include "base/queue.h"

#include <stddef.h>
#include <time.h>

void queue_init(struct queue *q)
{
    pthread_condattr_t attr;

    *q = (struct queue){ .last = NULL };
    q->last = &q->first;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->filled, &attr);
    pthread_condattr_destroy(&attr);
}

void queue_fini(struct queue *q)
{
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
}

int queue_put(struct queue *q, struct queue_item *item)
{
    int rc = -1;

    pthread_mutex_lock(&q->lock);
    if (!q->closed) {
        item->next = NULL;
        *q->last = item;
        q->last = &item->next;
        pthread_cond_signal(&q->filled);
        rc = 0;
    }
    pthread_mutex_unlock(&q->lock);
    return rc;
}

/* Everything that waits; the lock is held. */
static struct queue_item *take(struct queue *q)
{
    struct queue_item *all = q->first;

    q->first = NULL;
    q->last = &q->first;
    return all;
}

struct queue_item *queue_take(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    struct queue_item *all = take(q);
    pthread_mutex_unlock(&q->lock);
    return all;
}

struct queue_item *queue_wait(struct queue *q, int timeout_ms)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    if (timeout_ms >= 0) {
        until.tv_sec += timeout_ms / 1000;
        until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
    }
    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->closed && rc == 0)
        rc = timeout_ms < 0 ? pthread_cond_wait(&q->filled, &q->lock)
                            : pthread_cond_timedwait(&q->filled, &q->lock, &until);
    struct queue_item *all = take(q);
    pthread_mutex_unlock(&q->lock);
    return all;
}

void queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = 1;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->lock);
}
