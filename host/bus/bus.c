#include "bus/bus.h"

#include "base/json.h"
#include "base/log.h"
#include "bus/envelope.h"
#include "bus/inside.h"

#include <kiri/wire.h>

#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEARTBEAT_PART 32768u /* bytes; the rest goes into another heartbeat */
#define CLOSE_S        1
#define SEND_QUEUE     256 /* messages that wait for one subscriber, a turn's worth */

static int open_pub(struct bus *b, const struct bus_options *o, struct kiri_error *err)
{
    char inproc[64];

    int rv = nng_pub0_open(&b->pub);
    if (rv)
        return kiri_fail(err, KIRI_INTERNAL, "cannot open a PUB socket: %s",
                         nng_strerror(rv));
    b->pub_open = 1;
    nng_socket_set_int(b->pub, NNG_OPT_SENDBUF, SEND_QUEUE);
    gate_open(&b->heard, b->pub, SPEAKS_SUB, o->most_peers);
    snprintf(inproc, sizeof inproc, "inproc://kiri/%.40s", o->boot);
    if (gate_listen(&b->heard, &(struct bus_listener){ .url = inproc }, 0, err))
        return -1;
    for (size_t i = 0; i < o->n_listen; i++)
        if (gate_listen(&b->heard, &o->listen[i], o->socket_mode ? o->socket_mode : 0600,
                        err))
            return -1;
    return 0;
}

static int open_rep(struct bus *b, struct desk *d, const char *url, unsigned most,
                    struct kiri_error *err)
{
    int rv = nng_rep0_open(&d->rep);

    if (rv)
        return kiri_fail(err, KIRI_INTERNAL, "cannot open a REP socket: %s",
                         nng_strerror(rv));
    d->bus = b;
    d->open = 1;
    gate_open(&d->gate, d->rep, SPEAKS_REQ, most);
    if (gate_listen(&d->gate, &(struct bus_listener){ .url = url }, 0600, err))
        return -1;
    return requests_start(d, err);
}

struct bus *bus_open(const struct bus_options *o, struct kiri_error *err)
{
    struct bus *b = calloc(1, sizeof *b);

    if (!b) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    queue_init(&b->arrived);
    b->host = strdup(o->host);
    b->boot = strdup(o->boot);
    b->wake = o->wake;
    b->ctx = o->ctx;
    if (!b->host || !b->boot)
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    else if (open_pub(b, o, err) == 0 &&
             open_rep(b, &b->control, o->control, o->most_peers, err) == 0 &&
             (!o->inbox || open_rep(b, &b->inbox, o->inbox, o->most_peers, err) == 0))
        return b;
    bus_close(b);
    return NULL;
}

/* NNG 1.5.2 may hang in nng_close: a thread of its own does it, and is left behind. */
struct closing {
    struct bus *bus;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int finished;
};

static int init_closing(struct closing *c, struct bus *b)
{
    pthread_condattr_t attr;
    int rc;

    *c = (struct closing){ .bus = b };
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    rc = pthread_mutex_init(&c->lock, NULL) || pthread_cond_init(&c->changed, &attr);
    pthread_condattr_destroy(&attr);
    return rc;
}

static void close_desk(struct desk *d)
{
    if (d->open)
        nng_close(d->rep);
    requests_stop(d);
}

