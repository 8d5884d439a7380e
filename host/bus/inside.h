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

#define BUS_REQUESTS                                                                     \
    8u /* requests that may wait at once; a further one waits in its client */

struct bus_request {
    struct queue_item item; /* first */
    struct bus *bus;
    nng_ctx ctx;
    nng_aio *aio;
    nng_msg *msg; /* the request, NUL added; NULL: none */
    uint64_t uid;
    atomic_int sending; /* the aio sends an answer; else it receives */
};

struct bus {
    nng_socket pub, rep;
    int pub_open, rep_open;
    char *host, *boot;
    struct topics topics;
    struct buf sent; /* the last message */
    uint64_t seq, refused;
    unsigned most_peers;
    atomic_uint peers;
    atomic_ullong turned_away;
    void (*wake)(void *ctx);
    void *ctx;
    struct queue arrived;       /* requests, from NNG's threads */
    struct queue_item *waiting; /* taken from it, not handed out yet */
    struct bus_request request[BUS_REQUESTS];
};

/* A listener at url with our limits: 64 KiB messages, a unix socket only its owner may
 * open. 0, or -1 and a sentence. */
int bus_listen(nng_socket socket, const char *url, struct kiri_error *err);

int requests_start(struct bus *b, struct kiri_error *err);
void requests_stop(struct bus *b); /* after the socket was closed */

#endif
