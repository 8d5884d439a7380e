/*
 * store/retain.c - what is old goes, in slices: one transaction each, so small that a
 * commit never waits long for it.
 *
 * A round goes through the tasks below; a slice works on one of them, at the old end of
 * its table, until there is nothing old there. Age is what the rows' ts say: when the
 * clock has just jumped, nothing is deleted for its age for an hour.
 */
#include "store/inside.h"

#include "base/clock.h"
#include "base/log.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_LONG_MS  20 /* a slice that took longer is halved ... */
#define SLICE_SHORT_MS 8  /* ... and one that was full and shorter is doubled */
#define ROWS_FEWEST    16
#define ROWS_MOST      8192
#define YOUNG_MS       3600000 /* what the size limit spares while there is older */
#define JUMP_MS        3600000 /* the clock against the monotonic one, or the newest row */
#define HOLD_MS        3600000
#define FREE_FEW       (4 << 20) /* bytes of free pages that are worth no move */

enum task { JOURNAL, OBSERVATIONS, SCORES, MINUTES, ROLL_UP, SIZE, SHRINK, TASKS };

enum {
    COUNT,
    HEAD,
    CUT,
    GET,
    SET,
    DROP_OBS,
    DROP_SCORES,
    DROP_MINUTES,
    OLD_SCORES,
    ADD_MINUTES,
    DROP_ROLLED,
    NEWEST,
    PAGES,
    FREE_PAGES,
    STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [COUNT] = "SELECT id, length(bytes) FROM message WHERE id > ?1 ORDER BY id LIMIT ?2",
    [HEAD] = "SELECT id, ts, length(bytes) FROM message ORDER BY id LIMIT ?1",
    [CUT] = "DELETE FROM message WHERE id <= ?1",
    [GET] = "SELECT value FROM meta WHERE key = ?1",
    [SET] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)",
    [DROP_OBS] = "DELETE FROM obs WHERE ts < ?2 AND id IN"
                 " (SELECT id FROM obs ORDER BY id LIMIT ?1)",
    [DROP_SCORES] = "DELETE FROM score WHERE ts < ?2 AND id IN"
                    " (SELECT id FROM score ORDER BY id LIMIT ?1)",
    [DROP_MINUTES] = "DELETE FROM rollup WHERE minute < ?2 / 60000 AND (minute, atom) IN"
                     " (SELECT minute, atom FROM rollup ORDER BY minute, atom LIMIT ?1)",
    [OLD_SCORES] = "SELECT id, ts FROM score WHERE id > ?1 ORDER BY id LIMIT ?2",
    [ADD_MINUTES] =
        "INSERT INTO rollup SELECT ts / 60000, atom, count(*), avg(surprise),"
        " max(surprise), avg(score), max(score), min(tail), sum(alarm) FROM score"
        " WHERE id > ?1 AND id <= ?2 GROUP BY 1, 2 ON CONFLICT(minute, atom) DO UPDATE"
        " SET n = n + excluded.n,"
        " surprise = (surprise * n + excluded.surprise * excluded.n) / (n + excluded.n),"
        " surprise_max = max(surprise_max, excluded.surprise_max),"
        " score = (score * n + excluded.score * excluded.n) / (n + excluded.n),"
        " score_max = max(score_max, excluded.score_max),"
        " tail_min = min(tail_min, excluded.tail_min),"
        " alarms = alarms + excluded.alarms",
    [DROP_ROLLED] = "DELETE FROM score WHERE id > ?1 AND id <= ?2 AND NOT alarm"
                    " AND NOT turn_skipped",
    [NEWEST] = "SELECT ts FROM obs ORDER BY id DESC LIMIT 1",
    [PAGES] = "PRAGMA page_count",
    [FREE_PAGES] = "PRAGMA freelist_count",
};

