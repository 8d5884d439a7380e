/*
 * drift/events.h - what happened when, from all sources together.
 */
#ifndef KIRI_DRIFT_EVENTS_H
#define KIRI_DRIFT_EVENTS_H

#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_ADDED,    /* a task came                                            */
    EVENT_DONE,     /* a task was finished                                    */
    EVENT_DROPPED,  /* a task went away unfinished                            */
    EVENT_SWITCHED, /* the work went to another task                          */
    EVENT_COMMITTED /* a commit in repository `place`: done, though no task's */
};

struct event {
    int64_t at; /* s UTC */
    uint32_t kind, place;
};

struct events {
    struct event *list;
    size_t n, cap;
    int64_t open; /* tasks that are open now                       */
    int tasks;    /* some source knows of tasks: 0 of them means 0 */
    int switches; /* some source knows of switches                 */
};

/* 0, or -1 when memory is short: as before. */
int events_add(struct events *e, int64_t at, enum event_kind kind, uint32_t place);
void events_free(struct events *e); /* back to {0} */

/* By time; and each commit in another repository than the one before is a switch, too. 0,
 * or -1 when memory is short. */
int events_settle(struct events *e);

/* The earliest; INT64_MAX: none. */
int64_t events_first(const struct events *e);
/* How many of a kind in [from, to). */
int64_t events_count(const struct events *e, enum event_kind kind, int64_t from,
                     int64_t to);
/* Tasks that were open at a moment: what is open now, without what came since, with what
 * went since. */
int64_t events_open(const struct events *e, int64_t at);

#endif
