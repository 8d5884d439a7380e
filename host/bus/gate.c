/*
 * bus/gate.c - who comes in to a socket, and whether anybody still can.
 *
 * A cleaner of temporary files takes a unix socket's name away, and nobody is let in any
 * more. So now and then we knock at our own doors. A door that does not open is made anew
 * beside the old one, which keeps those who are in.
 */
#include "bus/inside.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PERIODS                                                                          \
    5 /* from one knock to the next; a door that needs more than one is deaf */

static struct door *find_door(struct gate *g, nng_pipe pipe)
{
    int listener = nng_listener_id(nng_pipe_listener(pipe));

    for (unsigned i = 0; listener > 0 && i < GATE_DOORS; i++)
        if (atomic_load(&g->door[i].listener) == listener)
            return &g->door[i];
    return NULL;
}

static int is_probe(struct door *d, nng_pipe pipe)
{
    uint64_t pid;

    return atomic_load(&d->probing) &&
           nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_PID, &pid) == 0 &&
           pid == (uint64_t)getpid() && atomic_exchange(&d->probing, 0);
}

/* A WebSocket's visitor: does it show what it must? */
static int shows_pass(const struct pass *pass, nng_pipe pipe)
{
    char *uri = NULL, *headers = NULL;
    int ok = nng_pipe_get_string(pipe, NNG_OPT_WS_REQUEST_URI, &uri) == 0 &&
             nng_pipe_get_string(pipe, NNG_OPT_WS_REQUEST_HEADERS, &headers) == 0 &&
             pass_ok(pass, uri, headers);

    nng_strfree(uri);
    nng_strfree(headers);
    return ok;
}

/* NNG's threads. Only nng_pipe_* calls are allowed here. Every pipe that was announced is
 * also taken leave of, those that we close at once included. */
static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct gate *g = arg;
    struct door *d;

    if (event == NNG_PIPE_EV_REM_POST) {
        atomic_fetch_sub(&g->live, 1);
        return;
    }
    int full = atomic_fetch_add(&g->live, 1) >= g->most;
    d = find_door(g, pipe);
    if (d)
        atomic_store(&d->heard, 1);
    if (d && is_probe(d, pipe)) {
        nng_pipe_close(pipe);
    } else if (full || (d && d->pass && !shows_pass(d->pass, pipe))) {
        atomic_fetch_add(&g->turned_away, 1);
        nng_pipe_close(pipe);
    }
}

void gate_open(struct gate *g, nng_socket socket, int visitor, unsigned most)
{
    g->socket = socket;
    g->visitor = visitor;
    g->most = most;
    nng_pipe_notify(socket, NNG_PIPE_EV_ADD_PRE, on_pipe, g);
    nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, on_pipe, g);
}

int gate_listen(struct gate *g, const struct bus_listener *l, unsigned mode,
                struct kiri_error *err)
{
    struct door *d = &g->door[g->n_doors];

    if (g->n_doors == GATE_DOORS)
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "cannot listen on %s: %u addresses are "
                         "the most that a bus may have",
                         l->url, GATE_DOORS);
    d->fd = -1;
    d->mode = mode;
    g->n_doors++;
    return bus_listen(g, l, d, err);
}

int visit(const char *path, int protocol)
{
    const unsigned char greeting[8] = {
        0, 'S', 'P', 0, 0, (unsigned char)protocol, 0, 0
    };
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd, e;

    if (strlen(path) >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(at.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
        send(fd, greeting, sizeof greeting, MSG_NOSIGNAL) == (ssize_t)sizeof greeting)
        return fd;
    e = errno;
    close(fd);
    errno = e;
    return -1;
}

/* The deaf listener goes on serving those who are in; only its name in the file system is
 * given to a new one. Somebody else's socket in its place is left alone. */
static void renew(struct gate *g, struct door *d)
{
    char url[sizeof d->path + sizeof "ipc://"];
    const struct bus_listener again = { .url = url };
    struct kiri_error err;
    struct stat st;

    snprintf(url, sizeof url, "ipc://%s", d->path);
    if (lstat(d->path, &st) == 0 && (st.st_ino != d->inode || unlink(d->path))) {
        log_warn("nobody can connect to %s: something else is in its place", url);
        return;
    }
    if (bus_listen(g, &again, d, &err))
        log_warn("nobody can connect to %s: %s", url, err.text);
    else
        log_warn("nobody could connect to %s any more; listening there anew", url);
}

static void check_door(struct gate *g, struct door *d, int64_t now, int64_t period_ms)
{
    int answered = atomic_load(&d->heard) || accept_crowded(d->path);

    if (d->fd >= 0 && !answered && now - d->sent_ms < period_ms)
        return;
    if (d->fd >= 0) {
        close(d->fd);
        d->fd = -1;
        atomic_store(&d->probing, 0);
        if (!answered)
            renew(g, d);
    }
    if (d->sent_ms && now - d->sent_ms < PERIODS * period_ms)
        return;
    d->sent_ms = now;
    atomic_store(&d->heard, 0);
    atomic_store(&d->probing, 1);
    d->fd = visit(d->path, g->visitor);
    if (d->fd >= 0)
        return;
    atomic_store(&d->probing, 0);
    if (errno == ENOENT || errno == ECONNREFUSED)
        renew(g, d);
}

void gate_check(struct gate *g, int64_t period_ms)
{
    for (unsigned i = 0; i < g->n_doors; i++)
        if (g->door[i].path[0])
            check_door(g, &g->door[i], clock_mono(&clock_system), period_ms);
}

void gate_fini(struct gate *g)
{
    for (unsigned i = 0; i < g->n_doors; i++) {
        if (g->door[i].fd >= 0)
            close(g->door[i].fd);
        pass_free(g->door[i].pass);
    }
}