struct keeper {
    sqlite3 *db;
    sqlite3_stmt *q[STATEMENTS];
    int64_t page; /* bytes */
    int task;
    int rows;    /* of a slice */
    int counted; /* the two below were read from the file                             */
    int64_t counted_to, journal_bytes; /* messages up to this id weigh so much        */
    int64_t seen_now, seen_mono, hold_until;
    int size_said, over_size;
};

/* What a slice is told and what it says. */
struct slice {
    const struct store_retention *keep;
    int64_t now;
    int hold;                          /* nothing goes for its age */
    int rows;                          /* at most */
    int more;                          /* out: this task is not at its end */
    int64_t counted_to, journal_bytes; /* in and out: taken over when it is committed */
};

struct keeper *keeper_new(sqlite3 *db, struct kiri_error *err)
{
    struct keeper *k = calloc(1, sizeof *k);

    if (!k) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    k->db = db;
    k->rows = 256;
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &k->q[i],
                               NULL) != SQLITE_OK) {
            kiri_fail(err, KIRI_BAD_DATA, "its tables are not KIRI's: %s",
                      sqlite3_errmsg(db));
            keeper_free(k);
            return NULL;
        }
    return k;
}

void keeper_restart(struct keeper *k)
{
    k->task = JOURNAL;
}

void keeper_rows(struct keeper *k, int rows)
{
    k->rows = rows;
}

void keeper_free(struct keeper *k)
{
    if (!k)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(k->q[i]);
    free(k);
}

static sqlite3_stmt *with(struct keeper *k, int statement, int64_t a, int64_t b)
{
    sqlite3_stmt *q = k->q[statement];

    sqlite3_bind_int64(q, 1, a);
    if (sqlite3_bind_parameter_count(q) > 1)
        sqlite3_bind_int64(q, 2, b);
    return q;
}

static int done(sqlite3_stmt *q, int rc)
{
    sqlite3_reset(q);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int run(struct keeper *k, int statement, int64_t a, int64_t b)
{
    sqlite3_stmt *q = with(k, statement, a, b);

    return done(q, sqlite3_step(q));
}

/* One number, 0 when there is none. */
static int read_number(sqlite3_stmt *q, int64_t *out)
{
    int rc = sqlite3_step(q);

    *out = rc == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    return done(q, rc);
}

static int get(struct keeper *k, const char *key, int64_t *out)
{
    sqlite3_bind_text(k->q[GET], 1, key, -1, SQLITE_STATIC);
    return read_number(k->q[GET], out);
}

static int set(struct keeper *k, const char *key, int64_t value)
{
    sqlite3_bind_text(k->q[SET], 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(k->q[SET], 2, value);
    return done(k->q[SET], sqlite3_step(k->q[SET]));
}

static int64_t older_than(const struct slice *s, int64_t age_ms)
{
    return s->hold ? INT64_MIN : s->now - age_ms;
}

/* What was put into the journal since the last slice. */
static int weigh(struct keeper *k, struct slice *s)
{
    sqlite3_stmt *q = with(k, COUNT, s->counted_to, ROWS_MOST);
    int rc, n = 0;

    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        s->counted_to = sqlite3_column_int64(q, 0);
        s->journal_bytes += sqlite3_column_int64(q, 1);
        n++;
    }
    s->more = n == ROWS_MOST;
    return done(q, rc);
}

/* The journal's beginning, up to and without the first message that may stay. */
static int cut_journal(struct keeper *k, struct slice *s, int64_t most_bytes,
                       int64_t before)
{
    sqlite3_stmt *q = with(k, HEAD, s->rows, 0);
    int64_t upto = 0;
    int rc, n = 0;

    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (sqlite3_column_int64(q, 1) >= before && s->journal_bytes <= most_bytes)
            break;
        upto = sqlite3_column_int64(q, 0);
        if (upto <= s->counted_to)
            s->journal_bytes -= sqlite3_column_int64(q, 2);
        n++;
    }
    if ((rc = done(q, rc)) != SQLITE_OK || !n)
        return rc;
    s->more |= n == s->rows;
    if ((rc = run(k, CUT, upto, 0)) == SQLITE_OK)
        rc = set(k, "pruned_to", upto);
    return rc;
}

