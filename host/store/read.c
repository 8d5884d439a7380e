/*
 * store/read.c - what was stored, on a connection that cannot write. Each call first asks
 * the writer for what is still on its way, so that a reader sees its own puts.
 */
#include "store/inside.h"

#define FLUSH_MS 2000

static int fail_read(struct store *s, struct kiri_error *err)
{
    return kiri_fail(err, KIRI_IO, "cannot read %s: %s", s->path,
                     sqlite3_errmsg(s->reader));
}

/* A statement about one atom: ?1 its name. NULL and a sentence. */
static sqlite3_stmt *prepare(struct store *s, const char *sql, const char *atom,
                             struct kiri_error *err)
{
    sqlite3_stmt *q;

    if (sqlite3_prepare_v2(s->reader, sql, -1, &q, NULL) != SQLITE_OK) {
        fail_read(s, err);
        return NULL;
    }
    sqlite3_bind_text(q, 1, atom, -1, SQLITE_STATIC);
    return q;
}

/* One number, 0 when there is no row. */
static int ask(struct store *s, const char *sql, const char *atom, int64_t second,
               uint64_t *out, struct kiri_error *err)
{
    sqlite3_stmt *q = prepare(s, sql, atom, err);
    int rc;

    if (!q)
        return -1;
    if (sqlite3_bind_parameter_count(q) > 1)
        sqlite3_bind_int64(q, 2, second);
    rc = sqlite3_step(q);
    *out = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : fail_read(s, err);
}

static const char *text(sqlite3_stmt *q, int column)
{
    return (const char *)sqlite3_column_text(q, column);
}

int store_history(struct store *s, const char *atom, uint32_t most,
                  int (*each)(void *ctx, const struct store_obs *o), void *ctx,
                  uint64_t *total, struct kiri_error *err)
{
    uint64_t first;
    sqlite3_stmt *q;
    int rc = SQLITE_DONE;

    store_flush(s, FLUSH_MS);
    if (total && ask(s,
                     "SELECT count(*) FROM obs WHERE atom ="
                     " (SELECT id FROM atom WHERE name = ?1)",
                     atom, 0, total, err))
        return -1;
    if (!most)
        return 0;
    /* The oldest of the newest, by the index alone: nothing is sorted or kept. */
    if (ask(s,
            "SELECT id FROM obs WHERE atom = (SELECT id FROM atom WHERE name = ?1)"
            " ORDER BY id DESC LIMIT 1 OFFSET ?2",
            atom, (int64_t)most - 1, &first, err))
        return -1;
    q = prepare(s,
                "SELECT id, ts, label, vals FROM obs WHERE atom ="
                " (SELECT id FROM atom WHERE name = ?1) AND id >= ?2 ORDER BY id",
                atom, err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 2, (sqlite3_int64)first);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const struct store_obs o = { .atom = atom,
                                     .id = (uint64_t)sqlite3_column_int64(q, 0),
                                     .ts = sqlite3_column_int64(q, 1),
                                     .label = text(q, 2),
                                     .values = text(q, 3) };

        if (each(ctx, &o))
            break;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : fail_read(s, err);
}

int store_each_kv(struct store *s, const char *atom,
                  int (*each)(void *ctx, const char *key, const void *value, size_t len),
                  void *ctx, struct kiri_error *err)
{
    sqlite3_stmt *q;
    int rc;

    store_flush(s, FLUSH_MS);
    q = prepare(s, "SELECT key, value FROM kv WHERE atom = ?1 ORDER BY key", atom, err);
    if (!q)
        return -1;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const void *value = sqlite3_column_blob(q, 1);

        if (each(ctx, text(q, 0), value ? value : "", (size_t)sqlite3_column_bytes(q, 1)))
            break;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : fail_read(s, err);
}
