/*
 * flow/flow.h - what the steps of an observation's life share, and how threads talk to
 * the loop thread: by messages only.
 *
 *   collect.c -> score.c -> publish.c, with learn.c and save.c beside score.c; one
 * struct instance an atom
 */
#ifndef KIRI_FLOW_FLOW_H
#define KIRI_FLOW_FLOW_H

#include "base/clock.h"
#include "base/pool.h"
#include "base/queue.h"
#include "bus/bus.h"
#include "store/store.h"

#include <stdatomic.h>
#include <uv.h>

struct combined;
struct instance;
struct observed;
struct verdict;

#define FLOW_WORKERS 4u /* so many atoms may be slow at once before others wait */

struct flow {
    uv_loop_t *loop;
    const struct clock *clock;
    struct bus *bus;
    struct store *store;
    char *state;            /* the state directory: store readers open it */
    struct pool *callbacks; /* atoms' callbacks: FLOW_WORKERS threads, and one a cell */
    unsigned cells;         /* instances that live in processes of their own           */
    struct pool *learners; /* training, on copies; bringing back what was               */
    struct pool *savers;   /* model files: one thread that may wait for a disk          */
    struct pool *retrainers; /* cold trainings, one after another; NULL until the first */
    int shelf;            /* directory of the model files                              */
    uint64_t next_id;     /* of the next observation                                   */
    uint64_t retrainings; /* asked for since the start, rollbacks too                 */
    atomic_int stopping;  /* learners give up when it is set                           */
    atomic_uint moved;    /* goes on while any learner does                            */

    /* Told of each row as it is scored, on the loop thread; v NULL: it never will be.
     * NULL: nobody waits for any. */
    void (*scored)(void *ctx, const struct instance *in, const struct observed *row,
                   const struct verdict *v);
    void *scored_ctx;
    struct combined *together; /* what all atoms say at once; NULL: not yet */

    struct queue inbox;
    uv_async_t bell;
};

/* A message to the loop thread; deliver() runs there and owns it. */
struct flow_message {
    struct queue_item item; /* first */
    void (*deliver)(struct flow_message *m);
};

int flow_init(struct flow *f, uv_loop_t *loop);
/* Any thread. After flow_fini nobody may post. */
void flow_post(struct flow *f, struct flow_message *m);
/* Delivers what is waiting; the loop does this by itself. */
void flow_deliver(struct flow *f);
void flow_fini(struct flow *f); /* delivers the rest, then closes the bell's handle */

#endif
