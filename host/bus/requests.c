/*
 * The control socket, and the inbox: BUS_REQUESTS contexts each, each receiving, waiting
 * for the loop thread's answer, sending it, and receiving again. A slow command keeps one
 * context, not the socket.
 */
#include "bus/inside.h"

#include <nng/protocol/reqrep0/rep.h>

#define TAKE_MS 300 /* a caller that does not take its answer in this time is closed */

static void receive(struct bus_request *r)
{
    atomic_store(&r->sending, 0);
    nng_aio_set_timeout(r->aio, NNG_DURATION_INFINITE);
    nng_ctx_recv(r->ctx, r->aio);
}

static void arrived(struct bus_request *r)
{
    nng_msg *msg = nng_aio_get_msg(r->aio);

    r->pipe = nng_msg_get_pipe(msg);
    if (nng_pipe_get_uint64(r->pipe, NNG_OPT_IPC_PEER_UID, &r->uid))
        r->uid = UINT64_MAX;
    if (nng_msg_append(msg, "", 1)) { /* no room for a NUL: the client asks again */
        nng_msg_free(msg);
        receive(r);
        return;
    }
    r->msg = msg;
    struct bus *b = r->desk->bus;
    if (queue_put(&b->arrived, &r->item) == 0)
        b->wake(b->ctx);
}

/* NNG's thread; must not block. */
static void on_aio(void *arg)
{
    struct bus_request *r = arg;
    int rv = nng_aio_result(r->aio);

    if (atomic_load(&r->sending)) {
        if (rv)
            nng_msg_free(nng_aio_get_msg(r->aio)); /* the client went away */
        if (rv == NNG_ETIMEDOUT) /* or keeps our place by reading nothing */
            nng_pipe_close(r->pipe);
        if (rv != NNG_ECLOSED && rv != NNG_ECANCELED)
            receive(r);
        return;
    }
    if (rv == 0)
        arrived(r);
    else if (rv != NNG_ECLOSED && rv != NNG_ECANCELED)
        receive(r);
}

int requests_start(struct desk *d, struct kiri_error *err)
{
    for (uint32_t i = 0; i < BUS_REQUESTS; i++) {
        struct bus_request *r = &d->request[i];
        r->desk = d;
        int rv = nng_aio_alloc(&r->aio, on_aio, r);
        if (rv == 0)
            rv = nng_ctx_open(&r->ctx, d->rep);
        if (rv)
            return kiri_fail(err, KIRI_INTERNAL, "cannot open a REP context: %s",
                             nng_strerror(rv));
    }
    for (uint32_t i = 0; i < BUS_REQUESTS; i++)
        receive(&d->request[i]);
    return 0;
}

void requests_stop(struct desk *d)
{
    for (uint32_t i = 0; i < BUS_REQUESTS; i++) {
        struct bus_request *r = &d->request[i];
        if (!r->aio)
            continue;
        nng_aio_stop(r->aio);
        nng_aio_free(r->aio);
        nng_msg_free(r->msg);
    }
}

const char *bus_request_text(const struct bus_request *r, size_t *len)
{
    if (len)
        *len = nng_msg_len(r->msg) - 1;
    return nng_msg_body(r->msg);
}

uint64_t bus_request_uid(const struct bus_request *r)
{
    return r->uid;
}

enum bus_desk bus_request_desk(const struct bus_request *r)
{
    return r->desk == &r->desk->bus->inbox ? BUS_INBOX : BUS_CONTROL;
}

struct bus_request *bus_next_request(struct bus *b)
{
    struct queue_item *first;

    if (!b->waiting)
        b->waiting = queue_take(&b->arrived);
    first = b->waiting;
    if (first)
        b->waiting = first->next;
    return (struct bus_request *)first;
}

void bus_answer(struct bus *b, struct bus_request *r, const char *json, size_t len)
{
    nng_msg *msg = outgoing(json, len);

    (void)b;
    nng_msg_free(r->msg);
    r->msg = NULL;
    if (!msg) { /* no memory, no answer: the client asks again */
        receive(r);
        return;
    }
    nng_aio_set_msg(r->aio, msg);
    atomic_store(&r->sending, 1);
    nng_aio_set_timeout(r->aio, TAKE_MS);
    nng_ctx_send(r->ctx, r->aio);
}
