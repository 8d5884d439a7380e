#include "bus/inside.h"

#include "base/clock.h"
#include "base/path.h"

#include <kiri/wire.h>

#include <errno.h>
#include <nng/supplemental/tls/tls.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_MOST 107 /* bytes of a unix socket's path */
#define GREETING_MS 1000
#define PEM_MOST    (256u << 10) /* bytes of a certificate and those above it */
#define TOKEN_LEAST 16

/* Whoever may rename in the directory may put another socket in our place. */
static int check_directory(const char *path, struct kiri_error *err)
{
    const char *slash = strrchr(path, '/');
    char dir[SOCKET_MOST + 1] = ".";
    struct stat st;

    if (slash)
        snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (stat(dir, &st))
        return kiri_fail(err, KIRI_BAD_CONFIG, "cannot put the socket %s there: %s: %s",
                         path, dir, strerror(errno));
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "the socket's directory %s belongs to user %u, not to us: use "
                         "another path",
                         dir, (unsigned)st.st_uid);
    if (st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX))
        return kiri_fail(
            err, KIRI_BAD_CONFIG,
            "everybody may write to the socket's directory %s: chmod o-w it, or "
            "use another path",
            dir);
    return 0;
}

/* Does somebody listen there? NNG asks that, too, but leaves in the middle of the
 * greeting, which makes a listener of its own version 1.5.2 deaf for ever (nng#1518): we
 * wait for the answer. */
static int is_live(const char *path)
{
    struct pollfd p = { .fd = visit(path, SPEAKS_SUB), .events = POLLIN };

    if (p.fd < 0)
        return errno == EAGAIN; /* its queue is full: somebody is there, but busy */
    for (int64_t end = clock_mono(&clock_system) + GREETING_MS;;) {
        int64_t left = end - clock_mono(&clock_system);
        if (left <= 0 || poll(&p, 1, (int)left) >= 0 || errno != EINTR)
            break;
    }
    close(p.fd);
    return 1;
}

/* May we put our socket there? A stale one of ours is taken over by NNG; anything else
 * stays. */
static int check_path(const char *path, struct kiri_error *err)
{
    struct stat st;

    if (strlen(path) > SOCKET_MOST)
        return kiri_fail(
            err, KIRI_BAD_CONFIG,
            "the socket %s has a path of %zu bytes, more than the %d that a unix "
            "socket may have: use a shorter one",
            path, strlen(path), SOCKET_MOST);
    if (check_directory(path, err))
        return -1;
    if (lstat(path, &st))
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "%s exists and is not a socket: remove it or use another path",
                         path);
    if (st.st_uid != geteuid())
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "the socket %s belongs to user %u, not to us: use another path",
                         path, (unsigned)st.st_uid);
    if (is_live(path))
        return kiri_fail(err, KIRI_HELD, "ipc://%s is in use: another host listens there",
                         path);
    return 0;
}

/* ---- what a scheme needs --------------------------------------------------------- */

static int is(const struct bus_listener *l, const char *scheme)
{
    size_t n = strlen(scheme);

    return strncmp(l->url, scheme, n) == 0 && strncmp(l->url + n, "://", 3) == 0;
}

/* NNG listens on tls+tcp:// without a certificate, too, and nobody gets in. */
static int check_parts(const struct bus_listener *l, struct kiri_error *err)
{
    int tls = is(l, "tls+tcp"), ws = is(l, "ws");

    if (!tls && !ws && !is(l, "ipc") && !is(l, "inproc") && !is(l, "tcp"))
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "cannot listen on %s: use ipc://, tcp://, tls+tcp:// or ws://",
                         l->url);
    if (tls && (!l->cert || !l->key))
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "cannot listen on %s without `cert` and `key`, two PEM files",
                         l->url);
    if (ws && (!l->token || strlen(l->token) < TOKEN_LEAST))
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "cannot listen on %s without a `token` of %d bytes or more: any "
                         "page in a browser here could read it",
                         l->url, TOKEN_LEAST);
    if ((!tls && (l->cert || l->key)) || (!ws && (l->token || l->origins)))
        return kiri_fail(err, KIRI_BAD_CONFIG,
                         "%s: cert and key are for tls+tcp://, token and origins for "
                         "ws://: remove them",
                         l->url);
    return 0;
}

