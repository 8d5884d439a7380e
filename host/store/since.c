/*
 * store/since.c - the journal from a place on.
 *
 * A place is one number (JOURNAL_ID), rising through all runs. What is deleted is always
 * the journal's beginning, and meta's `pruned_to` is the newest place deleted: whoever
 * stands before it has missed something.
 */
#include "store/inside.h"

#include <stdio.h>
#include <string.h>

static int number(struct store_reader *r, const char *sql, const char *name, int64_t *out,
                  int *found, struct kiri_error *err)
{
    sqlite3_stmt *q = reader_prepare(r, sql, name, err);
    int rc;

    if (!q)
        return -1;
    rc = sqlite3_step(q);
    *found = rc == SQLITE_ROW;
    *out = *found ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : reader_fail(r, err);
}

/* STORE_ALL: *from is the place; STORE_GONE; -1. */
static int find_place(struct store_reader *r, const struct store_place *after,
                      int64_t *from, struct kiri_error *err)
{
    int64_t boot, pruned, seq;
    int found;

    *from = 0;
    if (!after->boot[0])
        return STORE_ALL;
    if (number(r, "SELECT id FROM boot WHERE name = ?1", after->boot, &boot, &found, err))
        return -1;
    if (!found)
        return STORE_GONE;
    seq = after->seq > JOURNAL_SEQ_MOST ? JOURNAL_SEQ_MOST : (int64_t)after->seq;
    *from = JOURNAL_ID(boot, seq);
    if (number(r, "SELECT value FROM meta WHERE key = 'pruned_to'", NULL, &pruned, &found,
               err))
        return -1;
    return *from < pruned ? STORE_GONE : STORE_ALL;
}

/* The place before the oldest message; boot "" when there is none. */
static int find_oldest(struct store_reader *r, struct store_place *oldest,
                       struct kiri_error *err)
{
    sqlite3_stmt *q = reader_prepare(r,
                                     "SELECT message.id, name FROM message CROSS JOIN"
                                     " boot ON boot.id = message.id >> 40"
                                     " ORDER BY message.id LIMIT 1",
                                     NULL, err);
    int rc;

    memset(oldest, 0, sizeof *oldest);
    if (!q)
        return -1;
    if ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        oldest->seq = (uint64_t)((sqlite3_column_int64(q, 0) & JOURNAL_SEQ_MOST) - 1);
        const char *boot = (const char *)sqlite3_column_text(q, 1);
        if (boot)
            snprintf(oldest->boot, sizeof oldest->boot, "%s", boot);
        else
            rc = SQLITE_NOMEM;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : reader_fail(r, err);
}

static int give(struct store_reader *r, int64_t from,
                int (*each)(void *ctx, const struct store_message *m), void *ctx,
                struct kiri_error *err)
{
    sqlite3_stmt *q = reader_prepare(
        r,
        "SELECT message.id, ts, bytes, name FROM message CROSS JOIN boot"
        " ON boot.id = message.id >> 40 WHERE message.id > ?1 ORDER BY message.id",
        NULL, err);
    int rc;

    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, from);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(q, 2);
        const struct store_message m = {
            .seq = (uint64_t)(sqlite3_column_int64(q, 0) & JOURNAL_SEQ_MOST),
            .ts = sqlite3_column_int64(q, 1),
            .bytes = bytes ? bytes : "",
            .len = (size_t)sqlite3_column_bytes(q, 2),
            .boot = (const char *)sqlite3_column_text(q, 3),
        };

        if (reader_starved(r))
            rc = SQLITE_NOMEM;
        if (rc == SQLITE_NOMEM || each(ctx, &m))
            break;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW ? STORE_STOPPED
                            : (rc == SQLITE_DONE ? STORE_ALL : reader_fail(r, err));
}

int store_since(struct store_reader *r, const struct store_place *after,
                int (*each)(void *ctx, const struct store_message *m), void *ctx,
                struct store_place *oldest, struct kiri_error *err)
{
    int64_t from;
    int rc;

    if (reader_ready(r, err))
        return -1;
    if (r->version < 2)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s was written by an older KIRI; start its host once: kiri run",
                         r->path);
    if ((!sqlite3_get_autocommit(r->db) && /* the last END failed */
         sqlite3_exec(r->db, "END", NULL, NULL, NULL) != SQLITE_OK) ||
        sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return reader_fail(r, err);
    rc = find_place(r, after, &from, err);
    if (rc == STORE_ALL)
        rc = give(r, from, each, ctx, err);
    else if (rc == STORE_GONE && oldest && find_oldest(r, oldest, err))
        rc = -1;
    sqlite3_exec(r->db, "END", NULL, NULL, NULL);
    return rc;
}
