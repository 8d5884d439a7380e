/*
 * store/writer.c - the one thread that writes.
 *
 * Takes what was put, commits it each second (at once when something is urgent), and
 * keeps the batch when that fails: nothing leaves memory before it is on the disk, up to
 * a bound.
 */
#include "store/inside.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COMMIT_MS 800   /* and then it takes a while: A2 promises a second in all */
#define ROUND_MS  60000 /* between two rounds of retention */
#define SLICE_MS  50    /* between two slices of it, or of a rescue */
#define SAY_MS    60000 /* between two log lines about the same trouble */

struct writer {
    struct store *s;
    struct batch pending;
    int urgent;
    int64_t due;       /* when to commit; INT64_MAX: nothing waits */
    int64_t chores_at; /* mono, as all here */
    int64_t say_at;
    int64_t journalled; /* bytes since the last round of retention */
    int64_t rescued_at; /* 0: never */
};

static int64_t now_ms(void)
{
    return clock_mono(&clock_system);
}

void store_dropped(struct store *s, struct freed f)
{
    if (!f.records)
        return;
    pthread_mutex_lock(&s->lock);
    s->settled += f.records;
    s->waiting -= f.bytes;
    s->state.dropped += f.records;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* Is it this record, not the disk, that SQLite will not have? Kept, it would hold up all.
 */
static int records_fault(int rc)
{
    rc &= 0xff;
    return rc == SQLITE_CONSTRAINT || rc == SQLITE_TOOBIG || rc == SQLITE_MISMATCH;
}

/* The whole batch in one transaction. SQLITE_OK: on the disk, *refused of its records
 * not. */
static int write_batch(struct writer *w, uint64_t *refused)
{
    sqlite3 *db = w->s->db;
    int rc;

    *refused = 0;
    if (!sqlite3_get_autocommit(db)) /* a rollback that failed the last time */
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    if ((rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL)) != SQLITE_OK)
        return rc;
    for (struct queue_item *i = w->pending.first; i; i = i->next) {
        rc = inserter_put(w->s->insert, (struct record *)i);
        if (records_fault(rc)) {
            log_warn("the store refuses a record: %s", sqlite3_errmsg(db));
            ++*refused;
        } else if (rc != SQLITE_OK) {
            return rc;
        }
    }
    return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
}

static void settle(struct writer *w, uint64_t refused)
{
    struct store *s = w->s;
    uint64_t records = 0;
    size_t bytes = 0;
    int64_t size;
    int healed, there = file_there(s, &size);

    for (const struct queue_item *i = w->pending.first; i; i = i->next) {
        const struct record *r = (const struct record *)i;

        records += r->kind != RECORD_NUDGE;
        bytes += r->size;
        w->journalled += r->kind == RECORD_MESSAGE ? (int64_t)r->as.message.len : 0;
    }
    pthread_mutex_lock(&s->lock);
    healed = s->state.degraded;
    s->state.degraded = 0;
    s->state.why[0] = '\0';
    s->state.committed += records - refused;
    s->state.dropped += refused;
    s->state.last_commit_ms = now_ms();
    s->state.bytes = size;
    s->settled += records;
    s->waiting -= bytes;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    batch_free(&w->pending);
    w->urgent = 0;
    w->due = INT64_MAX;
    w->say_at = 0;
    if (healed)
        log_info("%s can be written again: %" PRIu64 " records that had waited are in it",
                 s->path, records - refused);
    if (!there) { /* what was committed went with it */
        log_warn("%s was taken away while the host runs; starting a new one", s->path);
        file_close(s);
    }
}

static void degrade(struct writer *w, const char *sentence)
{
    struct store *s = w->s;
    int64_t now = now_ms();
    char why[sizeof s->state.why];
    uint64_t dropped;

    snprintf(why, sizeof why, "%s", sentence); /* before SQLite forgets it */
    if (s->db)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_lock(&s->lock);
    s->state.degraded = 1;
    memcpy(s->state.why, why, sizeof why);
    dropped = s->state.dropped;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    w->due = now + COMMIT_MS;
    if (now < w->say_at)
        return;
    w->say_at = now + SAY_MS;
    log_warn("cannot write %s: %s; records wait in memory (%" PRIu64 " dropped so far)",
             s->path, why, dropped);
}

/* The file is damaged: another one takes its place. Not twice in a short time, when it is
 * the disk that damages what we write. */
