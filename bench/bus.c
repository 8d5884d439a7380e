/*
 * bench/bus - what sending costs and what arrives: messages of a score's size at a steady
 * rate, one subscriber that listens in a process of its own and one that is stopped.
 *
 * Usage: bus [--json] [--messages N] [--rate N]
 */
#include "bus/bus.h"
#include <kiri/client.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMBERS                                                                          \
    "\"id\":88123,\"gen\":41,\"state\":\"normal\",\"surprise\":0.72,\"score\":0.4,"      \
    "\"tail\":0.31,\"alarm\":false,\"blame\":\"cpu\",\"fields\":[{\"name\":\"cpu\","     \
    "\"word\":\"C5\",\"value\":53.1,\"nats\":0.4,\"expected\":[[\"C5\",0.66],[\"C4\","   \
    "0.2]]}]"
#define QUIET_MS 3000 /* a listener that hears nothing this long has heard all */
#define JOIN_MS  5000

extern char **environ;

struct series {
    const char *transport;
    int64_t *ns; /* [n] what each send took */
    size_t n;
    uint64_t delivered;
    double seconds;
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void sleep_until(int64_t ns)
{
    const struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

/* The listening process: counts until the stream ends. */
static int hear(const char *url)
{
    const struct kiri_client_options o = { .bus = url };
    char why[256];
    struct kiri_client *c = kiri_client_open(&o, why, sizeof why);
    const char *bytes;
    uint64_t n = 0;
    size_t len;

    if (!c || kiri_client_subscribe(c, "score/", why, sizeof why)) {
        fprintf(stderr, "bus: %s\n", why);
        return 69;
    }
    while (kiri_client_next(c, n ? QUIET_MS : 60000, &bytes, &len) == 1)
        n++;
    printf("%" PRIu64 "\n", n);
    return fflush(stdout) ? 74 : 0;
}

/* This program again, as a listener; its output can be read from *out. */
static pid_t spawn_listener(const char *url, int *out)
{
    char exe[] = "/proc/self/exe", flag[] = "--hear", copy[128];
    char *argv[] = { exe, flag, copy, NULL };
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid = -1;

    snprintf(copy, sizeof copy, "%s", url);
    if (pipe(ends))
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    if (posix_spawn(&pid, exe, &actions, NULL, argv, environ))
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *out = ends[0];
    return pid;
}

static int await_peers(struct bus *b, unsigned n)
{
    int64_t end = now_ns() + (int64_t)JOIN_MS * 1000000;
    struct bus_counts c;

    do {
        sleep_until(now_ns() + 1000000);
        bus_counts(b, &c);
    } while (c.peers < n && now_ns() < end);
    return c.peers < n ? -1 : 0;
}

static void publish_all(struct bus *b, struct series *s, double rate)
{
    int64_t began = now_ns();

    for (size_t i = 0; i < s->n; i++) {
        int64_t at;

        sleep_until(began + (int64_t)((double)i / rate * 1e9));
        at = now_ns();
        bus_publish(b, "score/pulse", 0, MEMBERS, NULL);
        s->ns[i] = now_ns() - at;
    }
    s->seconds = (double)(now_ns() - began) / 1e9;
}

static uint64_t read_count(int fd)
{
    char text[32] = "";
    ssize_t n = read(fd, text, sizeof text - 1);

    return n > 0 ? strtoull(text, NULL, 10) : 0;
}

static int run(const char *url, const char *control, struct series *s, double rate)
{
    const struct bus_listener l = { .url = url };
    const struct bus_options o = { .listen = &l,
                                   .n_listen = 1,
                                   .control = control,
                                   .host = "bench",
                                   .boot = s->transport,
                                   .most_peers = 8 };
    struct kiri_error err = { 0 };
    struct bus *b = bus_open(&o, &err);
    int heard, unheard, rc = -1;
    pid_t live, stopped;

    if (!b) {
        fprintf(stderr, "bus: %s\n", err.text);
        return -1;
    }
    live = spawn_listener(url, &heard);
    stopped = spawn_listener(url, &unheard);
    if (live < 0 || stopped < 0 || await_peers(b, 2)) {
        fprintf(stderr, "bus: the subscribers do not come: %s\n", url);
    } else {
        kill(stopped, SIGSTOP);
        publish_all(b, s, rate);
        s->delivered = read_count(heard);
        rc = 0;
    }
    if (live > 0)
        kill(live, SIGKILL);
    if (stopped > 0)
        kill(stopped, SIGKILL);
    while (wait(NULL) > 0)
        continue;
    close(heard);
    close(unheard);
    bus_close(b);
    return rc;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void show(struct series *s, int json, int last)
{
    double p50, p99, max, part = (double)s->delivered / (double)s->n;

    qsort(s->ns, s->n, sizeof *s->ns, by_size);
    p50 = (double)s->ns[s->n / 2] / 1000;
    p99 = (double)s->ns[s->n * 99 / 100] / 1000;
    max = (double)s->ns[s->n - 1] / 1000;
    if (!json) {
        printf("%-4s %zu messages in %.1f s: send p50 %.1f us, p99 %.1f us, max %.0f us; "
               "%.3f %% delivered\n",
               s->transport, s->n, s->seconds, p50, p99, max, 100 * part);
        return;
    }
    printf("{\"name\":\"%s.send.p50\",\"value\":%.1f,\"unit\":\"us\",\"goal\":null,"
           "\"holds\":true},\n",
           s->transport, p50);
    printf("{\"name\":\"%s.send.p99\",\"value\":%.1f,\"unit\":\"us\",\"goal\":1000,"
           "\"holds\":%s},\n",
           s->transport, p99, p99 <= 1000 ? "true" : "false");
    printf("{\"name\":\"%s.send.max\",\"value\":%.1f,\"unit\":\"us\",\"goal\":null,"
           "\"holds\":true},\n",
           s->transport, max);
    printf("{\"name\":\"%s.delivered\",\"value\":%.5f,\"unit\":\"part\",\"goal\":null,"
           "\"holds\":true}%s\n",
           s->transport, part, last ? "" : ",");
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/kiri-bench-XXXXXX", control[64], ipc[64], tcp[64], path[64];
    const char *urls[] = { ipc, tcp };
    struct series series[] = { { .transport = "ipc" }, { .transport = "tcp" } };
    double rate = 5000;
    long n = 20000;
    int json = 0, rc = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--hear") == 0 && i + 1 < argc)
            return hear(argv[i + 1]);
        if (strcmp(argv[i], "--json") == 0)
            json = 1;
        else if (strcmp(argv[i], "--messages") == 0 && i + 1 < argc)
            n = strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--rate") == 0 && i + 1 < argc)
            rate = strtod(argv[++i], NULL);
        else
            n = 0;
    }
    if (n < 1 || rate <= 0) {
        fprintf(stderr, "Usage: bus [--json] [--messages N] [--rate N]\n");
        return 64;
    }
    if (!mkdtemp(dir)) {
        perror("bus: /tmp");
        return 73;
    }
    snprintf(control, sizeof control, "ipc://%s/control", dir);
    snprintf(ipc, sizeof ipc, "ipc://%s/bus", dir);
    snprintf(tcp, sizeof tcp, "tcp://127.0.0.1:%d", 20000 + (int)(getpid() % 10000));
    if (json)
        printf("[");
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        series[i].n = (size_t)n;
        series[i].ns = calloc((size_t)n, sizeof *series[i].ns);
        rc = !series[i].ns || run(urls[i], control, &series[i], rate) ? 70 : 0;
        if (rc == 0)
            show(&series[i], json, i == 1);
        free(series[i].ns);
    }
    if (json)
        printf("]\n");
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, i ? "bus" : "control");
        unlink(path);
    }
    rmdir(dir);
    return rc;
}
