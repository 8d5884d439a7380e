/*
 * A subscriber. Receiving is poll + NNG_FLAG_NONBLOCK, never a receive timeout or a
 * cancel: those can crash a SUB of NNG 1.5.2 (nng#1523, nng#1682).
 */
#include "client/close.h"
#include "client/inside.h"

#include <errno.h>
#include <limits.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/supplemental/tls/tls.h>
#include <nng/transport/tls/tls.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUFFERED 1024 /* messages in NNG's queue, until we look */
#define TURN     256  /* messages taken from it at once */
#define BEGIN_MS 2000

int64_t client_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fail(char *why, size_t cap, const char *what, int rv)
{
    snprintf(why, cap, "%s: %s", what, nng_strerror(rv));
    return -1;
}

static int dial(struct kiri_client *c, const char *ca_file)
{
    nng_dialer dialer;
    int rv = nng_dialer_create(&dialer, c->socket, c->bus);

    if (rv == 0 && ca_file)
        rv = nng_dialer_set_string(dialer, NNG_OPT_TLS_CA_FILE, ca_file);
    return rv ? rv : nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
}

static int open_sub(struct kiri_client *c, const char *ca_file, char *why, size_t cap)
{
    int rv = nng_sub0_open(&c->socket);

    if (rv)
        return fail(why, cap, "cannot open a SUB socket", rv);
    nng_socket_set_size(c->socket, NNG_OPT_RECVMAXSZ, KIRI_WIRE_MAX);
    nng_socket_set_int(c->socket, NNG_OPT_RECVBUF, BUFFERED);
    nng_socket_set_ms(c->socket, NNG_OPT_RECONNMINT, 50);
    nng_socket_set_ms(c->socket, NNG_OPT_RECONNMAXT, 1000);
    if ((rv = nng_socket_get_int(c->socket, NNG_OPT_RECVFD, &c->fd)) ||
        (rv = nng_socket_set(c->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0)) ||
        (rv = dial(c, ca_file))) {
        close_behind(c->socket);
        return fail(why, cap, ca_file && rv != NNG_EADDRINVAL ? ca_file : c->bus, rv);
    }
    return 0;
}

static int check(const struct kiri_client_options *o, char *why, size_t cap)
{
    const char *wrong = NULL;

    if (!o->bus)
        wrong = "no bus was named";
    else if (strncmp(o->bus, "tls+", 4) == 0 && !o->ca_file)
        wrong = "a tls+tcp:// bus needs the file of who may vouch for it (--ca FILE)";
    else if (o->ca_file && strncmp(o->bus, "tls+", 4) != 0)
        wrong = "only a tls+tcp:// bus takes a file of who may vouch for it";
    else if (!o->control && o->start != KIRI_START_NOW)
        wrong = "without a control socket, only what comes from now on can be heard";
    else if (o->start == KIRI_START_AFTER && (!o->boot || strlen(o->boot) >= BOOT_MOST))
        wrong = "the place to start from has no boot";
    if (!wrong)
        return 0;
    snprintf(why, cap, "%s", wrong);
    return -1;
}

/* Where to begin. */
static int begin(struct kiri_client *c, const struct kiri_client_options *o, char *why,
                 size_t cap)
{
    int rv;

    if (!o->control)
        return 0;
    rv = fill_open(&c->fill, o->control, o->resend_ms ? o->resend_ms : 60000);
    if (rv)
        return fail(why, cap, o->control, rv);
    if (o->start == KIRI_START_NOW) {
        order_begin(c, o->control, BEGIN_MS);
        return 0;
    }
    c->mode = FILLING;
    c->explicit = 1;
    c->fill.answered_ms = client_now();
    c->ask = o->start == KIRI_START_SNAPSHOT ? SNAPSHOT
             : o->start == KIRI_START_OLDEST ? OLDEST
                                             : SINCE;
    if (c->ask == SINCE) {
        snprintf(c->place.boot, sizeof c->place.boot, "%s", o->boot);
        c->place.seq = o->seq;
        c->placed = 1;
    }
    return 0;
}

