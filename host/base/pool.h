/*
 * base/pool.h - a few threads that run jobs in the order given, and hand each back
 * through a callback when it is done. Jobs know nothing of each other.
 */
#ifndef KIRI_BASE_POOL_H
#define KIRI_BASE_POOL_H

#include "base/queue.h"

struct pool_job {
    struct queue_item item;            /* first */
    void (*run)(struct pool_job *job); /* on a thread of the pool */
    void (*done)(
        struct pool_job *job); /* right after, on the same thread: post a message */
};

struct pool;
/* n threads named `name`; idle != 0: SCHED_IDLE, they yield to everybody else.
 * NULL when threads cannot be started. */
struct pool *pool_new(const char *name, unsigned n, int idle);
/* At least n threads from now on; fewer when they cannot be started: -1. */
int pool_grow(struct pool *p, unsigned n);
/* 0, or -1 when the pool is stopping: job stays the caller's. */
int pool_run(struct pool *p, struct pool_job *job);
/* A job that no thread has begun: 0, it is the caller's again and its done() is not
 * called. -1: it runs, or has run. */
int pool_take_back(struct pool *p, struct pool_job *job);
/* Finishes what runs, drops nothing that was accepted. Returns 0, or -1 when a job is
 * still running after wait_ms (its thread is left alone, the pool leaks on purpose). NULL
 * is fine. */
int pool_stop(struct pool *p, int wait_ms);

#endif
