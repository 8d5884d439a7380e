/*
 * store/migrate.c - the tables, version by version: each step is one transaction, a new
 * file takes all of them, an older one those that it misses.
 *
 * `vals` is what store.h calls values, a word that SQL keeps for itself. The journal's
 * key is the run's number and the message's seq (JOURNAL_ID in inside.h), so that one
 * number is a place in it and its order is the file's order.
 */
#include "store/inside.h"

#include <stdio.h>

#define APPLICATION "1263096393" /* "KIRI" */

static const char *const steps[STORE_VERSION] = {
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE atom(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE obs(id INTEGER PRIMARY KEY, atom INTEGER NOT NULL, ts INTEGER NOT NULL,"
    " label TEXT, vals TEXT NOT NULL);"
    "CREATE INDEX obs_atom ON obs(atom, id);"
    "CREATE TABLE score(id INTEGER PRIMARY KEY, atom INTEGER NOT NULL, ts INTEGER NOT"
    " NULL, gen INTEGER NOT NULL, surprise REAL NOT NULL, score REAL NOT NULL,"
    " tail REAL NOT NULL, alarm INTEGER NOT NULL, detail TEXT);"
    "CREATE INDEX score_atom ON score(atom, id);"
    "CREATE TABLE message(id INTEGER PRIMARY KEY, boot TEXT NOT NULL, seq INTEGER NOT"
    " NULL, ts INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(boot, seq));"
    "CREATE INDEX message_ts ON message(ts);"
    "CREATE TABLE kv(atom TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(atom, key)) WITHOUT ROWID;"
    "PRAGMA application_id=" APPLICATION ";",

    "CREATE TABLE boot(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " began INTEGER NOT NULL);"
    "INSERT INTO boot(name, began)"
    " SELECT boot, min(ts) FROM message GROUP BY boot ORDER BY min(id);"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, ts INTEGER NOT NULL,"
    " bytes BLOB NOT NULL);"
    "INSERT INTO journal SELECT (boot.id << 40) | seq, ts, bytes"
    " FROM message CROSS JOIN boot ON boot.name = message.boot ORDER BY 1;"
    "DROP TABLE message;"
    "ALTER TABLE journal RENAME TO message;"
    "INSERT INTO meta SELECT 'pruned_to', id - 1 FROM message ORDER BY id LIMIT 1;"
    "DROP INDEX score_atom;"
    "CREATE TABLE rollup(minute INTEGER NOT NULL, atom INTEGER NOT NULL,"
    " n INTEGER NOT NULL, surprise REAL NOT NULL, surprise_max REAL NOT NULL,"
    " score REAL NOT NULL, score_max REAL NOT NULL, tail_min REAL NOT NULL,"
    " alarms INTEGER NOT NULL, PRIMARY KEY(minute, atom)) WITHOUT ROWID;",

    "ALTER TABLE score ADD COLUMN turn_skipped INTEGER NOT NULL DEFAULT 0;",
};

int migrate(sqlite3 *db, int64_t version)
{
    int rc = SQLITE_OK;

    for (int64_t v = version; rc == SQLITE_OK && v < STORE_VERSION; v++) {
        char number[40];

        snprintf(number, sizeof number, "PRAGMA user_version=%d", (int)v + 1);
        if ((rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL)) != SQLITE_OK)
            return rc;
        rc = sqlite3_exec(db, steps[v], NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(db, number, NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    return rc;
}