struct kiri_client *kiri_client_open(const struct kiri_client_options *o, char *why,
                                     size_t cap)
{
    struct kiri_client *c;

    if (check(o, why, cap))
        return NULL;
    c = calloc(1, sizeof *c);
    if (c)
        c->bus = strdup(o->bus);
    if (!c || !c->bus) {
        snprintf(why, cap, "memory is short");
        free(c);
        return NULL;
    }
    c->heard_ms = client_now();
    if (open_sub(c, o->ca_file, why, cap)) {
        free(c->bus);
        free(c);
        return NULL;
    }
    if (begin(c, o, why, cap)) {
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

    if (more)
        c->prefix = more;
    if (!copy) {
        snprintf(why, cap, "memory is short");
        return -1;
    }
    c->prefix[c->n_prefixes++] = copy;
    return 0;
}

void client_hear(struct kiri_client *c)
{
    nng_msg *msg;

    for (int i = 0; i < TURN; i++) {
        if (hold_full(&c->hold)) {
            if (c->mode == LIVE)
                return; /* the caller is slow: NNG drops, and the hole is filled */
            hold_clear(&c->hold); /* the journal has them */
        }
        if (nng_recvmsg(c->socket, &msg, NNG_FLAG_NONBLOCK))
            return;
        c->heard_ms = client_now();
        hold_put(&c->hold, msg);
    }
}

/* When the next question may be asked, or an answer is overdue. */
static int64_t alarm(const struct kiri_client *c, int64_t now)
{
    int64_t at = c->mode != FILLING ? INT64_MAX
                 : c->fill.waiting  ? now + 1000
                                    : c->again_ms;

    return at > now ? at : now + 1;
}

/* 1: look again; 0: time is up or a signal came; -1. */
static int wait_until(struct kiri_client *c, int64_t end)
{
    struct pollfd p[2] = { { .fd = c->fd, .events = POLLIN }, { .fd = -1 } };
    int64_t now = client_now(), until = alarm(c, now);
    int ready;

    if (end >= 0 && now >= end)
        return 0;
    if (end >= 0 && end < until)
        until = end;
    if (c->fill.open && c->fill.waiting)
        p[1] = (struct pollfd){ .fd = c->fill.readable, .events = POLLIN };
    ready = poll(p, 2, until - now > INT_MAX ? -1 : (int)(until - now));
    return ready >= 0 ? 1 : errno == EINTR ? 0 : -1;
}

int kiri_client_next(struct kiri_client *c, int timeout_ms, const char **bytes,
                     size_t *len)
{
    int64_t end = timeout_ms < 0 ? -1 : client_now() + timeout_ms;

    nng_msg_free(c->msg);
    c->msg = NULL;
    for (;;) {
        int rc;

        client_hear(c);
        rc = order_step(c, bytes, len);
        if (rc == 2)
            continue;
        if (rc)
            return rc;
        rc = wait_until(c, end);
        if (rc <= 0)
            return rc;
    }
}

uint64_t kiri_client_lost(const struct kiri_client *c)
{
    return c->gaps.lost;
}

const char *kiri_client_why(const struct kiri_client *c)
{
    return c->why;
}

int64_t kiri_client_silent_ms(const struct kiri_client *c)
{
    return client_now() - c->heard_ms;
}

const char *kiri_client_place(const struct kiri_client *c, uint64_t *seq)
{
    *seq = c->place.seq;
    return c->placed ? c->place.boot : "";
}

void kiri_client_free(struct kiri_client *c)
{
    if (!c)
        return;
    close_behind(c->socket);
    fill_close(&c->fill);
    answer_free(&c->page);
    nng_msg_free(c->msg);
    hold_fini(&c->hold);
    for (size_t i = 0; i < c->n_prefixes; i++)
        free(c->prefix[i]);
    free(c->prefix);
    gaps_fini(&c->gaps);
    free(c->after);
    free(c->bus);
    free(c);
}
