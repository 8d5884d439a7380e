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

/* requests that may wait at once at one socket; a further one waits in its client */
#define BUS_REQUESTS 32u

struct bus_request {
    struct queue_item item; /* first */
    struct desk *desk;      /* where it came in */
    nng_ctx ctx;
    nng_aio *aio;
    nng_msg *msg;  /* the request, NUL added; NULL: none */
    nng_pipe pipe; /* whose request it is */
    uint64_t uid;
    atomic_int sending; /* the aio sends an answer; else it receives */
};

#define GATE_DOORS 20u /* listeners of one NNG socket, at most */

/* One listener. If it is a unix socket, also the probe that asks whether it still lets
 * anybody in; if it is a WebSocket, what a visitor must show. */
struct door {
    char path[108];      /* of a unix socket; "": it is none */
    unsigned mode;       /* of that */
    struct pass *pass;   /* NULL: none is asked for */
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

/* One REP socket and those who are connected to it. */
struct desk {
    struct bus *bus;
    nng_socket rep;
    int open;
    struct gate gate;
    struct bus_request request[BUS_REQUESTS];
};

#define SEND_TIMES 24

struct bus {
    nng_socket pub;
    int pub_open;
    char *host, *boot;
    struct topics topics;
    struct buf sent; /* the last message */
    uint64_t seq, refused;
    uint64_t sends[SEND_TIMES]; /* that took at most 1, 2, 4, ... us */
    void (*wake)(void *ctx);
    void *ctx;
    struct gate heard; /* who is connected to pub */
    struct desk control, inbox;
    struct queue arrived;       /* requests, from NNG's threads */
    struct queue_item *waiting; /* taken from it, not handed out yet */
};

/* A listener at l's URL with our limits: 64 KiB messages, a unix socket of d's mode; d
 * becomes its door. 0, or -1 and a sentence. */
int bus_listen(struct gate *g, const struct bus_listener *l, struct door *d,
               struct kiri_error *err);

/* What a visitor of a WebSocket must show: the token, and if it is a browser a page and a
 * host name that may come in. Copies l's strings. NULL: memory is short. */
struct pass *pass_new(const struct bus_listener *l);
void pass_free(struct pass *p);
/* Did it? Any thread. uri and headers as the visitor sent them, headers a line each. */
int pass_ok(const struct pass *p, const char *uri, const char *headers);

/* outgoing.c. A message that is to be sent, of a copy of these bytes. NULL: memory is
 * short. */
nng_msg *outgoing(const void *bytes, size_t len);

/* accept.c. Newcomers to this unix socket are turned away just now: too many say nothing.
 */
int accept_crowded(const char *path);
/* Connections that were closed for that; of the whole process. */
uint64_t accept_closed(void);

/* From now on the socket's connections are counted; before the first listener. */
void gate_open(struct gate *g, nng_socket socket, int visitor, unsigned most);
/* Listens at one more URL; mode is that of a unix socket. */
int gate_listen(struct gate *g, const struct bus_listener *l, unsigned mode,
                struct kiri_error *err);
/* Every heartbeat: looks, each fifth period, whether the doors still open, and makes anew
 * those that do not within one. */
void gate_check(struct gate *g, int64_t period_ms);
void gate_fini(struct gate *g); /* the probes; the socket is its owner's */

/* A connection to a unix socket that has said in NNG's way which protocol it speaks, or
 * -1 and errno. Never waits. */
int visit(const char *path, int protocol);

/* Is the last message of this topic kept for bus_snapshot? */
int snapshot_keeps(const char *topic);

int requests_start(struct desk *d, struct kiri_error *err);
void requests_stop(struct desk *d); /* after the socket was closed */

#endif
