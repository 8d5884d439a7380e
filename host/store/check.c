/*
 * store/check.c - looks for damage before somebody stumbles over it: SQLite's quick_check
 * on a connection and a thread of its own, at the lowest priority, soon after the start
 * and daily.
 */
#include "store/inside.h"

#include "base/clock.h"
#include "base/log.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_MS 10000
#define AGAIN_MS 86400000
#define RETRY_MS 60000 /* when the file could not be looked at */
#define STEPS    1000  /* of SQLite's machine between two looks at `closing` */

static int closing(void *store)
{
    struct store *s = store;

    return atomic_load(&s->closing);
}

/* The first thing that is wrong goes to why. 0 nothing, 1 something, -1 nobody knows. */
static int look(sqlite3 *db, char *why, size_t cap)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &q, NULL), found = -1;

    if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *said = (const char *)sqlite3_column_text(q, 0);
        const char *line = said ? strchr(said, '\n') : NULL; /* behind a heading */
        found = said && strcmp(said, "ok") != 0;
        snprintf(why, cap, "%s", line ? line + 1 : said ? said : "");
        why[strcspn(why, "\n")] = '\0';
    } else if (schema_is_damage(rc)) {
        found = 1;
        snprintf(why, cap, "%s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(q);
    return found;
}

/* Through the whole file. 0: it could be looked at. */
static int check(struct store *s)
{
    struct store_reader r = { .path = s->path };
    struct kiri_error err;
    char why[sizeof s->damage];
    int found;

    if (reader_ready(&r, &err))
        found = r.damaged ? 1 : -1;
    else {
        sqlite3_progress_handler(r.db, STEPS, closing, s);
        found = r.frozen ? -1 : look(r.db, why, sizeof why);
    }
    if (r.damaged)
        snprintf(why, sizeof why, "%.199s", err.text);
    sqlite3_close(r.db);
    if (found < 0)
        return -1;
    pthread_mutex_lock(&s->lock);
    s->state.checked_ts = clock_now(&clock_system);
    if (found && (!r.ino || (r.ino == s->ino && r.dev == s->dev)))
        memcpy(s->damage, why, sizeof why);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (found)
        store_nudge(s);
    return 0;
}

/* 1: the time has come or somebody asked; 0: the store closes. */
static int wait_for(struct store *s, int ms)
{
    struct timespec until = store_in_ms(ms);
    int go;

    pthread_mutex_lock(&s->lock);
    while (!s->check_asked && !atomic_load(&s->closing) &&
           !pthread_cond_timedwait(&s->changed, &s->lock, &until))
        continue;
    s->check_asked = 0;
    go = !atomic_load(&s->closing);
    pthread_mutex_unlock(&s->lock);
    return go;
}

void *check_run(void *store)
{
    struct store *s = store;
    int wait = FIRST_MS;

    pthread_setname_np(pthread_self(), "kiri-check");
    /* Not SCHED_IDLE, which on a busy machine would hold what others wait for. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
    while (wait_for(s, wait))
        wait = check(s) ? RETRY_MS : AGAIN_MS;
    pthread_mutex_lock(&s->lock);
    s->check_finished = 1;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
