#include "cli/feed.h"

#include "base/clock.h"
#include "cli/common.h"
#include "screen/view.h"

#include <kiri/client.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MS 500
#define AGAIN_MS  1000
#define LISTEN_MS 200

struct feed {
    char *bus_given, *state_given; /* NULL: not said */
    void (*news)(void);
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    int stopping;
    struct feed_copy now;
    char boot[40];
    struct reach reach;
    unsigned moved; /* how often the addresses changed */
    pthread_t asking, hearing;
    int n_threads;
};

/* Waits, but not after feed_stop: 1 when it is time to end. */
static int rest(struct feed *f, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&f->lock);
    if (!f->stopping)
        pthread_cond_timedwait(&f->wake, &f->lock, &until);
    int stopping = f->stopping;
    pthread_mutex_unlock(&f->lock);
    return stopping;
}

static int same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* A host that starts again may do so at another address; it has left the new one. */
static void find_again(struct feed *f)
{
    struct reach r;

    if (f->bus_given || reach_find(&r, NULL, f->state_given, NULL))
        return;
    pthread_mutex_lock(&f->lock);
    if (!same(r.bus, f->reach.bus) || !same(r.control, f->reach.control)) {
        struct reach old = f->reach;
        f->reach = r;
        r = old;
        f->moved++;
    }
    pthread_mutex_unlock(&f->lock);
    reach_free(&r);
}

/* A copy of the addresses as they are now. */
static struct reach reach_now(struct feed *f, unsigned *moved)
{
    struct reach r = { 0 };

    pthread_mutex_lock(&f->lock);
    r.bus = f->reach.bus ? strdup(f->reach.bus) : NULL;
    r.control = f->reach.control ? strdup(f->reach.control) : NULL;
    *moved = f->moved;
    pthread_mutex_unlock(&f->lock);
    return r;
}

/* Takes the status, or says why there is none. */
static void note_status(struct feed *f, json_t *status, const char *why)
{
    int64_t now = clock_now(&clock_system);

    pthread_mutex_lock(&f->lock);
    const char *boot = view_text(status, "boot");
    if (status && *f->boot && strcmp(boot, f->boot) != 0)
        events_say(&f->now.events, now, YELLOW, "the host was started again");
    else if (status && *f->now.trouble)
        events_say(&f->now.events, now, PLAIN, "the host answers again");
    else if (!status && !*f->now.trouble)
        events_say(&f->now.events, now, YELLOW, "the host does not answer");
    if (status) {
        json_decref(f->now.status);
        f->now.status = status;
        snprintf(f->boot, sizeof f->boot, "%s", boot);
        f->now.trouble[0] = '\0';
    } else {
        snprintf(f->now.trouble, sizeof f->now.trouble, "Trying again: %.200s", why);
    }
    pthread_mutex_unlock(&f->lock);
    f->news();
}

static void *ask(void *arg)
{
    struct feed *f = arg;
    struct kiri_error err = { 0 };
    unsigned moved;

    while (!rest(f, STATUS_MS)) {
        struct reach r = reach_now(f, &moved);
        json_t *status = reach_ask(&r, "status", NULL, &err);
        reach_free(&r);
        note_status(f, status, err.text);
        if (!status)
            find_again(f);
    }
    return NULL;
}

static struct kiri_client *open_client(struct feed *f, unsigned *moved)
{
    static const char *const topics[] = { "score/", "model/", "atom/", "log/", "alert " };
    struct reach r = reach_now(f, moved);
    struct kiri_client_options o = { .bus = r.bus,
                                     .control = r.control,
                                     .start = r.control ? KIRI_START_SNAPSHOT
                                                        : KIRI_START_NOW };
    char why[512];

    struct kiri_client *c = kiri_client_open(&o, why, sizeof why);
    for (size_t i = 0; c && i < sizeof topics / sizeof *topics; i++)
        kiri_client_subscribe(c, topics[i], why, sizeof why);
    reach_free(&r);
    return c;
}

static void *hear(void *arg)
{
    struct feed *f = arg;
    struct kiri_client *c = NULL;
    unsigned moved = 0;
    int stopping = 0;

    while (!stopping) {
        const char *bytes;
        size_t len;
        int got = -1, event = 0;
        if (!c)
            c = open_client(f, &moved);
        if (c)
            got = kiri_client_next(c, LISTEN_MS, &bytes, &len);
        if (got < 0 && rest(f, AGAIN_MS))
            break;
        pthread_mutex_lock(&f->lock);
        if (got > 0)
            event = events_take(&f->now.events, bytes, len);
        stopping = f->stopping;
        int elsewhere = moved != f->moved;
        pthread_mutex_unlock(&f->lock);
        if (event)
            f->news();
        if (got < 0 || elsewhere) {
            kiri_client_free(c);
            c = NULL;
        }
    }
    kiri_client_free(c);
    return NULL;
}

static char *copy_of(const char *s)
{
    return s ? strdup(s) : NULL;
}

struct feed *feed_start(const char *bus, const char *state, void (*news)(void),
                        struct kiri_error *err)
{
    struct feed *f = calloc(1, sizeof *f);

    if (!f) {
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
        return NULL;
    }
    f->bus_given = copy_of(bus);
    f->state_given = copy_of(state);
    f->news = news;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->wake, NULL);
    json_t *status = reach_find(&f->reach, bus, state, err)
                         ? NULL
                         : reach_ask(&f->reach, "status", NULL, err);
    if (!status) {
        feed_stop(f);
        return NULL;
    }
    note_status(f, status, "");
    if (pthread_create(&f->asking, NULL, ask, f) == 0)
        f->n_threads = 1;
    if (f->n_threads && pthread_create(&f->hearing, NULL, hear, f) == 0)
        f->n_threads = 2;
    if (f->n_threads == 2)
        return f;
    feed_stop(f);
    kiri_fail(err, KIRI_INTERNAL, "cannot start a thread");
    return NULL;
}

void feed_look(struct feed *f, struct feed_copy *out)
{
    pthread_mutex_lock(&f->lock);
    json_decref(out->status);
    *out = f->now;
    json_incref(out->status);
    pthread_mutex_unlock(&f->lock);
}

void feed_stop(struct feed *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->stopping = 1;
    pthread_cond_broadcast(&f->wake);
    pthread_mutex_unlock(&f->lock);
    if (f->n_threads > 0)
        pthread_join(f->asking, NULL);
    if (f->n_threads > 1)
        pthread_join(f->hearing, NULL);
    pthread_cond_destroy(&f->wake);
    pthread_mutex_destroy(&f->lock);
    json_decref(f->now.status);
    reach_free(&f->reach);
    free(f->bus_given);
    free(f->state_given);
    free(f);
}

void feed_copy_free(struct feed_copy *copy)
{
    json_decref(copy->status);
    *copy = (struct feed_copy){ 0 };
}