static int keep_journal(struct keeper *k, struct slice *s)
{
    int64_t to = s->counted_to, bytes = s->journal_bytes;
    int rc = weigh(k, s);

    if (rc == SQLITE_OK)
        rc =
            cut_journal(k, s, s->keep->journal_bytes, older_than(s, s->keep->journal_ms));
    /* So that the next start has little to weigh. */
    if (rc == SQLITE_OK && (s->counted_to != to || s->journal_bytes != bytes) &&
        (rc = set(k, "weighed_to", s->counted_to)) == SQLITE_OK)
        rc = set(k, "weighed_bytes", s->journal_bytes);
    return rc;
}

static int drop(struct keeper *k, struct slice *s, int statement, int64_t before)
{
    int rc = run(k, statement, s->rows, before);

    s->more |= rc == SQLITE_OK && sqlite3_changes(k->db) > 0;
    return rc;
}

/* Scores become a row a minute and atom; alarms stay as they are, too,
 * and so does what a replay must know. */
static int roll_up(struct keeper *k, struct slice *s)
{
    int64_t before = older_than(s, s->keep->rollup_after_ms), from, upto;
    int rc = get(k, "rolled_to", &from), n = 0;
    sqlite3_stmt *q;

    if (rc != SQLITE_OK)
        return rc;
    upto = from;
    q = with(k, OLD_SCORES, from, s->rows);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (sqlite3_column_int64(q, 1) >= before)
            break;
        upto = sqlite3_column_int64(q, 0);
        n++;
    }
    if ((rc = done(q, rc)) != SQLITE_OK || !n)
        return rc;
    s->more = n == s->rows;
    if ((rc = run(k, ADD_MINUTES, from, upto)) == SQLITE_OK &&
        (rc = run(k, DROP_ROLLED, from, upto)) == SQLITE_OK)
        rc = set(k, "rolled_to", upto);
    return rc;
}

static int pages(struct keeper *k, int64_t *all, int64_t *empty)
{
    int rc = read_number(k->q[PAGES], all);

    return rc == SQLITE_OK ? read_number(k->q[FREE_PAGES], empty) : rc;
}

/* The oldest of what can best be spared. */
static int drop_for_size(struct keeper *k, struct slice *s)
{
    int rc = drop(k, s, DROP_SCORES, s->now - YOUNG_MS);

    if (rc == SQLITE_OK)
        rc = drop(k, s, DROP_OBS, s->now - YOUNG_MS);
    if (rc == SQLITE_OK && !s->more)
        rc = drop(k, s, DROP_MINUTES, s->now - YOUNG_MS);
    if (rc == SQLITE_OK && !s->more)
        rc = drop(k, s, DROP_SCORES, INT64_MAX);
    if (rc == SQLITE_OK && !s->more)
        rc = drop(k, s, DROP_OBS, INT64_MAX);
    if (rc == SQLITE_OK && !s->more)
        rc = cut_journal(k, s, -1, INT64_MIN);
    return rc;
}

/* Down to a 32nd below the limit once it is reached. */
static int keep_size(struct keeper *k, struct slice *s)
{
    int64_t most = s->keep->size_bytes, all, empty;
    int rc = pages(k, &all, &empty);

    if (rc != SQLITE_OK)
        return rc;
    if (k->over_size)
        most -= most / 32;
    k->over_size = (all - empty) * k->page > most;
    if (!k->over_size)
        return SQLITE_OK;
    if (!k->size_said)
        log_warn("the store has reached its size limit of %lld MB (retention: size); its "
                 "oldest observations and scores go",
                 (long long)(s->keep->size_bytes / 1000000));
    k->size_said = 1;
    /* A row is less than a page: so many are not too many. */
    most = (all - empty) - most / k->page;
    s->rows = most < s->rows ? (int)most + 1 : s->rows;
    return drop_for_size(k, s);
}

