/*
 * load/cell_host.h - the host as an atom in a cell sees it: struct kiri_host, whose
 * services are frames to the real one. For this folder only.
 *
 * Lines and notes are sent at once while a callback runs; those of an atom's own threads
 * between callbacks wait for the next, so that the host is never woken by them. Whoever
 * cannot reach the host any more ends the process.
 */
#ifndef KIRI_LOAD_CELL_HOST_H
#define KIRI_LOAD_CELL_HOST_H

#include "base/log.h"
#include "load/cell_wire.h"

#include <pthread.h>

struct cell_host {
    struct kiri_host table;
    struct cell_link link;
    struct buf out; /* the main thread's frame */
    pthread_t main;
    char *options; /* name NUL value NUL ...; a value that is none is left out */
    size_t options_len;

    pthread_mutex_t lock; /* of the following, and of writing to the socket */
    int calling;          /* a callback runs: the host listens */
    struct buf later;     /* frames of other threads meanwhile */
    struct log_gate gate;
};

int cell_host_init(struct cell_host *h, int socket);
void cell_host_fini(struct cell_host *h);

/* The main thread's next frame, and its way. */
struct buf *cell_host_begin(struct cell_host *h, enum cell_kind kind);
void cell_host_send(struct cell_host *h);

/* Between these two a callback runs: a request has come, its answer (cell_host_begin)
 * goes. */
void cell_host_asked(struct cell_host *h);
void cell_host_answer(struct cell_host *h);
/* The options of an OPEN frame, read to its end. 0 or -1. */
int cell_host_options(struct cell_host *h, struct cell_frame *f);

#endif
