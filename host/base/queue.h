/*
 * base/queue.h - messages from any thread to one: an intrusive list under a lock, taken
 * whole. Embed struct queue_item first in the message; the queue owns nothing.
 */
#ifndef KIRI_BASE_QUEUE_H
#define KIRI_BASE_QUEUE_H

#include <pthread.h>

struct queue_item {
    struct queue_item *next;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct queue_item *first, **last;
    int closed;
};

void queue_init(struct queue *q);
void queue_fini(struct queue *q);
/* 0, or -1 when closed: the item stays the caller's. */
int queue_put(struct queue *q, struct queue_item *item);
/* All items in order, NULL when empty; never waits. */
struct queue_item *queue_take(struct queue *q);
/* Waits until there is one or the queue is closed; NULL only when closed and empty.
 * timeout_ms < 0: for ever; else NULL also when time is up. */
struct queue_item *queue_wait(struct queue *q, int timeout_ms);
void queue_close(struct queue *q);

#endif