static void rescue(struct writer *w, const char *why)
{
    struct store *s = w->s;
    struct kiri_error err;
    int64_t now = now_ms();

    if (w->rescued_at && now - w->rescued_at < ROUND_MS) {
        degrade(w, why);
        return;
    }
    w->rescued_at = now;
    if (s->db)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (rescue_begin(s, why, &err) || file_open(s, &err))
        degrade(w, err.text);
    pthread_mutex_lock(&s->lock);
    s->damage[0] = '\0'; /* of the file that is gone */
    pthread_mutex_unlock(&s->lock);
    w->chores_at = now;
}

static void commit(struct writer *w)
{
    struct store *s = w->s;
    struct kiri_error err;
    uint64_t refused;
    int rc;

    if (!s->db && file_open(s, &err)) {
        degrade(w, err.text);
        return;
    }
    rc = write_batch(w, &refused);
    if (rc == SQLITE_OK) {
        settle(w, refused);
    } else if (schema_is_damage(rc)) {
        char why[200];

        snprintf(why, sizeof why, "%s", sqlite3_errmsg(s->db));
        rescue(w, why);
    } else {
        degrade(w, sqlite3_errmsg(s->db));
    }
}

/* What the check has found meanwhile. */
static void heed_check(struct writer *w)
{
    struct store *s = w->s;
    char why[sizeof s->damage];

    pthread_mutex_lock(&s->lock);
    memcpy(why, s->damage, sizeof why);
    s->damage[0] = '\0';
    pthread_mutex_unlock(&s->lock);
    if (*why)
        rescue(w, why);
}

/* A slice of what can wait: bringing rows over from a damaged file, and retention. */
static void do_chores(struct writer *w)
{
    struct store *s = w->s;
    struct store_retention keep;
    int64_t now = now_ms();
    int more = 0, rc, anew;

    pthread_mutex_lock(&s->lock);
    keep = s->state.keep;
    anew = s->keep_changed || w->journalled >= keep.journal_bytes / 16;
    s->keep_changed = 0;
    pthread_mutex_unlock(&s->lock);
    if (now < w->chores_at && !anew)
        return;
    w->chores_at = now + ROUND_MS;
    if (!s->db)
        return;
    if (anew) {
        keeper_restart(s->keeper);
        w->journalled = 0;
    }
    rc = rescue_slice(s, &more);
    if (rc == SQLITE_OK && !more)
        rc = keeper_slice(s->keeper, &keep, clock_now(&clock_system), now, &more);
    if (rc == SQLITE_OK && more)
        w->chores_at = now_ms() + SLICE_MS;
    if (schema_is_damage(rc))
        rescue(w, sqlite3_errstr(rc));
}

/* Takes what was put, or waits for it until the next commit is due. */
static void take(struct writer *w)
{
    struct store *s = w->s;
    int64_t next = w->due < w->chores_at ? w->due : w->chores_at;
    int64_t wait = next - now_ms();
    struct queue_item *items;
    struct freed f = { 0 };
    size_t waiting;

    wait = wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : wait;
    items = queue_wait(&s->in, (int)wait);
    for (struct queue_item *i = items; i; i = i->next)
        w->urgent |= ((struct record *)i)->urgent;
    batch_append(&w->pending, items);
    if (items && w->due == INT64_MAX)
        w->due = now_ms() + COMMIT_MS;

    pthread_mutex_lock(&s->lock);
    waiting = s->waiting;
    pthread_mutex_unlock(&s->lock);
    if (waiting >
        STORE_QUEUED) /* an eighth more, so that it is not done for each record */
        f = batch_thin(&w->pending, waiting - STORE_QUEUED + STORE_QUEUED / 8);
    store_dropped(s, f);
}

void *writer_run(void *store)
{
    struct writer w = { .s = store, .due = INT64_MAX };
    struct store *s = store;
    int closing = 0, degraded = 0;

    pthread_setname_np(pthread_self(), "kiri-store");
    batch_init(&w.pending);
    w.chores_at = now_ms();
    pthread_mutex_lock(&s->lock);
    degraded = s->state.degraded;
    pthread_mutex_unlock(&s->lock);
    while (!closing) {
        closing =
            atomic_load(&s->closing); /* first: then all that was put is in the queue */
        take(&w);
        if (w.pending.first && (closing || now_ms() >= w.due || (w.urgent && !degraded)))
            commit(&w);
        heed_check(&w);
        if (!closing)
            do_chores(&w);
        pthread_mutex_lock(&s->lock);
        degraded = s->state.degraded;
        pthread_mutex_unlock(&s->lock);
    }
    if (w.pending.first)
        log_warn("%s: the last records could not be written and are lost", s->path);
    batch_free(&w.pending);
    pthread_mutex_lock(&s->lock);
    s->finished = 1;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
