#include "client/client.h"

#include <kiri/wire.h>

#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFERED 4096 /* messages that may wait for a slow reader */

/* How far a topic has been heard. */
struct heard {
    char *topic;
    uint64_t n;
};

struct kiri_client {
    nng_socket socket;
    int fd;
    nng_msg *msg; /* the one handed out */
    char boot[40];
    struct heard *heard; /* [n_heard], sorted by topic */
    size_t n_heard;
    uint64_t lost;
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
    if ((rv = nng_socket_get_int(c->socket, NNG_OPT_RECVFD, &c->fd)) ||
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
    int rv = nng_socket_set(c->socket, NNG_OPT_SUB_SUBSCRIBE, prefix, strlen(prefix));

    return rv ? fail(why, cap, "cannot subscribe", rv) : 0;
}

/* ---- what is missing
 * ------------------------------------------------------------------------ */

/* The place of the topic, made when it is new; NULL when memory is short. */
static struct heard *find(struct kiri_client *c, const struct kiri_message *m)
{
    size_t lo = 0, hi = c->n_heard;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strncmp(c->heard[mid].topic, m->topic, m->topic_len);
        if (order == 0 && c->heard[mid].topic[m->topic_len] == '\0')
            return &c->heard[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    struct heard *more = realloc(c->heard, (c->n_heard + 1) * sizeof *more);
    if (!more)
        return NULL;
    c->heard = more;
    char *topic = strndup(m->topic, m->topic_len);
    if (!topic)
        return NULL;
    memmove(more + lo + 1, more + lo, (c->n_heard - lo) * sizeof *more);
    more[lo] = (struct heard){ topic, 0 };
    c->n_heard++;
    return &more[lo];
}

/* The text after ,"key": in the header that every message begins with; a quote inside a
 * JSON string is escaped, so the first match is the header's. NULL: there is none. */
static const char *header(const struct kiri_message *m, const char *key)
{
    char pattern[16];
    int n = snprintf(pattern, sizeof pattern, ",\"%s\":", key);

    const char *at = memmem(m->json, m->json_len, pattern, (size_t)n);
    return at ? at + n : NULL;
}

/* A new start of the host counts every topic from 1 again. */
static void note_boot(struct kiri_client *c, const char *boot)
{
    size_t n = boot && *boot == '"' ? strcspn(boot + 1, "\"") : 0;

    if (n == 0 || n >= sizeof c->boot)
        return;
    if (strncmp(c->boot, boot + 1, n) == 0 && c->boot[n] == '\0')
        return;
    for (size_t i = 0; i < c->n_heard; i++)
        c->heard[i].n = 0;
    memcpy(c->boot, boot + 1, n);
    c->boot[n] = '\0';
}

/* body is NUL-terminated. */
static void count_gap(struct kiri_client *c, const char *body, size_t len)
{
    struct kiri_message m;
    const char *n;

    if (kiri_message_split(body, len, &m) || !(n = header(&m, "n")))
        return;
    int first_ever = !c->boot[0];
    note_boot(c, header(&m, "boot"));
    size_t known = c->n_heard;
    struct heard *h = find(c, &m);
    if (!h)
        return;
    uint64_t now = strtoull(n, NULL, 10);
    int is_new = c->n_heard > known || first_ever;
    if (!is_new && now > h->n + 1)
        c->lost += now - h->n - 1;
    h->n = now;
}

int kiri_client_next(struct kiri_client *c, int timeout_ms, const char **bytes,
                     size_t *len)
{
    nng_msg_free(c->msg);
    c->msg = NULL;
    for (;;) {
        int rv = nng_recvmsg(c->socket, &c->msg, NNG_FLAG_NONBLOCK);
        if (rv == 0 && nng_msg_append(c->msg, "", 1) == 0)
            break;
        if (rv == 0) {
            nng_msg_free(c->msg);
            c->msg = NULL;
            return -1;
        }
        if (rv != NNG_EAGAIN)
            return -1;
        struct pollfd p = { .fd = c->fd, .events = POLLIN };
        int ready = poll(&p, 1, timeout_ms);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            return 0;
        if (ready < 0)
            return -1;
    }
    *bytes = nng_msg_body(c->msg);
    *len = nng_msg_len(c->msg) - 1;
    count_gap(c, *bytes, *len);
    return 1;
}

uint64_t kiri_client_lost(const struct kiri_client *c)
{
    return c->lost;
}

void kiri_client_free(struct kiri_client *c)
{
    if (!c)
        return;
    nng_close(c->socket);
    nng_msg_free(c->msg);
    for (size_t i = 0; i < c->n_heard; i++)
        free(c->heard[i].topic);
    free(c->heard);
    free(c);
}