/* Free pages go back to the disk when they are many, or the file is over its limit. */
static int shrink(struct keeper *k, struct slice *s)
{
    int64_t all, empty;
    char pragma[] = "PRAGMA incremental_vacuum(64)";
    int rc = pages(k, &all, &empty);

    if (rc != SQLITE_OK || !empty)
        return rc;
    if (all * k->page <= s->keep->size_bytes &&
        (empty < all / 4 || empty * k->page < FREE_FEW))
        return SQLITE_OK;
    s->more = 1;
    return sqlite3_exec(k->db, pragma, NULL, NULL, NULL);
}

static int work(struct keeper *k, struct slice *s)
{
    const struct store_retention *keep = s->keep;

    switch (k->task) {
    case JOURNAL: return keep_journal(k, s);
    case OBSERVATIONS: return drop(k, s, DROP_OBS, older_than(s, keep->observations_ms));
    case SCORES: return drop(k, s, DROP_SCORES, older_than(s, keep->scores_ms));
    case MINUTES: return drop(k, s, DROP_MINUTES, older_than(s, keep->scores_ms));
    case ROLL_UP: return roll_up(k, s);
    case SIZE: return keep_size(k, s);
    default: return shrink(k, s);
    }
}

/* Once a process: what the file knows, and whether its newest row is about as old as the
 * clock says. */
static int begin(struct keeper *k, int64_t now, int64_t mono)
{
    int64_t newest;
    int rc = get(k, "weighed_to", &k->counted_to);

    if (rc == SQLITE_OK)
        rc = get(k, "weighed_bytes", &k->journal_bytes);
    if (rc == SQLITE_OK)
        rc = schema_ask(k->db, "PRAGMA page_size", &k->page);
    if (rc == SQLITE_OK)
        rc = read_number(k->q[NEWEST], &newest);
    if (rc != SQLITE_OK)
        return rc;
    k->counted = 1;
    k->seen_now = newest ? newest : now;
    k->seen_mono = mono;
    return SQLITE_OK;
}

static int clock_jumped(struct keeper *k, int64_t now, int64_t mono)
{
    int64_t ahead = (now - k->seen_now) - (mono - k->seen_mono);

    k->seen_now = now;
    k->seen_mono = mono;
    return ahead > JUMP_MS || ahead < -JUMP_MS;
}

int keeper_slice(struct keeper *k, const struct store_retention *keep, int64_t now,
                 int64_t mono, int *more)
{
    struct slice s = { .keep = keep, .now = now, .rows = k->rows };
    int rc = k->counted ? SQLITE_OK : begin(k, now, mono);
    int64_t took;

    *more = 0;
    if (rc != SQLITE_OK)
        return rc;
    if (clock_jumped(k, now, mono))
        k->hold_until = mono + HOLD_MS;
    s.hold = mono < k->hold_until;
    s.counted_to = k->counted_to;
    s.journal_bytes = k->journal_bytes;
    if ((rc = sqlite3_exec(k->db, "BEGIN", NULL, NULL, NULL)) != SQLITE_OK)
        return rc;
    rc = work(k, &s);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(k->db, "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        sqlite3_exec(k->db, "ROLLBACK", NULL, NULL, NULL);
        k->task = 0;
        return rc;
    }
    k->counted_to = s.counted_to;
    k->journal_bytes = s.journal_bytes;
    took = clock_mono(&clock_system) - mono;
    if (took > SLICE_LONG_MS && k->rows > ROWS_FEWEST)
        k->rows /= 2;
    else if (took < SLICE_SHORT_MS && s.more && k->rows < ROWS_MOST)
        k->rows *= 2;
    if (!s.more)
        k->task = (k->task + 1) % TASKS;
    *more = s.more || k->task;
    return SQLITE_OK;
}
