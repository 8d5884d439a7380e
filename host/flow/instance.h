/*
 * flow/instance.h - one atom at run time: its plugin, its stream, its timer and its
 * counters.
 *
 * Life: instance_start -> open() on a callback thread -> its model and history -> ticks,
 * each a collect() on a callback thread -> rows, scored on the loop thread ->
 * instance_stop, and when instance_idle: instance_free. Owner: the loop thread.
 */
#ifndef KIRI_FLOW_INSTANCE_H
#define KIRI_FLOW_INSTANCE_H

#include "conf/conf.h"
#include "flow/flow.h"
#include "flow/services.h"
#include "flow/stream.h"
#include "flow/verdict.h"
#include "load/plugin.h"

#define INSTANCE_RECENT 120u /* surprises kept for a sparkline */
#define INSTANCE_DEADLINE                                                                \
    2000                    /* ms that a callback may take                             */
#define INSTANCE_ROWS 4096u /* most rows that wait for a learning; then the oldest go */

enum instance_health {
    INSTANCE_STARTING,
    INSTANCE_WELL,
    INSTANCE_STUCK,   /* a callback is past its deadline   */
    INSTANCE_FAILING, /* the last callback failed; tried again with growing pauses */
    INSTANCE_BROKEN   /* it cannot go on: a wrong option, a bug   */
};

/* One collected row on its way: values, label and texts in one block. */
struct observed {
    struct observed *next;
    int64_t ts;
    const char *label; /* NULL: none */
    union kiri_value v[];
};

struct instance {
    struct flow *flow;
    char name[33];
    struct plugin *plugin;
    const struct kiri_atom *atom;
    void *self;
    struct services services;
    struct kiri_schema *schema;
    struct stream *stream;

    uint32_t period_ms; /* 0: only its fd wakes it */
    double alarm_per_s; /* the budget */
    uint32_t warmup;
    int learn_off;

    enum instance_health health;
    char note[256]; /* why it is not well, a sentence                                */
    int closing;

    /* ticks */
    uv_timer_t timer;
    uv_poll_t poll;
    int has_poll, handles; /* handles not closed yet */
    int64_t next_tick; /* mono ms                                                      */
    uint32_t pause;    /* periods skipped after an error: 0, 1, 2, 4 .. 16             */

    /* the callback that runs, if any (collect.c) */
    struct pool_job call;
    struct flow_message called;
    int opened; /* open() succeeded; before, self is the callback thread's */
    int calling, call_rc;
    int64_t call_began; /* mono ms                                                      */
    int64_t watched;    /* call_began as collect_watch last saw it */
    enum call_what { CALL_OPEN, CALL_COLLECT } call_what;
    struct observed *call_rows, **call_last;

    /* rows that wait to be scored, and the learning they may wait for (learn.c) */
    struct observed *rows, **rows_last;
    uint32_t n_rows;
    struct pool_job lesson;
    struct flow_message learned;
    int learning, lesson_rc, lesson_saved;
    struct stream_lesson lesson_out;
    struct kiri_error lesson_err;
    int64_t lesson_began, lesson_ms, saved_at;
    atomic_uint lesson_done, lesson_all;

    /* for status */
    uint64_t collected, clamped, missing, errors, skipped, dropped;
    int64_t last_ok; /* mono ms of the last row; 0: never                            */
    float recent[INSTANCE_RECENT];
    unsigned char recent_alarm[INSTANCE_RECENT];
    uint32_t n_recent;
    struct verdict last;
    struct observed *last_row; /* what `last` is about */
    struct stream_facts facts; /* the stream's, as of its last row or learning: the stream
                                  itself may be with a learner */
};

/* plugin: taken over. c is only read during the call. NULL when memory is short. */
struct instance *instance_start(struct flow *f, const struct conf_atom *c,
                                struct plugin *plugin);
/* No more ticks. */
void instance_stop(struct instance *in);
int instance_idle(
    const struct instance *in); /* no callback, no learning, no handle runs */
/* Saves the model, closes the atom, frees everything. Only when idle - or stuck, at exit:
 * then its plugin stays mapped and its self is left alone. */
void instance_free(struct instance *in);

/* Marks what became of it, says it once on the log and as atom/<name> on the bus. */
void instance_report(struct instance *in, enum instance_health health, const char *fmt,
                     ...) __attribute__((format(printf, 3, 4)));
const char *instance_health_name(const struct instance *in); /* or the stream's state */

/* The steps, each in its own file; all on the loop thread. */
void collect_open(struct instance *in);   /* collect.c: open(), then ticks              */
void collect_watch(struct instance *in);  /* collect.c: each second: is it stuck?       */
int history_restore(struct instance *in); /* history.c: model and stored rows           */
void score_rows(struct instance *in);     /* score.c: all that wait, until a learning   */
void learn_start(struct instance *in);    /* learn.c                                    */
void publish_row(struct instance *in, const struct observed *row,
                 const struct verdict *v);                              /* publish.c */
void publish_unscored(struct instance *in, const struct observed *row); /* at the end: the
                                                next start scores it from the store  */
void publish_lesson(struct instance *in);
void publish_health(struct instance *in);

#endif
