/*
 * One question, one answer, over REQ.
 *
 * nng_dial says at once when nobody listens, but waits as long as it likes for a host
 * that is stopped: it runs on a thread of its own, which closing the socket ends.
 */
#include "client/ask.h"

#include "client/close.h"

#include <kiri/client.h>
#include <kiri/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct dial {
    nng_socket socket;
    const char *url;
    int rv;
    int done[2]; /* a pipe: its writing end is closed when the dial has ended */
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until fd can be read (or has ended). 0 or NNG_ETIMEDOUT. */
static int wait_for(int fd, int64_t until)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t left;

    while ((left = until - now_ms()) > 0) {
        int ready = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);

        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return NNG_EINTERNAL;
    }
    return NNG_ETIMEDOUT;
}

static void *run_dial(void *arg)
{
    struct dial *d = arg;

    d->rv = nng_dial(d->socket, d->url, NULL, 0);
    close(d->done[1]);
    return NULL;
}

/* Connects within the time. The socket is closed when it returns anything but 0. */
static int dial(nng_socket socket, const char *url, int64_t until)
{
    struct dial d = { .socket = socket, .url = url };
    pthread_t thread;
    int rv;

    if (pipe2(d.done, O_CLOEXEC)) {
        close_behind(socket);
        return NNG_ENOFILES;
    }
    if (pthread_create(&thread, NULL, run_dial, &d)) {
        close(d.done[0]);
        close(d.done[1]);
        close_behind(socket);
        return NNG_ENOMEM;
    }
    rv = wait_for(d.done[0], until);
    if (rv)
        close_behind(socket);
    pthread_join(thread, NULL);
    close(d.done[0]);
    if (rv == 0 && (rv = d.rv))
        close_behind(socket);
    return rv;
}

static char *copy_answer(nng_msg *msg, size_t *len)
{
    size_t n = nng_msg_len(msg);
    char *answer = malloc(n + 1);

    if (!answer)
        return NULL;
    memcpy(answer, nng_msg_body(msg), n);
    answer[n] = '\0';
    if (len)
        *len = n;
    return answer;
}

/* Sends and waits; neither blocks in NNG. 0 and *reply, or NNG's number. */
static int exchange(nng_socket socket, const char *json, int64_t until, nng_msg **reply)
{
    nng_msg *msg;
    int rv, sendable, readable;

    if ((rv = nng_socket_get_int(socket, NNG_OPT_SENDFD, &sendable)) ||
        (rv = nng_socket_get_int(socket, NNG_OPT_RECVFD, &readable)) ||
        (rv = nng_msg_alloc(&msg, 0)))
        return rv;
    rv = nng_msg_append(msg, json, strlen(json));
    while (rv == 0 && (rv = nng_sendmsg(socket, msg, NNG_FLAG_NONBLOCK)) == NNG_EAGAIN)
        rv = wait_for(sendable, until);
    if (rv) {
        nng_msg_free(msg);
        return rv;
    }
    while ((rv = nng_recvmsg(socket, reply, NNG_FLAG_NONBLOCK)) == NNG_EAGAIN)
        if ((rv = wait_for(readable, until)))
            break;
    return rv;
}

static void explain(int rv, const char *url, int timeout_ms, char *why, size_t cap)
{
    if (rv == NNG_ECONNREFUSED || rv == NNG_ENOENT || rv == NNG_ECLOSED ||
        rv == NNG_ECONNRESET)
        snprintf(why, cap, "no host answers at %s: it is not running", url);
    else if (rv == NNG_ETIMEDOUT)
        snprintf(why, cap, "the host at %s did not answer within %d ms", url, timeout_ms);
    else
        snprintf(why, cap, "%s: %s", url, nng_strerror(rv));
}

int ask_open(nng_socket *socket, int resend_ms)
{
    int rv = nng_req0_open(socket);

    if (rv)
        return rv;
    nng_socket_set_size(*socket, NNG_OPT_RECVMAXSZ, ANSWER_MOST);
    nng_socket_set_ms(*socket, NNG_OPT_REQ_RESENDTIME, resend_ms);
    return 0;
}

int ask_once(const char *url, const char *json, int timeout_ms, char **answer,
             size_t *len)
{
    int64_t until = now_ms() + timeout_ms;
    nng_socket socket;
    nng_msg *reply = NULL;
    /* Asked once: a command that takes long must not be sent again meanwhile. */
    int rv =
        ask_open(&socket, timeout_ms < INT_MAX / 4 ? 2 * timeout_ms + 60000 : INT_MAX);

    if (rv || (rv = dial(socket, url, until)))
        return rv;
    rv = exchange(socket, json, until, &reply);
    if (rv == 0 && !(*answer = copy_answer(reply, len)))
        rv = NNG_ENOMEM;
    nng_msg_free(reply);
    close_behind(socket);
    return rv;
}

char *kiri_client_ask(const char *control_url, const char *json, int timeout_ms,
                      size_t *len, char *why, size_t cap)
{
    char *answer = NULL;
    int rv;

    if (strlen(json) > KIRI_WIRE_MAX) {
        snprintf(why, cap, "a request of %zu bytes: a host takes at most %u",
                 strlen(json), KIRI_WIRE_MAX);
        return NULL;
    }
    rv = ask_once(control_url, json, timeout_ms, &answer, len);
    if (rv)
        explain(rv, control_url, timeout_ms, why, cap);
    return answer;
}
