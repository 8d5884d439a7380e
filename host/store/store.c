#include "store/inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STUCK (2u << 20) /* bytes over the bound: the writer hangs in a system call */

/* The largest id in the file, plus one. */
static int read_next_id(struct store *s, struct kiri_error *err)
{
    int64_t id = 0;
    int rc = schema_ask(s->db,
                        "SELECT max(coalesce((SELECT max(id) FROM obs), 0),"
                        " coalesce((SELECT max(id) FROM score), 0)) + 1",
                        &id);

    s->next_id = (uint64_t)id;
    return rc == SQLITE_OK ? 0
                           : kiri_fail(err, KIRI_IO, "cannot read %s: %s", s->path,
                                       sqlite3_errmsg(s->db));
}

char *store_path(const char *dir)
{
    /* A name that begins with "file:" would be a URI to SQLite. */
    char *here = *dir == '/' ? NULL : path_join(".", dir);
    char *path = *dir == '/' || here ? path_join(here ? here : dir, STORE_FILE) : NULL;

    free(here);
    return path;
}

static void init_sync(struct store *s)
{
    pthread_condattr_t attr;

    queue_init(&s->in);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
}

static void free_store(struct store *s)
{
    inserter_free(s->insert);
    sqlite3_close(s->reader.db);
    free(s->reader.path);
    sqlite3_close(s->db);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    queue_fini(&s->in);
    free(s);
}

/* What 0 stands for in a struct store_retention. */
static struct store_retention with_defaults(const struct store_retention *keep)
{
    const int64_t minute = 60000, hour = 60 * minute, day = 24 * hour;
    const struct store_retention none = { 0 };
    struct store_retention k = keep ? *keep : none;

    k.journal_ms = k.journal_ms ? k.journal_ms : hour;
    k.journal_bytes = k.journal_bytes ? k.journal_bytes : 64 << 20;
    k.observations_ms = k.observations_ms ? k.observations_ms : 90 * day;
    k.scores_ms = k.scores_ms ? k.scores_ms : 365 * day;
    k.rollup_after_ms = k.rollup_after_ms ? k.rollup_after_ms : 7 * day;
    k.size_bytes = k.size_bytes ? k.size_bytes : 2000000000;
    return k;
}

struct store *store_open(const char *dir, const struct store_retention *keep,
                         struct kiri_error *err)
{
    struct store *s = calloc(1, sizeof *s);

    if (!s) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    init_sync(s);
    s->state.keep = with_defaults(keep);
    s->path = s->reader.path = store_path(dir);
    if (!s->path) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        goto fail;
    }
    if (!(s->db = schema_open(dir, s->path, err)) || read_next_id(s, err))
        goto fail;
    if (!(s->insert = inserter_new(s->db, err))) {
        kiri_fail_in(err, "%s", s->path);
        goto fail;
    }
    if (pthread_create(&s->writer, NULL, writer_run, s)) {
        kiri_fail(err, KIRI_INTERNAL, "cannot start the store's thread");
        goto fail;
    }
    return s;

fail:
    free_store(s);
    return NULL;
}

static struct timespec in_ms(int ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

void store_close(struct store *s, int wait_ms)
{
    struct timespec until = in_ms(wait_ms);
    int finished;

    if (!s)
        return;
    atomic_store(&s->closing, 1);
    queue_close(&s->in);
    pthread_mutex_lock(&s->lock);
    while (!s->finished && !pthread_cond_timedwait(&s->changed, &s->lock, &until))
        continue;
    finished = s->finished;
    pthread_mutex_unlock(&s->lock);
    if (!finished) { /* it hangs in a system call: what it holds cannot be taken away */
        log_warn("%s does not answer after %d ms; leaving without it", s->path, wait_ms);
        pthread_detach(s->writer);
        return;
    }
    pthread_join(s->writer, NULL);
    free_store(s);
}

/* The writer hangs and takes nothing: thin out the queue in its place. */
static void thin_queue(struct store *s, size_t bytes)
{
    struct batch b;
    struct queue_item *next;
    struct freed f;

    batch_init(&b);
    batch_append(&b, queue_take(&s->in));
    f = batch_thin(&b, bytes);
    for (struct queue_item *i = b.first; i; i = next) {
        next = i->next;
        queue_put(&s->in, i); /* only this thread closes the queue */
    }
    store_dropped(s, f);
}

static void put(struct store *s, struct record *r)
{
    size_t waiting;

    pthread_mutex_lock(&s->lock);
    s->put++;
    if (r)
        s->waiting += r->size;
    waiting = s->waiting;
    pthread_mutex_unlock(&s->lock);
    if (!r) { /* memory is short */
        store_dropped(s, (struct freed){ .records = 1 });
        return;
    }
    queue_put(&s->in, &r->item);
    if (waiting > STORE_QUEUED + STUCK)
        thin_queue(s, STUCK / 2);
}

void store_boot(struct store *s, const char *boot)
{
    snprintf(s->boot, sizeof s->boot, "%s", boot);
    put(s, record_boot(s->boot, clock_now(&clock_system)));
}

void store_put_obs(struct store *s, const struct store_obs *o)
{
    put(s, record_obs(o));
}

void store_put_score(struct store *s, const struct store_score *c)
{
    put(s, record_score(c));
}

void store_put_message(struct store *s, uint64_t seq, int64_t ts, const char *bytes,
                       size_t len, int urgent)
{
    put(s, record_message(s->boot, seq, ts, bytes, len, urgent));
}

void store_put_kv(struct store *s, const char *atom, const char *key, const void *value,
                  size_t len)
{
    put(s, record_kv(atom, key, value, len));
}

uint64_t store_next_id(struct store *s)
{
    return s->next_id;
}

/* Wakes the writer. */
static void nudge(struct store *s)
{
    struct record *r = record_nudge();

    if (r && queue_put(&s->in, &r->item))
        free(r); /* the store is closing, which commits as well */
}

int store_flush(struct store *s, int wait_ms)
{
    struct timespec until = in_ms(wait_ms);
    uint64_t all;
    int rc;

    nudge(s);
    pthread_mutex_lock(&s->lock);
    all = s->put;
    while (s->settled < all && !s->state.degraded &&
           !pthread_cond_timedwait(&s->changed, &s->lock, &until))
        continue;
    rc = s->settled < all ? -1 : 0;
    pthread_mutex_unlock(&s->lock);
    return rc;
}

void store_state(struct store *s, struct store_state *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->state;
    out->queued = s->put - s->settled;
    pthread_mutex_unlock(&s->lock);
}

void store_retain(struct store *s, const struct store_retention *keep)
{
    pthread_mutex_lock(&s->lock);
    s->state.keep = with_defaults(keep);
    pthread_mutex_unlock(&s->lock);
    nudge(s);
}
