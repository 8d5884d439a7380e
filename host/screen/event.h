/*
 * screen/event.h - messages of the bus as lines that people read: alarms, lessons,
 * health, log lines. Pure.
 */
#ifndef KIRI_SCREEN_EVENT_H
#define KIRI_SCREEN_EVENT_H

#include "screen/canvas.h"

#include <stddef.h>
#include <stdint.h>

#define EVENTS      200u /* that are remembered */
#define EVENT_ATOMS 64u  /* whose alarms are followed */

struct event {
    int64_t ts; /* ms UTC */
    enum colour colour;
    char text[240];
};

struct events {
    struct event ring[EVENTS];
    unsigned n, at; /* held; ring index of the next */
    struct {
        char name[33];
        int alarm;
    } atom[EVENT_ATOMS];
    unsigned n_atoms;
};

/* A message as it came. 1: it is an event, and is remembered; 0: it is none (a row as
 * usual, a heartbeat, a debug line, another program's). */
int events_take(struct events *e, const char *bytes, size_t len);
/* Something that we have to say ourselves. */
void events_say(struct events *e, int64_t ts, enum colour colour, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The i-th newest, from 0; NULL: so many are not held. */
const struct event *events_newest(const struct events *e, unsigned i);

#endif
