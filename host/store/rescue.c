/*
 * store/rescue.c - a damaged file is set aside, a new one takes its place at once, and in
 * slices between commits what can be read of the old one is brought over.
 *
 * Small tables come through SQL from both ends of their trees, observations, scores and
 * messages page by page without the tree (carve.h), the newest pages first. How far it
 * came stands in the new file, so that a restart goes on.
 */
#include "store/inside.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/atomic.h"
#include "store/carve.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BADS_KEPT  3
#define SLICE_MS   15
#define NAME_PAGES 64 /* atoms and runs stand at the beginning of the file */

enum {
    ADD_ATOM,
    ADD_BOOT,
    ADD_OBS,
    ADD_SCORE,
    ADD_OLD_SCORE, /* of version 2, also in a file that was brought here */
    ADD_MESSAGE,
    NOTE,
    KINDS
};

/* Scores that were not rolled up, and those that stay then. */
#define OF_SCORE(stays)                                                                  \
    " WHERE ?2 IN (SELECT id FROM atom) AND (" stays " OR ?1 > coalesce("                \
    "(SELECT value FROM meta WHERE key = 'rolled_to'), 0))"

/* A row is told by its number of columns and their types; what it belongs to must be
 * known, and what was deleted or rolled up does not come back. */
static const struct {
    const char *columns; /* n null, i int, r number, t text, b blob; capital: or null */
    const char *sql;     /* ?1 the rowid, ?2 .. the columns after the first */
} kinds[KINDS] = {
    [ADD_ATOM] = { "nt", "INSERT OR IGNORE INTO atom VALUES(?1, ?2)" },
    [ADD_BOOT] = { "nti", "INSERT OR IGNORE INTO boot VALUES(?1, ?2, ?3)" },
    [ADD_OBS] = { "niiTt", "INSERT OR IGNORE INTO obs SELECT ?1, ?2, ?3, ?4, ?5"
                           " WHERE ?2 IN (SELECT id FROM atom)" },
    [ADD_SCORE] = { "niiirrriTi",
                    "INSERT OR IGNORE INTO score SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
                    " ?9, ?10" OF_SCORE("?8 OR ?10") },
    [ADD_OLD_SCORE] = { "niiirrriT",
                        "INSERT OR IGNORE INTO score SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                        " ?8, ?9, 0" OF_SCORE("?8") },
    [ADD_MESSAGE] = { "nib", "INSERT OR IGNORE INTO message SELECT ?1, ?2, ?3"
                             " WHERE (?1 >> 40) IN (SELECT id FROM boot) AND ?1 > "
                             "coalesce((SELECT value FROM meta WHERE key = 'pruned_to'),"
                             " 0)" },
    [NOTE] = { "", "INSERT OR REPLACE INTO meta VALUES('rescue', ?1)" },
};
#undef OF_SCORE

/* Read from both ends until it does not go on. */
static const struct {
    const char *from, *order, *back, *into;
} small[] = {
    { "SELECT * FROM atom", "id", "id DESC", "INSERT OR IGNORE INTO atom VALUES(?, ?)" },
    { "SELECT id, name FROM atom INDEXED BY sqlite_autoindex_atom_1", "name", "name DESC",
      "INSERT OR IGNORE INTO atom VALUES(?, ?)" },
    { "SELECT * FROM boot", "id", "id DESC",
      "INSERT OR IGNORE INTO boot VALUES(?, ?, ?)" },
    { "SELECT id, name, 0 FROM boot INDEXED BY sqlite_autoindex_boot_1", "name",
      "name DESC", "INSERT OR IGNORE INTO boot VALUES(?, ?, ?)" },
    { "SELECT * FROM kv", "atom, key", "atom DESC, key DESC",
      "INSERT OR IGNORE INTO kv VALUES(?, ?, ?)" },
    { "SELECT * FROM meta WHERE key IN ('pruned_to', 'rolled_to')", "key", "key DESC",
      "INSERT OR IGNORE INTO meta VALUES(?, ?)" },
    { "SELECT * FROM rollup", "minute, atom", "minute DESC, atom DESC",
      "INSERT OR IGNORE INTO rollup VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)" },
};

struct tally {
    uint32_t page; /* the next one, counting down; 0: done */
    uint64_t rows; /* brought over */
    uint64_t read, leaves, bad_rows, bad_pages;
};

struct rescue {
    char name[144];
    sqlite3 *db; /* of the new file */
    sqlite3_stmt *q[KINDS];
    struct carver *carver;
    struct tally t;
    int names_only; /* atoms and runs, which the other rows need */
    int rc;         /* of the slice at work                      */
};

/* About: an unreadable page held as many rows as the others do. */
static uint64_t lost(const struct tally *t)
{
    return t->bad_rows + (t->leaves ? t->bad_pages * t->read / t->leaves : t->bad_pages);
}

static void report(struct store *s, const struct rescue *r)
{
    pthread_mutex_lock(&s->lock);
    snprintf(s->state.recovered.kept_as, sizeof s->state.recovered.kept_as, "%.127s",
             r->name);
    if (!s->state.recovered.ts)
        s->state.recovered.ts = clock_now(&clock_system);
    s->state.recovered.going = r->t.page != 0 || !r->db;
    s->state.recovered.rows = r->t.rows;
    s->state.recovered.lost = lost(&r->t);
    pthread_mutex_unlock(&s->lock);
}

/* The main file first: a crash in between leaves a log without a file, which SQLite
 * drops. */
static int set_aside(const char *path, char made[128], struct kiri_error *err)
{
    static const char *const companion[] = { "-wal", "-shm" };
    int fd = store_directory(path, err), rc;

    if (fd < 0)
        return -1;
    rc = atomic_set_aside(fd, STORE_FILE, "bad", BADS_KEPT, made, 128, err);
    for (int i = 0; !rc && i < 2; i++) {
        char from[32], to[144];

        snprintf(from, sizeof from, "%s%s", STORE_FILE, companion[i]);
        snprintf(to, sizeof to, "%s%s", made, companion[i]);
        if (renameat(fd, from, fd, to) && errno != ENOENT)
            rc = kiri_fail(err, KIRI_NO_WRITE, "cannot move %s%s aside: %s", path,
                           companion[i], strerror(errno));
    }
    close(fd);
    return rc;
}

int rescue_begin(struct store *s, const char *why, struct kiri_error *err)
{
    struct rescue *r = calloc(1, sizeof *r);
    char made[128];

    if (!r)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    file_close(s);
    if (set_aside(s->path, made, err)) {
        free(r);
        return -1;
    }
    snprintf(r->name, sizeof r->name, "%s", made);
    rescue_free(s->rescue);
    s->rescue = r;
    pthread_mutex_lock(&s->lock);
    s->state.recovered.ts = 0;
    pthread_mutex_unlock(&s->lock);
    report(s, r);
    log_warn("%s is damaged: %s; it is kept as %s, and what can be read of it goes into "
             "a new one",
             s->path, why, made);
    return 0;
}

/* ---- through SQL ----------------------------------------------------------------- */

static int copy_row(sqlite3_stmt *from, sqlite3_stmt *into)
{
    int rc;

    for (int i = 0; i < sqlite3_column_count(from); i++)
        sqlite3_bind_value(into, i + 1, sqlite3_column_value(from, i));
    rc = sqlite3_step(into);
    sqlite3_reset(into);
    return rc == SQLITE_DONE || (rc & 0xff) == SQLITE_CONSTRAINT ? SQLITE_OK : rc;
}

/* One direction of one table. *whole: it was read to its end. The code is the new file's;
 * what the old one says is no matter. */
static int copy_way(sqlite3 *bad, sqlite3 *db, size_t i, const char *order, int *whole)
{
    sqlite3_stmt *from = NULL, *into = NULL;
    char sql[200];
    int rc, step = SQLITE_ERROR;

    snprintf(sql, sizeof sql, "%s ORDER BY %s", small[i].from, order);
    rc = sqlite3_prepare_v2(db, small[i].into, -1, &into, NULL);
    if (rc == SQLITE_OK && sqlite3_prepare_v2(bad, sql, -1, &from, NULL) == SQLITE_OK)
        while (rc == SQLITE_OK && (step = sqlite3_step(from)) == SQLITE_ROW)
            rc = copy_row(from, into);
    *whole = step == SQLITE_DONE;
    sqlite3_finalize(from);
    sqlite3_finalize(into);
    return rc;
}

/* Nobody changes it any more. NULL: no database. */
static sqlite3 *open_bad(const char *path, const char *name)
{
    struct buf bad = { 0 };
    sqlite3 *db;

    buf_put(&bad, path, strlen(path) - strlen(STORE_FILE));
    buf_puts(&bad, name);
    if (reader_connect(buf_text(&bad), 1, &db) != SQLITE_OK) {
        sqlite3_close(db);
        db = NULL;
    }
    buf_free(&bad);
    return db;
}

static int copy_small(struct store *s, struct rescue *r)
{
    sqlite3 *bad = open_bad(s->path, r->name);
    int rc = SQLITE_OK, whole;

    for (size_t i = 0; bad && rc == SQLITE_OK && i < sizeof small / sizeof *small; i++) {
        rc = copy_way(bad, r->db, i, small[i].order, &whole);
        if (rc == SQLITE_OK && !whole)
            rc = copy_way(bad, r->db, i, small[i].back, &whole);
    }
    sqlite3_close(bad);
    return rc;
}

/* ---- page by page ---------------------------------------------------------------- */

static int fits(const struct carve_row *row, const char *columns)
{
    if (strlen(columns) != row->n)
        return 0;
    for (unsigned i = 0; i < row->n; i++) {
        enum carve_type is = row->v[i].type;
        int ok = columns[i] == 'n'   ? is == CARVE_NULL
                 : columns[i] == 'i' ? is == CARVE_INT
                 : columns[i] == 'r' ? is == CARVE_REAL || is == CARVE_INT
                 : columns[i] == 't' ? is == CARVE_TEXT
                 : columns[i] == 'T' ? is == CARVE_TEXT || is == CARVE_NULL
                                     : is == CARVE_BLOB;
        if (!ok)
            return 0;
    }
    return 1;
}

static void bind(sqlite3_stmt *q, int i, const struct carve_value *v)
{
    switch (v->type) {
    case CARVE_NULL: sqlite3_bind_null(q, i); break;
    case CARVE_INT: sqlite3_bind_int64(q, i, v->i); break;
    case CARVE_REAL: sqlite3_bind_double(q, i, v->r); break;
    case CARVE_TEXT:
        sqlite3_bind_text64(q, i, v->bytes, v->n, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case CARVE_BLOB: sqlite3_bind_blob64(q, i, v->bytes, v->n, SQLITE_STATIC); break;
    }
}

static int one_row(void *ctx, const struct carve_row *row)
{
    struct rescue *r = ctx;
    sqlite3_stmt *q;
    int kind = 0;

    while (kind < NOTE && !fits(row, kinds[kind].columns))
        kind++;
    if (kind == NOTE || (r->names_only && kind > ADD_BOOT))
        return 0;
    q = r->q[kind];
    sqlite3_bind_int64(q, 1, row->rowid);
    for (unsigned i = 1; i < row->n; i++)
        bind(q, (int)i + 1, &row->v[i]);
    r->rc = sqlite3_step(q);
    sqlite3_reset(q);
    if (r->rc != SQLITE_DONE && (r->rc & 0xff) != SQLITE_CONSTRAINT)
        return -1;
    r->t.rows += r->rc == SQLITE_DONE && sqlite3_changes(r->db) > 0;
    r->rc = SQLITE_OK;
    return 0;
}

static int note(struct rescue *r)
{
    char text[320];
    int rc;

    snprintf(text, sizeof text,
             "%s %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
             r->name, r->t.page, r->t.rows, r->t.read, r->t.leaves, r->t.bad_rows,
             r->t.bad_pages);
    if (!r->t.page)
        return sqlite3_exec(r->db, "DELETE FROM meta WHERE key = 'rescue'", NULL, NULL,
                            NULL);
    sqlite3_bind_text(r->q[NOTE], 1, text, -1, SQLITE_TRANSIENT);
    rc = sqlite3_step(r->q[NOTE]);
    sqlite3_reset(r->q[NOTE]);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int carve_some(struct rescue *r)
{
    int64_t end = clock_mono(&clock_system) + SLICE_MS;

    r->rc = SQLITE_OK;
    while (r->t.page && clock_mono(&clock_system) < end) {
        struct carved c;

        if (carver_page(r->carver, r->t.page, one_row, r, &c))
            return r->rc;
        r->t.page--;
        r->t.read += c.rows;
        r->t.leaves += c.leaves;
        r->t.bad_rows += c.bad_rows;
        r->t.bad_pages += c.bad_pages;
    }
    return note(r);
}

/* All in one transaction; what it had counted is taken back when it fails. */
static int transaction(struct store *s, int (*work)(struct store *s, struct rescue *r))
{
    struct rescue *r = s->rescue;
    struct tally before = r->t;
    int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (rc == SQLITE_OK && (rc = work(s, r)) == SQLITE_OK)
        rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        r->t = before;
    }
    return rc;
}

static int first_work(struct store *s, struct rescue *r)
{
    int rc = copy_small(s, r);
    struct carved c;

    r->t.page = carver_pages(r->carver);
    r->names_only = 1;
    for (uint32_t p = 1; rc == SQLITE_OK && p <= NAME_PAGES && p <= r->t.page; p++)
        rc = carver_page(r->carver, p, one_row, r, &c) ? r->rc : SQLITE_OK;
    r->names_only = 0;
    return rc == SQLITE_OK ? note(r) : rc;
}

static int slice_work(struct store *s, struct rescue *r)
{
    (void)s;
    return carve_some(r);
}

/* ---- as the rest of the store sees it -------------------------------------------- */

/* A rescue that a stopped process had not finished. */
static struct rescue *unfinished(sqlite3 *db)
{
    struct rescue *r = NULL;
    sqlite3_stmt *q = NULL;
    const char *text;

    if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = 'rescue'", -1, &q,
                           NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW &&
        (text = (const char *)sqlite3_column_text(q, 0)) && (r = calloc(1, sizeof *r)) &&
        (sscanf(text,
                "%143s %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                " %" SCNu64,
                r->name, &r->t.page, &r->t.rows, &r->t.read, &r->t.leaves, &r->t.bad_rows,
                &r->t.bad_pages) != 7 ||
         strchr(r->name, '/'))) {
        free(r);
        r = NULL;
    }
    sqlite3_finalize(q);
    return r;
}

static int prepare(struct rescue *r, sqlite3 *db)
{
    for (int i = 0; i < KINDS; i++)
        if (sqlite3_prepare_v2(db, kinds[i].sql, -1, &r->q[i], NULL) != SQLITE_OK)
            return -1;
    r->db = db;
    return 0;
}

void rescue_detach(struct rescue *r)
{
    if (!r)
        return;
    for (int i = 0; i < KINDS; i++) {
        sqlite3_finalize(r->q[i]);
        r->q[i] = NULL;
    }
    carver_free(r->carver);
    r->carver = NULL;
    r->db = NULL;
}

void rescue_free(struct rescue *r)
{
    rescue_detach(r);
    free(r);
}

static void end(struct store *s)
{
    rescue_free(s->rescue);
    s->rescue = NULL;
}

/* The old file went away or memory is short: said once, and that was it. */
static int give_up(struct store *s, const char *why)
{
    log_warn("%s: nothing more is brought over from %s: %s", s->path, s->rescue->name,
             why);
    sqlite3_exec(s->db, "DELETE FROM meta WHERE key = 'rescue'", NULL, NULL, NULL);
    pthread_mutex_lock(&s->lock);
    s->state.recovered.going = 0;
    pthread_mutex_unlock(&s->lock);
    end(s);
    return SQLITE_OK;
}

int rescue_attach(struct store *s)
{
    struct kiri_error err;
    struct rescue *r;
    int dir, rc;

    if (!s->rescue && !(s->rescue = unfinished(s->db)))
        return SQLITE_OK;
    r = s->rescue;
    dir = store_directory(s->path, &err);
    r->carver = dir < 0 ? NULL : carver_open(dir, r->name, &err);
    if (dir >= 0)
        close(dir);
    if (!r->carver)
        return give_up(s, err.text);
    if (prepare(r, s->db))
        return give_up(s, sqlite3_errmsg(s->db));
    rc = r->t.page ? SQLITE_OK : transaction(s, first_work);
    report(s, r);
    return rc;
}

int rescue_slice(struct store *s, int *more)
{
    struct rescue *r = s->rescue;
    int rc;

    *more = 0;
    if (!r)
        return SQLITE_OK;
    rc = transaction(s, slice_work);
    report(s, r);
    *more = r->t.page != 0;
    if (rc != SQLITE_OK || *more)
        return rc;
    log_warn("%s: %" PRIu64 " rows were brought over from %s, about %" PRIu64
             " could not be read",
             s->path, r->t.rows, r->name, lost(&r->t));
    end(s);
    return SQLITE_OK;
}
