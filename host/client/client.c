/*
 * A subscriber. Receiving is poll + NNG_FLAG_NONBLOCK, never a receive timeout or a
 * cancel: those can crash a SUB of NNG 1.5.2 (nng#1523, nng#1682).
 */
#include "client/client.h"

#include "client/close.h"
#include "client/gaps.h"

#include <errno.h>
#include <limits.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUFFERED  4096 /* messages that may wait for a slow reader */
#define HEARTBEAT "heartbeat"

struct kiri_client {
    nng_socket socket;
    int fd;
    nng_msg *msg; /* the one handed out */
    char **prefix;
    size_t n_prefixes;
    struct gaps gaps;
};

static int fail(char *why, size_t cap, const char *what, int rv)
{
    snprintf(why, cap, "%s: %s", what, nng_strerror(rv));
    return -1;
}

struct kiri_client *kiri_client_hear(const char *url, char *why, size_t cap)
{
    struct kiri_client *c = calloc(1, sizeof *c);
    int rv;

    if (!c) {
        snprintf(why, cap, "out of memory");
        return NULL;
    }
    if ((rv = nng_sub0_open(&c->socket))) {
        fail(why, cap, "cannot open a SUB socket", rv);
        free(c);
        return NULL;
    }
    nng_socket_set_size(c->socket, NNG_OPT_RECVMAXSZ, KIRI_WIRE_MAX);
    nng_socket_set_int(c->socket, NNG_OPT_RECVBUF, BUFFERED);
    nng_socket_set_ms(c->socket, NNG_OPT_RECONNMINT, 50);
    nng_socket_set_ms(c->socket, NNG_OPT_RECONNMAXT, 1000);
    /* The heartbeat tells what is missing at the end of a topic; it is handed out only to
     * who subscribes to it. */
    if ((rv = nng_socket_get_int(c->socket, NNG_OPT_RECVFD, &c->fd)) ||
        (rv = nng_socket_set(c->socket, NNG_OPT_SUB_SUBSCRIBE, HEARTBEAT " ",
                             strlen(HEARTBEAT " "))) ||
        (rv = nng_dial(c->socket, url, NULL, NNG_FLAG_NONBLOCK))) {
        fail(why, cap, url, rv);
        kiri_client_free(c);
        return NULL;
    }
    return c;
}

int kiri_client_subscribe(struct kiri_client *c, const char *prefix, char *why,
                          size_t cap)
{
    char **more = realloc(c->prefix, (c->n_prefixes + 1) * sizeof *more);
    char *copy = more ? strdup(prefix) : NULL;
    int rv;

    if (more)
        c->prefix = more;
    if (!copy) {
        snprintf(why, cap, "out of memory");
        return -1;
    }
    c->prefix[c->n_prefixes++] = copy;
    rv = nng_socket_set(c->socket, NNG_OPT_SUB_SUBSCRIBE, prefix, strlen(prefix));
    return rv ? fail(why, cap, "cannot subscribe", rv) : 0;
}

/* Was this topic, which ends with a space on the wire, subscribed to? */
static int wanted(void *ctx, const char *topic, size_t len)
{
    const struct kiri_client *c = ctx;

    for (size_t i = 0; i < c->n_prefixes; i++) {
        const char *prefix = c->prefix[i];
        size_t n = strlen(prefix);

        if (n <= len && memcmp(prefix, topic, n) == 0)
            return 1;
        if (n == len + 1 && prefix[len] == ' ' && memcmp(prefix, topic, len) == 0)
            return 1;
    }
    return 0;
}

/* Counts what is missing before a message. Is it for the caller? */
static int judge(struct kiri_client *c, const char *bytes, size_t len)
{
    struct kiri_message m;
    int heartbeat;

    if (kiri_message_split(bytes, len, &m))
        return 1; /* not of our making: the caller sees what it asked for */
    heartbeat =
        m.topic_len == strlen(HEARTBEAT) && memcmp(m.topic, HEARTBEAT, m.topic_len) == 0;
    if (heartbeat)
        gaps_heartbeat(&c->gaps, &m, wanted, c);
    if (!wanted(c, m.topic, m.topic_len))
        return !heartbeat;
    gaps_hear(&c->gaps, &m);
    return 1;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 1: there may be a message; 0: time is up or a signal came; -1. */
static int wait_until(struct kiri_client *c, int timeout_ms, int64_t end)
{
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    int64_t left = timeout_ms < 0 ? -1 : end - now_ms();
    int ready;

    if (timeout_ms >= 0 && left < 0)
        left = 0;
    ready = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
    return ready > 0 ? 1 : ready == 0 || errno == EINTR ? 0 : -1;
}

int kiri_client_next(struct kiri_client *c, int timeout_ms, const char **bytes,
                     size_t *len)
{
    int64_t end = now_ms() + timeout_ms;
    int rv;

    for (;;) {
        nng_msg_free(c->msg);
        c->msg = NULL;
        rv = nng_recvmsg(c->socket, &c->msg, NNG_FLAG_NONBLOCK);
        if (rv == NNG_EAGAIN) {
            rv = wait_until(c, timeout_ms, end);
            if (rv <= 0)
                return rv;
            continue;
        }
        if (rv || nng_msg_append(c->msg, "", 1))
            return -1;
        *bytes = nng_msg_body(c->msg);
        *len = nng_msg_len(c->msg) - 1;
        if (judge(c, *bytes, *len))
            return 1;
    }
}

uint64_t kiri_client_lost(const struct kiri_client *c)
{
    return c->gaps.lost;
}

void kiri_client_free(struct kiri_client *c)
{
    if (!c)
        return;
    close_behind(c->socket);
    nng_msg_free(c->msg);
    for (size_t i = 0; i < c->n_prefixes; i++)
        free(c->prefix[i]);
    free(c->prefix);
    gaps_fini(&c->gaps);
    free(c);
}
