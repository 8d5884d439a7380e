#include "store/inside.h"

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
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(s->reader,
                                "SELECT max(coalesce((SELECT max(id) FROM obs), 0),"
                                " coalesce((SELECT max(id) FROM score), 0)) + 1",
                                -1, &q, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
        s->next_id = (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return rc == SQLITE_ROW ? 0
                            : kiri_fail(err, KIRI_IO, "cannot read %s: %s", s->path,
                                        sqlite3_errmsg(s->reader));
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
    sqlite3_close(s->reader);
    sqlite3_close(s->db);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    queue_fini(&s->in);
    free(s->path);
    free(s);
}

struct store *store_open(const char *dir, struct kiri_error *err)
{
    struct store *s = calloc(1, sizeof *s);
    /* A name that begins with "file:" would be a URI to SQLite. */
    char *here = *dir == '/' ? strdup(dir) : path_join(".", dir);

    if (!s || !here) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        free(s);
        free(here);
        return NULL;
    }
    init_sync(s);
    s->path = path_join(here, STORE_FILE);
    if (!s->path) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        goto fail;
    }
    if (!(s->db = schema_open(here, s->path, err)) ||
        !(s->reader = schema_open_reader(s->path, err)) || read_next_id(s, err))
        goto fail;
    if (!(s->insert = inserter_new(s->db, err))) {
        kiri_fail_in(err, "%s", s->path);
        goto fail;
    }
    if (pthread_create(&s->writer, NULL, writer_run, s)) {
        kiri_fail(err, KIRI_INTERNAL, "cannot start the store's thread");
        goto fail;
    }
    free(here);
    return s;

fail:
    free(here);
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

void store_boot(struct store *s, const char *boot)
{
    snprintf(s->boot, sizeof s->boot, "%s", boot);
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

int store_flush(struct store *s, int wait_ms)
{
    struct timespec until = in_ms(wait_ms);
    struct record *nudge = record_nudge();
    uint64_t all;
    int rc;

    if (nudge)
        queue_put(&s->in, &nudge->item);
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
