/*
 * eval/events.h - alarms against events. An event is a run of odd rows, one behind the
 * other; an alarm is the row that opens it. Pure.
 *
 * An event is found when an alarm opens in one of its rows; an alarm outside of all
 * events is false, and so is one that opened before an event and is still open.
 */
#ifndef KIRI_EVAL_EVENTS_H
#define KIRI_EVAL_EVENTS_H

#include "eval/rank.h"

#include <stdint.h>

#define EVENTS_QUIET 6u /* rows without, before an alarm opens anew: as streams do */
#define EVENT_MISSED UINT32_MAX

struct span {
    uint32_t first, last; /* rows, both inside */
};
struct spans {
    struct span *at; /* [n], in order, with rows between them */
    uint32_t n;
};
/* Runs of rows where odd[row]. 0, or -1: memory is short. Free with spans_free. */
int spans_of(const uint8_t *odd, uint32_t n, struct spans *out);
void spans_free(struct spans *s);

/* 1 in each row of alarm[n] that has none in the EVENTS_QUIET rows before it, else 0.
 * Returns their number. */
uint32_t onsets_of(const uint8_t *alarm, uint32_t n, uint8_t *onset);

struct meeting {
    uint32_t alarms, right; /* onsets; those within an event */
    uint32_t found;         /* events                        */
    uint32_t *row;          /* [events] of the first onset in each, or EVENT_MISSED */
};
/* 0, or -1: memory is short. Free m->row. */
int events_meet(const struct spans *events, const uint8_t *onset, uint32_t n,
                struct meeting *m);

/* The threshold on the score whose onsets have the best F1: precision is the part of the
 * onsets that is right, recall the part of the events that is found. An oracle. 0, or -1:
 * memory is short. */
int events_best_f1(const struct ranking *r, const struct spans *events, struct best *out);

#endif
