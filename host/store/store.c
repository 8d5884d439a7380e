#include "store/inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "store/atomic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SILENT_MS 2500       /* a commit is due each second; a slower disk is degraded */
#define STUCK     (2u << 20) /* bytes over the bound: the writer hangs in a system call */

/* The largest id in the file, plus one. Ids that nobody can read are smaller than the
 * time in 1/16 ms, unless more than that were used. */
static int read_next_id(struct store *s, int unknown, struct kiri_error *err)
{
    int64_t id = 0;
    int rc = !s->db ? SQLITE_OK
                    : schema_ask(s->db,
                                 "SELECT max(coalesce((SELECT max(id) FROM obs), 0),"
                                 " coalesce((SELECT max(id) FROM score), 0)) + 1",
                                 &id);

    if (unknown && id < clock_now(&clock_system) * 16)
        id = clock_now(&clock_system) * 16;
    s->next_id = (uint64_t)id;
    return rc == SQLITE_OK ? 0
                           : kiri_fail(err, KIRI_IO, "cannot read %s: %s", s->path,
                                       sqlite3_errmsg(s->db));
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
    file_close(s);
    rescue_free(s->rescue);
    sqlite3_close(s->reader.db);
    free(s->reader.path);
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

static int start_threads(struct store *s, struct kiri_error *err)
{
    if (pthread_create(&s->writer, NULL, writer_run, s))
        return kiri_fail(err, KIRI_INTERNAL, "cannot start the store's thread");
    if (!pthread_create(&s->checker, NULL, check_run, s))
        return 0;
    atomic_store(&s->closing, 1);
    queue_close(&s->in);
    pthread_join(s->writer, NULL);
    return kiri_fail(err, KIRI_INTERNAL, "cannot start the store's thread");
}

/* The disk is full or broken now: the writer tries again. */
static void start_degraded(struct store *s, const struct kiri_error *why)
{
    s->state.degraded = 1;
    snprintf(s->state.why, sizeof s->state.why, "%.255s", why->text);
    log_warn("%s; records wait in memory until it can be written", why->text);
}

struct store *store_open(const char *dir, const struct store_retention *keep,
                         struct kiri_error *err)
{
    struct store *s = calloc(1, sizeof *s);
    struct kiri_error why = { 0 };

    if (!s) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    atomic_reserve();
    init_sync(s);
    s->state.keep = with_defaults(keep);
    s->path = s->reader.path = store_path(dir);
    if (!s->path) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        goto fail;
    }
    if (file_start(s, &why)) {
        if (why.code != KIRI_IO) {
            kiri_fail(err, why.code, "%s", why.text);
            goto fail;
        }
        file_close(s);
        start_degraded(s, &why);
    }
    if (read_next_id(s, !s->db || s->state.recovered.ts, err) || start_threads(s, err))
        goto fail;
    return s;

fail:
    free_store(s);
    return NULL;
}

struct timespec store_in_ms(int ms)
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
    struct timespec until = store_in_ms(wait_ms);
    int finished;

    if (!s)
        return;
    atomic_store(&s->closing, 1);
    queue_close(&s->in);
    pthread_mutex_lock(&s->lock);
    pthread_cond_broadcast(&s->changed); /* the check waits there */
    while (!(s->finished && s->check_finished) &&
           !pthread_cond_timedwait(&s->changed, &s->lock, &until))
        continue;
    finished = s->finished && s->check_finished;
    if (!s->finished)
        log_warn("%s does not answer after %d ms; leaving without it", s->path, wait_ms);
    pthread_mutex_unlock(&s->lock);
    if (!finished) { /* in a system call, or amid a check: it cannot be taken away */
        pthread_detach(s->writer);
        pthread_detach(s->checker);
        return;
    }
    pthread_join(s->writer, NULL);
    pthread_join(s->checker, NULL);
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
    if (s->put == s->settled)
        s->waits_since = clock_mono(&clock_system);
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

void store_nudge(struct store *s)
{
    struct record *r = record_nudge();

    if (r && queue_put(&s->in, &r->item))
        free(r); /* the store is closing, which commits as well */
}

int store_flush(struct store *s, int wait_ms)
{
    struct timespec until = store_in_ms(wait_ms);
    uint64_t all;
    int rc;

    store_nudge(s);
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
    int64_t since;

    pthread_mutex_lock(&s->lock);
    *out = s->state;
    out->queued = s->put - s->settled;
    since = s->waits_since > out->last_commit_ms ? s->waits_since : out->last_commit_ms;
    pthread_mutex_unlock(&s->lock);
    int64_t silent = clock_mono(&clock_system) - since;
    if (out->degraded || !out->queued || silent < SILENT_MS)
        return;
    out->degraded = out->silent = 1; /* the writer itself cannot say that it hangs */
    snprintf(out->why, sizeof out->why, "nothing was written for %lld s",
             (long long)silent / 1000);
}

void store_retain(struct store *s, const struct store_retention *keep)
{
    pthread_mutex_lock(&s->lock);
    s->state.keep = with_defaults(keep);
    s->keep_changed = 1;
    pthread_mutex_unlock(&s->lock);
    store_nudge(s);
}

void store_check(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    s->check_asked = 1;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}