/* A PEM file; the caller frees it. */
static char *read_pem(const struct bus_listener *l, const char *file, const char *holds,
                      struct kiri_error *err)
{
    struct kiri_error why;
    char *text = path_read(file, PEM_MOST, NULL, &why);

    if (!text)
        kiri_fail(err, KIRI_BAD_CONFIG, "cannot listen on %s: %s", l->url, why.text);
    else if (strstr(text, "-----BEGIN ") && strstr(text, holds))
        return text;
    else
        kiri_fail(err, KIRI_BAD_CONFIG,
                  "cannot listen on %s: %s is no PEM file with a %s in it", l->url, file,
                  holds);
    free(text);
    return NULL;
}

static int use_tls(nng_listener listener, const struct bus_listener *l,
                   struct kiri_error *err)
{
    char *cert = read_pem(l, l->cert, "CERTIFICATE", err);
    char *key = cert ? read_pem(l, l->key, "PRIVATE KEY", err) : NULL;
    nng_tls_config *config = NULL;
    int rc = -1, rv;

    if (!key)
        goto out;
    rv = nng_tls_config_alloc(&config, NNG_TLS_MODE_SERVER);
    if (rv == 0)
        rv = nng_tls_config_own_cert(config, cert, key, NULL);
    if (rv == 0)
        rv = nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, config);
    rc = rv ? kiri_fail(err, KIRI_BAD_CONFIG,
                        "cannot listen on %s with %s and %s: %s (an encrypted key cannot "
                        "be used)",
                        l->url, l->cert, l->key, nng_strerror(rv))
            : 0;
    if (config)
        nng_tls_config_free(config);

out:
    if (key)
        explicit_bzero(key, strlen(key));
    free(key);
    free(cert);
    return rc;
}

/* ---- listening ------------------------------------------------------------------- */

static int start_ipc(nng_listener listener, const char *path, struct door *d)
{
    int rv = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, (int)d->mode);
    struct stat st;

    snprintf(d->path, sizeof d->path, "%s", path);
    if (rv == 0)
        rv = nng_listener_start(listener, 0);
    if (rv == 0 && lstat(path, &st) == 0)
        d->inode = st.st_ino;
    return rv;
}

/* The door is known before the first visitor. */
static int start(nng_listener listener, const struct bus_listener *l, struct door *d,
                 struct kiri_error *err)
{
    int rv = nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, KIRI_WIRE_MAX);

    if (is(l, "tls+tcp") && use_tls(listener, l, err))
        return -1;
    if (is(l, "ws")) {
        nng_listener_set_size(listener, NNG_OPT_WS_RECVMAXFRAME, KIRI_WIRE_MAX);
        d->pass = pass_new(l);
        if (!d->pass)
            rv = NNG_ENOMEM;
    }
    atomic_store(&d->listener, nng_listener_id(listener));
    if (rv == 0)
        rv = is(l, "ipc") ? start_ipc(listener, l->url + strlen("ipc://"), d)
                          : nng_listener_start(listener, 0);
    if (rv == NNG_EADDRINUSE)
        return kiri_fail(err, KIRI_HELD, "%s is in use: another host listens there",
                         l->url);
    if (rv)
        return kiri_fail(err, KIRI_BAD_CONFIG, "cannot listen on %s: %s", l->url,
                         nng_strerror(rv));
    return 0;
}

int bus_listen(struct gate *g, const struct bus_listener *l, struct door *d,
               struct kiri_error *err)
{
    nng_listener listener;
    int rv;

    if (check_parts(l, err) ||
        (is(l, "ipc") && check_path(l->url + strlen("ipc://"), err)))
        return -1;
    rv = nng_listener_create(&listener, g->socket, l->url);
    if (rv)
        return kiri_fail(err, KIRI_BAD_CONFIG, "cannot listen on %s: %s", l->url,
                         nng_strerror(rv));
    if (start(listener, l, d, err) == 0)
        return 0;
    nng_listener_close(listener);
    return -1;
}
