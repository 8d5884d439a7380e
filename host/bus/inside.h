/*
 * bus/inside.h - what the files of this folder share. The only header of the host with
 * nng.
 */
#ifndef KIRI_BUS_INSIDE_H
#define KIRI_BUS_INSIDE_H

#include "base/queue.h"
#include "bus/bus.h"
#include "bus/topics.h"

#include <nng/nng.h>
#include <stdatomic.h>
#include <sys/types.h>

/* What a peer says it is (the RFCs of scalability protocols; SUB and REQ). */
#define SPEAKS_SUB 0x21
#define SPEAKS_REQ 0x30

#define BUS_REQUESTS                                                                     \
    32u /* requests that may wait at once; a further one waits in its client */

struct bus_request {
    struct queue_item item; /* first */
    struct bus *bus;
    nng_ctx ctx;
    nng_aio *aio;
    nng_msg *msg; /* the request, NUL added; NULL: none */
    uint64_t uid;
    atomic_int sending; /* the aio sends an answer; else it receives */
};

#define GATE_DOORS 16u /* unix sockets that are looked after, for each NNG socket */

/* One unix socket that we listen at, and the probe that asks whether we still do. */
struct door {
    char path[108];
    ino_t inode;         /* of the socket when we made it */
    atomic_int listener; /* NNG's number, 0: none */
    atomic_int heard;    /* somebody came in since the probe was sent */
    atomic_int probing;  /* the next connection from this process is the probe */
    int fd;              /* the probe, -1: none */
    int64_t sent_ms;     /* mono */
};

/* Who may come in to one NNG socket: at most so many at once. Counted on NNG's threads.
 */
struct gate {
    nng_socket socket;
    int visitor; /* the protocol that a probe says it speaks */
    unsigned most;
    atomic_uint live;
    atomic_ullong turned_away;
    struct door door[GATE_DOORS];
    unsigned n_doors;
};

struct bus {
    nng_socket pub, rep;
    int pub_open, rep_open;
    char *host, *boot;
    struct topics topics;
    struct buf sent; /* the last message */
    uint64_t seq, refused;
    void (*wake)(void *ctx);
    void *ctx;
    struct gate heard, asked;   /* who is connected to pub, to rep */
    struct queue arrived;       /* requests, from NNG's threads */
    struct queue_item *waiting; /* taken from it, not handed out yet */
    struct bus_request request[BUS_REQUESTS];
};

/* A listener at url with our limits: 64 KiB messages, a unix socket only its owner may
 * open. d, if not NULL, becomes its door. 0, or -1 and a sentence. */
int bus_listen(struct gate *g, const char *url, struct door *d, struct kiri_error *err);

/* From now on the socket's connections are counted; before the first listener. */
void gate_open(struct gate *g, nng_socket socket, int visitor, unsigned most);
/* Listens at one more URL. */
int gate_listen(struct gate *g, const char *url, struct kiri_error *err);
/* Every heartbeat: looks, each fifth period, whether the doors still open, and makes anew
 * those that do not within one. */
void gate_check(struct gate *g, int64_t period_ms);
void gate_fini(struct gate *g); /* the probes; the socket is its owner's */

/* A connection to a unix socket that has said in NNG's way which protocol it speaks, or
 * -1 and errno. Never waits. */
int visit(const char *path, int protocol);

/* Is the last message of this topic kept for bus_snapshot? */
int snapshot_keeps(const char *topic);

int requests_start(struct bus *b, struct kiri_error *err);
void requests_stop(struct bus *b); /* after the socket was closed */

#endif