static void *close_sockets(void *arg)
{
    struct closing *c = arg;
    struct bus *b = c->bus;

    close_desk(&b->control);
    close_desk(&b->inbox);
    if (b->pub_open)
        nng_close(b->pub);
    pthread_mutex_lock(&c->lock);
    c->finished = 1;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

void bus_close(struct bus *b)
{
    struct closing *c;
    struct timespec until;
    pthread_t thread;
    int finished;

    if (!b)
        return;
    queue_close(&b->arrived); /* from here on nobody is woken */
    c = malloc(sizeof *c);
    if (!c || init_closing(c, b) || pthread_create(&thread, NULL, close_sockets, c)) {
        log_warn("cannot close the bus in order: memory or threads are short");
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CLOSE_S;
    pthread_mutex_lock(&c->lock);
    while (!c->finished && !pthread_cond_timedwait(&c->changed, &c->lock, &until))
        continue;
    finished = c->finished;
    pthread_mutex_unlock(&c->lock);
    if (!finished) { /* nng#1543, nng#1734: what it holds cannot be taken away */
        log_warn("the bus does not close within %d s; leaving without it", CLOSE_S);
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    gate_fini(&b->heard);
    gate_fini(&b->control.gate);
    gate_fini(&b->inbox.gate);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
    queue_fini(&b->arrived);
    topics_fini(&b->topics);
    buf_free(&b->sent);
    free(b->host);
    free(b->boot);
    free(b);
}

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void note_time(struct bus *b, int64_t us)
{
    unsigned i = 0;

    while (i + 1 < SEND_TIMES && us > (int64_t)1 << i)
        i++;
    b->sends[i]++;
}

static uint64_t send_p99(const struct bus *b)
{
    uint64_t all = 0, upto = 0;
    unsigned i = 0;

    for (unsigned k = 0; k < SEND_TIMES; k++)
        all += b->sends[k];
    while (i + 1 < SEND_TIMES && (upto += b->sends[i]) * 100 < all * 99)
        i++;
    return all ? (uint64_t)1 << i : 0;
}

/* Hands b->sent to NNG, which never blocks a publisher. 0, or -1: memory is short. */
static int hand_over(struct bus *b)
{
    int64_t began = now_us();
    nng_msg *msg = buf_failed(&b->sent) ? NULL : outgoing(b->sent.data, b->sent.len);

    if (!msg)
        return -1;
    if (nng_sendmsg(b->pub, msg, 0) == 0) {
        note_time(b, now_us() - began);
        return 0;
    }
    nng_msg_free(msg);
    return -1;
}

uint64_t bus_publish(struct bus *b, const char *topic, int64_t ts, const char *members,
                     struct bus_bytes *sent)
{
    struct topic *t = topics_find(&b->topics, topic);
    struct kiri_message parts;

    if (!t)
        goto refused;
    buf_clear(&b->sent);
    envelope_write(&b->sent, topic,
                   &(struct envelope){ b->host, b->boot, ts, b->seq + 1, t->n + 1 },
                   members);
    if (b->sent.len > KIRI_WIRE_MAX ||
        kiri_message_split(buf_text(&b->sent), b->sent.len, &parts) ||
        parts.topic_len != strlen(topic) || hand_over(b))
        goto refused;
    t->n++;
    if (snapshot_keeps(topic)) {
        buf_clear(&t->last);
        buf_put(&t->last, b->sent.data, b->sent.len);
        if (buf_failed(&t->last))
            buf_free(&t->last);
    }
    if (sent)
        *sent = (struct bus_bytes){ b->sent.data, b->sent.len };
    return ++b->seq;

refused:
    if (buf_failed(&b->sent))
        buf_free(&b->sent); /* memory may be there again for the next one */
    b->refused++;
    return 0;
}

void bus_heartbeat(struct bus *b, int64_t ts, int64_t period_ms, const char *extra)
{
    struct buf members = { 0 };
    size_t i = 0;

    topics_find(&b->topics, "heartbeat"); /* now: a new one may move the others */
    do {
        struct jsonw j = jsonw_into(&members);
        buf_clear(&members);
        jsonw_kint(&j, "period", period_ms);
        if (*extra) {
            buf_puts(&members, ",");
            buf_puts(&members, extra);
        }
        jsonw_key(&j, "topics");
        jsonw_object(&j);
        for (; i < b->topics.cap && members.len < HEARTBEAT_PART; i++)
            if (b->topics.place[i].name && b->topics.place[i].n)
                jsonw_kint(&j, b->topics.place[i].name, (int64_t)b->topics.place[i].n);
        jsonw_end(&j);
        if (!buf_failed(&members))
            bus_publish(b, "heartbeat", ts, buf_text(&members), NULL);
    } while (i < b->topics.cap);
    buf_free(&members);
    gate_check(&b->heard, period_ms);
    gate_check(&b->control.gate, period_ms);
    gate_check(&b->inbox.gate, period_ms);
}

void bus_counts(const struct bus *b, struct bus_counts *out)
{
    unsigned live = atomic_load(&b->heard.live);

    *out = (struct bus_counts){
        .published = b->seq,
        .refused = b->refused,
        .peers =
            live < b->heard.most ? live : b->heard.most, /* the rest is being closed */
        .turned_away = atomic_load(&b->heard.turned_away) +
                       atomic_load(&b->control.gate.turned_away) +
                       atomic_load(&b->inbox.gate.turned_away) + accept_closed(),
        .send_p99_us = send_p99(b),
    };
}
