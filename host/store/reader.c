#include "store/inside.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BUSY_MS 1000

int reader_fail(const struct store_reader *r, struct kiri_error *err)
{
    return kiri_fail(err, KIRI_IO, "cannot read %s: %s", r->path, sqlite3_errmsg(r->db));
}

int reader_starved(const struct store_reader *r)
{
    return sqlite3_errcode(r->db) == SQLITE_NOMEM;
}

/* The file as a URI that SQLite takes to be a file that nobody changes: no locks, no
 * files beside it. What is still in its log is not seen. malloc'ed. */
static char *frozen_uri(const char *path)
{
    struct buf uri = { 0 };

    buf_puts(&uri, "file:");
    for (const char *c = path; *c; c++)
        if (strchr("%?#", *c))
            buf_putf(&uri, "%%%02X", (unsigned)(unsigned char)*c);
        else
            buf_put(&uri, c, 1);
    buf_puts(&uri, "?immutable=1");
    return buf_take(&uri, NULL);
}

int reader_connect(const char *path, int frozen, sqlite3 **db)
{
    char *uri = frozen ? frozen_uri(path) : NULL;
    int64_t things;
    int rc = frozen && !uri ? SQLITE_NOMEM : SQLITE_OK;

    *db = NULL;
    if (rc == SQLITE_OK)
        rc = sqlite3_open_v2(uri ? uri : path, db,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_EXRESCODE | (frozen ? SQLITE_OPEN_URI : 0),
                             NULL);
    free(uri);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(*db, BUSY_MS);
    if (rc == SQLITE_OK)
        rc = schema_settings(*db);
    return rc == SQLITE_OK
               ? schema_ask(*db, "SELECT count(*) FROM sqlite_master", &things)
               : rc;
}

static int connect_anew(struct store_reader *r, int frozen)
{
    sqlite3_close(r->db);
    r->frozen = frozen;
    return reader_connect(r->path, frozen, &r->db);
}

/* Reading needs a file of SQLite's own beside ours: where none can be made, the file is
 * read as it stands. Not when memory is short: what is still in the log would be missing.
 */
static int wants_room(int rc)
{
    if (rc == SQLITE_IOERR_NOMEM)
        return 0;
    rc &= 0xff;
    return rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY || rc == SQLITE_IOERR ||
           rc == SQLITE_FULL;
}

/* A connection to what stands there now. 0 or -1. */
static int reopen(struct store_reader *r, struct kiri_error *err)
{
    int rc = connect_anew(r, 0);

    r->damaged = 0;
    if (wants_room(rc))
        rc = connect_anew(r, 1);
    if (rc != SQLITE_OK) {
        r->damaged = schema_is_damage(rc);
        return reader_fail(r, err);
    }
    if (schema_check(r->db, r->path, &r->version, &r->damaged, err))
        return -1;
    return r->version ? 0
                      : kiri_fail(err, KIRI_NO_INPUT, "%s holds nothing yet", r->path);
}

int reader_ready(struct store_reader *r, struct kiri_error *err)
{
    struct stat st;

    if (stat(r->path, &st))
        return kiri_fail(err, errno == ENOENT ? KIRI_NO_INPUT : KIRI_IO,
                         "cannot read %s: %s", r->path, strerror(errno));
    if (r->db && !r->frozen && st.st_dev == r->dev && st.st_ino == r->ino)
        return 0;
    r->dev = st.st_dev;
    r->ino = st.st_ino;
    if (!reopen(r, err))
        return 0;
    sqlite3_close(r->db);
    r->db = NULL;
    return -1;
}

sqlite3_stmt *reader_prepare(struct store_reader *r, const char *sql, const char *atom,
                             struct kiri_error *err)
{
    sqlite3_stmt *q;

    if (sqlite3_prepare_v2(r->db, sql, -1, &q, NULL) != SQLITE_OK) {
        reader_fail(r, err);
        return NULL;
    }
    if (atom)
        sqlite3_bind_text(q, 1, atom, -1, SQLITE_STATIC);
    return q;
}

int reader_give(struct store_reader *r, sqlite3_stmt *q, const char *atom,
                int (*each)(void *ctx, const struct store_obs *o), void *ctx,
                struct kiri_error *err)
{
    int scored = sqlite3_column_count(q) > 4;
    int rc;

    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const struct store_obs o = {
            .atom = atom,
            .id = (uint64_t)sqlite3_column_int64(q, 0),
            .ts = sqlite3_column_int64(q, 1),
            .label = (const char *)sqlite3_column_text(q, 2),
            .values = (const char *)sqlite3_column_text(q, 3),
            .gen = scored ? (uint64_t)sqlite3_column_int64(q, 4) : 0,
            .turn_skipped = scored && sqlite3_column_int(q, 5) != 0,
        };

        if (reader_starved(r))
            rc = SQLITE_NOMEM;
        if (rc == SQLITE_NOMEM || each(ctx, &o))
            break;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : reader_fail(r, err);
}

struct store_reader *store_reader_open(const char *dir, struct kiri_error *err)
{
    struct store_reader *r = calloc(1, sizeof *r);

    if (r)
        r->path = store_path(dir);
    if (!r || !r->path)
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    else if (reader_ready(r, err) == 0)
        return r;
    store_reader_close(r);
    return NULL;
}

void store_reader_close(struct store_reader *r)
{
    if (!r)
        return;
    sqlite3_close(r->db);
    free(r->path);
    free(r);
}

