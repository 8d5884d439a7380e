/*
 * store/read.c - what the host itself reads, on a connection that cannot write. Each call
 * first asks the writer for what is still on its way, so that a reader sees its own puts.
 */
#include "store/inside.h"

#define FLUSH_MS 2000

/* One number, 0 when there is no row. */
static int ask(struct store *s, const char *sql, const char *atom, int64_t second,
               uint64_t *out, struct kiri_error *err)
{
    sqlite3_stmt *q = reader_prepare(&s->reader, sql, atom, err);
    int rc;

    if (!q)
        return -1;
    if (sqlite3_bind_parameter_count(q) > 1)
        sqlite3_bind_int64(q, 2, second);
    rc = sqlite3_step(q);
    *out = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : reader_fail(&s->reader, err);
}

/* *none: nothing can be read because nothing could be written yet, which was said. */
static int ready(struct store *s, int *none, struct kiri_error *err)
{
    struct store_state state;

    store_flush(s, FLUSH_MS);
    store_state(s, &state);
    *none = 0;
    if (!reader_ready(&s->reader, err))
        return 0;
    *none = state.degraded;
    return -1;
}

int store_history(struct store *s, const char *atom, uint32_t most,
                  int (*each)(void *ctx, const struct store_obs *o), void *ctx,
                  uint64_t *total, struct kiri_error *err)
{
    uint64_t first;
    sqlite3_stmt *q;
    int none;

    if (total)
        *total = 0;
    if (ready(s, &none, err) || none)
        return none ? 0 : -1;
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
    q = reader_prepare(&s->reader,
                       "SELECT id, ts, label, vals FROM obs WHERE atom ="
                       " (SELECT id FROM atom WHERE name = ?1) AND id >= ?2 ORDER BY id",
                       atom, err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 2, (sqlite3_int64)first);
    return reader_give(&s->reader, q, atom, each, ctx, err);
}

int store_each_kv(struct store *s, const char *atom,
                  int (*each)(void *ctx, const char *key, const void *value, size_t len),
                  void *ctx, struct kiri_error *err)
{
    int none;

    if (ready(s, &none, err) || none)
        return none ? 0 : -1;
    return store_reader_each_kv(&s->reader, atom, each, ctx, err);
}
