#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

char room[64], url[96], control[96];
atomic_int bells;

const char *in_room(const char *name)
{
    static char path[sizeof room + 257];

    snprintf(path, sizeof path, "%s/%s", room, name);
    return path;
}

int open_room(void **state)
{
    (void)state;
    snprintf(room, sizeof room, "/tmp/kiri-bus-XXXXXX");
    if (!mkdtemp(room))
        return -1;
    snprintf(url, sizeof url, "ipc://%s/bus", room);
    snprintf(control, sizeof control, "ipc://%s/control", room);
    atomic_store(&bells, 0);
    return 0;
}

int close_room(void **state)
{
    DIR *list = opendir(room);

    (void)state;
    for (struct dirent *d; list && (d = readdir(list));)
        unlink(in_room(d->d_name));
    closedir(list);
    return rmdir(room);
}

int choose_test(const struct CMUnitTest *tests, size_t n, int argc, char **argv)
{
    if (argc < 2)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(tests[i].name, argv[1]) == 0) {
            cmocka_set_test_filter(argv[1]);
            return 0;
        }
    fprintf(stderr, "%s: no test is called %s\n", argv[0], argv[1]);
    return -1;
}

static void ring(void *ctx)
{
    atomic_int *count = ctx;

    atomic_fetch_add(count, 1);
}

static struct bus *open_at(const char *listen, const char *boot, unsigned peers,
                           struct kiri_error *err)
{
    const struct bus_listener where = { .url = listen };
    const struct bus_options o = { .listen = &where,
                                   .n_listen = 1,
                                   .control = control,
                                   .host = "a \"mini\"",
                                   .boot = boot,
                                   .most_peers = peers,
                                   .wake = ring,
                                   .ctx = &bells };

    return bus_open(&o, err);
}

struct bus *open_bus(const char *boot, unsigned peers)
{
    struct kiri_error err;
    struct bus *b = open_at(url, boot, peers, &err);

    if (!b)
        fail_msg("%s", err.text);
    return b;
}

struct bus *try_bus(const char *listen, struct kiri_error *err)
{
    return open_at(listen, "other", 256, err);
}

int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int within(int (*is)(void *ctx), void *ctx)
{
    const struct timespec moment = { .tv_nsec = 1000000 };
    int64_t end = now_ms() + 5000;

    while (!is(ctx)) {
        if (now_ms() > end)
            return 0;
        nanosleep(&moment, NULL);
    }
    return 1;
}

struct wanted_peers {
    struct bus *bus;
    unsigned n;
};

static int peers_are(void *ctx)
{
    const struct wanted_peers *w = ctx;
    struct bus_counts c;

    bus_counts(w->bus, &c);
    return c.peers == w->n;
}

int has_peers(struct bus *b, unsigned n)
{
    struct wanted_peers w = { b, n };

    return within(peers_are, &w);
}

static int read_exactly(int fd, void *out, size_t n, int timeout_ms)
{
    int64_t end = now_ms() + timeout_ms;
    char *at = out;

    while (n) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ssize_t got;

        int64_t left = end - now_ms();
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return -1;
        got = TEMP_FAILURE_RETRY(read(fd, at, n));
        if (got <= 0)
            return -1;
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

void raw_send(int fd, const void *bytes, size_t n)
{
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

int raw_connect(const char *name, int protocol)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    unsigned char hello[8] = { 0, 'S', 'P', 0, 0, (unsigned char)protocol, 0, 0 };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%.60s/%.30s", room, name);
    if (fd >= 0 &&
        TEMP_FAILURE_RETRY(connect(fd, (struct sockaddr *)&at, sizeof at)) == 0 &&
        send(fd, hello, sizeof hello, MSG_NOSIGNAL) == sizeof hello &&
        read_exactly(fd, hello, sizeof hello, 5000) == 0)
        return fd;
    close(fd);
    return -1;
}

void raw_poke(int fd, const void *bytes, size_t n)
{
    unsigned char head[9] = { 1, 0, 0, 0, 0, 0, 0, 0, (unsigned char)n };

    if (send(fd, head, sizeof head, MSG_NOSIGNAL) > 0)
        send(fd, bytes, n, MSG_NOSIGNAL);
}

void raw_send_message(int fd, const void *bytes, size_t n)
{
    unsigned char head[9] = { 1 };

    for (int i = 0; i < 8; i++)
        head[1 + i] = (unsigned char)((uint64_t)n >> 8 * (7 - i) & 0xff);
    raw_send(fd, head, sizeof head);
    raw_send(fd, bytes, n);
}

long raw_hear(int fd, char *out, size_t cap, int timeout_ms)
{
    unsigned char head[9];
    uint64_t n = 0;

    if (read_exactly(fd, head, sizeof head, timeout_ms))
        return -1;
    for (int i = 0; i < 8; i++)
        n = n << 8 | head[1 + i];
    assert_int_equal(head[0], 1);
    assert_true(n < cap);
    if (read_exactly(fd, out, (size_t)n, timeout_ms))
        return -1;
    out[n] = '\0';
    return (long)n;
}

static int at_end(void *ctx)
{
    char byte;
    ssize_t n = recv(*(int *)ctx, &byte, 1, MSG_DONTWAIT);

    return n == 0 || (n < 0 && errno == ECONNRESET);
}

int raw_is_closed(int fd)
{
    return within(at_end, &fd);
}

void raw_sync(struct bus *b, int fd)
{
    static char got[70000];
    char last[64];
    long heard = -1;
    uint64_t seq = 0;

    for (int i = 0; i < 500 && heard < 0; i++) {
        seq = bus_publish(b, "sync", 0, "", NULL);
        heard = raw_hear(fd, got, sizeof got, 10);
    }
    snprintf(last, sizeof last, "\"seq\":%llu,", (unsigned long long)seq);
    while (heard >= 0 && !strstr(got, last))
        heard = raw_hear(fd, got, sizeof got, 5000);
    assert_true(heard >= 0);
}