/* A row of an older file does not say whether a turn was passed over. */
#define EACH_OBS(skipped)                                                                \
    "SELECT obs.id, obs.ts, obs.label, obs.vals, score.gen, " skipped                    \
    " FROM obs LEFT JOIN score ON score.id = obs.id"                                     \
    " WHERE obs.atom = (SELECT id FROM atom WHERE name = ?1)"                            \
    " AND obs.id > ?2 AND obs.ts >= ?3 AND obs.ts < ?4 ORDER BY obs.id"
static const char each_obs[] = EACH_OBS("score.turn_skipped");
static const char each_obs_of_version_2[] = EACH_OBS("0");
#undef EACH_OBS

int store_each_obs(struct store_reader *r, const char *atom, uint64_t after_id,
                   int64_t from_ts, int64_t to_ts,
                   int (*each)(void *ctx, const struct store_obs *o), void *ctx,
                   struct kiri_error *err)
{
    sqlite3_stmt *q;

    if (reader_ready(r, err))
        return -1;
    q = reader_prepare(r, r->version < 3 ? each_obs_of_version_2 : each_obs, atom, err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 2,
                       (sqlite3_int64)(after_id > INT64_MAX ? INT64_MAX : after_id));
    sqlite3_bind_int64(q, 3, from_ts);
    sqlite3_bind_int64(q, 4, to_ts);
    return reader_give(r, q, atom, each, ctx, err);
}

int store_newest_scores(struct store_reader *r, const char *atom, uint32_t most,
                        int (*each)(void *ctx, const struct store_score *c), void *ctx,
                        struct kiri_error *err)
{
    sqlite3_stmt *q;
    int rc;

    if (reader_ready(r, err) ||
        !(q = reader_prepare(r,
                             "SELECT * FROM (SELECT id, ts, gen, surprise, score, tail,"
                             " alarm FROM score WHERE atom = (SELECT id FROM atom WHERE"
                             " name = ?1) ORDER BY id DESC LIMIT ?2) ORDER BY id",
                             atom, err)))
        return -1;
    sqlite3_bind_int64(q, 2, most);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const struct store_score c = {
            .id = (uint64_t)sqlite3_column_int64(q, 0),
            .atom = atom,
            .ts = sqlite3_column_int64(q, 1),
            .gen = (uint64_t)sqlite3_column_int64(q, 2),
            .surprise = (float)sqlite3_column_double(q, 3),
            .score = (float)sqlite3_column_double(q, 4),
            .tail = (float)sqlite3_column_double(q, 5),
            .alarm = sqlite3_column_int(q, 6),
        };

        if (reader_starved(r))
            rc = SQLITE_NOMEM;
        if (rc == SQLITE_NOMEM || each(ctx, &c))
            break;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : reader_fail(r, err);
}

int store_each_atom(struct store_reader *r, int (*each)(void *ctx, const char *atom),
                    void *ctx, struct kiri_error *err)
{
    sqlite3_stmt *q;
    int rc;

    if (reader_ready(r, err) ||
        !(q = reader_prepare(r, "SELECT name FROM atom ORDER BY name", NULL, err)))
        return -1;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *atom = (const char *)sqlite3_column_text(q, 0);

        if (reader_starved(r))
            rc = SQLITE_NOMEM;
        if (rc == SQLITE_NOMEM || each(ctx, atom))
            break;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : reader_fail(r, err);
}

/* One id of the atom, 0 when there is none. */
static int one_id(struct store_reader *r, const char *sql, const char *atom,
                  uint64_t upto, uint32_t skipped, uint64_t *out, struct kiri_error *err)
{
    sqlite3_stmt *q;
    int rc;

    *out = 0;
    if (reader_ready(r, err) || !(q = reader_prepare(r, sql, atom, err)))
        return -1;
    if (sqlite3_bind_parameter_count(q) > 1) {
        sqlite3_bind_int64(q, 2, (sqlite3_int64)(upto > INT64_MAX ? INT64_MAX : upto));
        sqlite3_bind_int64(q, 3, (sqlite3_int64)skipped);
    }
    rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : reader_fail(r, err);
}

int store_newest(struct store_reader *r, const char *atom, uint64_t upto, uint32_t most,
                 uint64_t *after, struct kiri_error *err)
{
    /* By the index alone: nothing is sorted or kept. */
    return one_id(r,
                  "SELECT id FROM obs WHERE atom ="
                  " (SELECT id FROM atom WHERE name = ?1) AND id <= ?2"
                  " ORDER BY id DESC LIMIT 1 OFFSET ?3",
                  atom, upto, most, after, err);
}

int store_scored_to(struct store_reader *r, const char *atom, uint64_t *id,
                    struct kiri_error *err)
{
    return one_id(r,
                  "SELECT max(id) FROM score WHERE atom ="
                  " (SELECT id FROM atom WHERE name = ?1)",
                  atom, 0, 0, id, err);
}

int store_reader_each_kv(struct store_reader *r, const char *atom,
                         int (*each)(void *ctx, const char *key, const void *value,
                                     size_t len),
                         void *ctx, struct kiri_error *err)
{
    sqlite3_stmt *q;
    int rc;

    if (reader_ready(r, err))
        return -1;
    q = reader_prepare(r, "SELECT key, value FROM kv WHERE atom = ?1 ORDER BY key", atom,
                       err);
    if (!q)
        return -1;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(q, 0);
        const void *value = sqlite3_column_blob(q, 1);

        if (reader_starved(r))
            rc = SQLITE_NOMEM;
        if (rc == SQLITE_NOMEM ||
            each(ctx, key, value ? value : "", (size_t)sqlite3_column_bytes(q, 1)))
            break;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : reader_fail(r, err);
}
