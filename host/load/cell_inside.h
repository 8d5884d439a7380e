/*
 * load/cell_inside.h - the host's side of one cell, for cell.c (the vtable), cell_life.c
 * (its process) and cell_ask.c (what is said). Callbacks of its one instance never
 * overlap, and nobody else looks at it but at `pid`.
 */
#ifndef KIRI_LOAD_CELL_INSIDE_H
#define KIRI_LOAD_CELL_INSIDE_H

#include "base/child.h"
#include "load/cell.h"
#include "load/cell_backoff.h"
#include "load/cell_wire.h"

#include <stdatomic.h>

struct cell {
    char *exe;
    int image;
    struct plugin_probe probe;

    /* an instance has it: open() .. close() */
    const struct kiri_host *host;
    int hub; /* epoll: readable when the child has something to say, or has ended; the
                same over all its lives; -1: none */
    struct kiri_schema *schema; /* as its first life said; NULL: never opened */
    char *label;                /* [CELL_MOST_LABEL] of the last row */
    unsigned notes;             /* in this callback */

    /* one life */
    struct child child; /* pid 0: none; without a link: it hangs in the kernel */
    struct cell_link link;
    struct buf out;
    int has_fd;
    atomic_int pid; /* of a child that works; 0: none. Any thread */

    /* its failures */
    struct cell_backoff backoff;
    uint64_t dice;
    int64_t due; /* mono ms of the host's: not started before */
    int broken;
    struct plugin_trouble trouble; /* of the last callback */
};

/* cell_life.c. Starts a child that has loaded the atom and opens it: KIRI_OK, or what the
 * callback returns; trouble says why. */
int cell_start(struct cell *c);
/* Lets it close, for at most the deadline, then ends it. */
void cell_stop(struct cell *c);
/* It has failed, as this half sentence says: ended, counted. KIRI_EIO, or KIRI_EBUG when
 * it is not started any more. */
int cell_failed(struct cell *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The child and what it has left are gone, if that is possible; nothing is counted. */
void cell_drop_child(struct cell *c);

/* cell_ask.c. Sends c->out and waits for an answer of that kind; the cell's questions are
 * answered meanwhile. during: the callback, for sentences. KIRI_OK, or cell_failed's. */
int cell_ask(struct cell *c, enum cell_kind kind, int within_ms, const char *during,
             struct cell_frame *answer);
/* What it has said by itself. KIRI_OK or cell_failed's. */
int cell_hear(struct cell *c);

#endif
