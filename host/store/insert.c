#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIND_ATOM,
    ADD_ATOM,
    FIND_BOOT,
    ADD_BOOT,
    ADD_OBS,
    ADD_SCORE,
    ADD_MESSAGE,
    ADD_KV,
    STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [FIND_ATOM] = "SELECT id FROM atom WHERE name = ?1",
    [ADD_ATOM] = "INSERT INTO atom(name) VALUES(?1)",
    [FIND_BOOT] = "SELECT id FROM boot WHERE name = ?1",
    [ADD_BOOT] = "INSERT INTO boot(name, began) VALUES(?1, ?2)",
    [ADD_OBS] = "INSERT OR REPLACE INTO obs(id, atom, ts, label, vals)"
                " VALUES(?1, ?2, ?3, ?4, ?5)",
    [ADD_SCORE] = "INSERT OR REPLACE INTO score(id, atom, ts, gen, surprise, score, tail,"
                  " alarm, detail, turn_skipped)"
                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [ADD_MESSAGE] = "INSERT OR REPLACE INTO message(id, ts, bytes) VALUES(?1, ?2, ?3)",
    [ADD_KV] = "INSERT OR REPLACE INTO kv(atom, key, value) VALUES(?1, ?2, ?3)",
};

struct inserter {
    sqlite3 *db;
    sqlite3_stmt *q[STATEMENTS];
};

struct inserter *inserter_new(sqlite3 *db, struct kiri_error *err)
{
    struct inserter *in = calloc(1, sizeof *in);

    if (!in) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    in->db = db;
    for (int i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &in->q[i],
                               NULL) == SQLITE_OK)
            continue;
        kiri_fail(err, KIRI_BAD_DATA, "its tables are not KIRI's: %s",
                  sqlite3_errmsg(db));
        inserter_free(in);
        return NULL;
    }
    return in;
}

void inserter_free(struct inserter *in)
{
    if (!in)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(in->q[i]);
    free(in);
}

/* Runs a bound statement that gives no rows. */
static int run(sqlite3_stmt *q)
{
    int rc = sqlite3_step(q);

    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void bind_text(sqlite3_stmt *q, int i, const char *s)
{
    sqlite3_bind_text(q, i, s, -1, SQLITE_STATIC); /* NULL binds NULL */
}

/* The number that stands for a name: found, or added by the statement after it. ts: when
 * a run began, for a boot. */
static int number_of(struct inserter *in, int find, const char *name, int64_t ts,
                     sqlite3_int64 *id)
{
    sqlite3_stmt *q = in->q[find], *add = in->q[find + 1];
    int rc;

    bind_text(q, 1, name);
    rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *id = sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    if (rc != SQLITE_DONE)
        return rc == SQLITE_ROW ? SQLITE_OK : rc;
    bind_text(add, 1, name);
    if (sqlite3_bind_parameter_count(add) > 1)
        sqlite3_bind_int64(add, 2, ts);
    rc = run(add);
    *id = sqlite3_last_insert_rowid(in->db);
    return rc;
}

static int put_obs(struct inserter *in, const struct store_obs *o)
{
    sqlite3_stmt *q = in->q[ADD_OBS];
    sqlite3_int64 atom = 0;
    int rc = number_of(in, FIND_ATOM, o->atom, 0, &atom);

    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_int64(q, 1, (sqlite3_int64)o->id);
    sqlite3_bind_int64(q, 2, atom);
    sqlite3_bind_int64(q, 3, o->ts);
    bind_text(q, 4, o->label);
    bind_text(q, 5, o->values);
    return run(q);
}

static int put_score(struct inserter *in, const struct store_score *c)
{
    sqlite3_stmt *q = in->q[ADD_SCORE];
    sqlite3_int64 atom = 0;
    int rc = number_of(in, FIND_ATOM, c->atom, 0, &atom);

    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_int64(q, 1, (sqlite3_int64)c->id);
    sqlite3_bind_int64(q, 2, atom);
    sqlite3_bind_int64(q, 3, c->ts);
    sqlite3_bind_int64(q, 4, (sqlite3_int64)c->gen);
    sqlite3_bind_double(q, 5, (double)c->surprise);
    sqlite3_bind_double(q, 6, (double)c->score);
    sqlite3_bind_double(q, 7, (double)c->tail);
    sqlite3_bind_int(q, 8, c->alarm != 0);
    bind_text(q, 9, c->detail);
    sqlite3_bind_int(q, 10, c->turn_skipped != 0);
    return run(q);
}

static int put_message(struct inserter *in, const struct record *r)
{
    sqlite3_stmt *q = in->q[ADD_MESSAGE];
    sqlite3_int64 boot = 0;
    int rc = number_of(in, FIND_BOOT, r->as.message.boot, r->as.message.ts, &boot);

    if (rc != SQLITE_OK)
        return rc;
    if (r->as.message.seq > JOURNAL_SEQ_MOST)
        return SQLITE_TOOBIG;
    sqlite3_bind_int64(q, 1, JOURNAL_ID(boot, (sqlite3_int64)r->as.message.seq));
    sqlite3_bind_int64(q, 2, r->as.message.ts);
    sqlite3_bind_blob64(q, 3, r->as.message.bytes, r->as.message.len, SQLITE_STATIC);
    return run(q);
}

static int put_kv(struct inserter *in, const struct record *r)
{
    sqlite3_stmt *q = in->q[ADD_KV];

    bind_text(q, 1, r->as.kv.atom);
    bind_text(q, 2, r->as.kv.key);
    sqlite3_bind_blob64(q, 3, r->as.kv.value, r->as.kv.len, SQLITE_STATIC);
    return run(q);
}

int inserter_put(struct inserter *in, const struct record *r)
{
    sqlite3_int64 boot;

    switch (r->kind) {
    case RECORD_OBS: return put_obs(in, &r->as.obs);
    case RECORD_SCORE: return put_score(in, &r->as.score);
    case RECORD_MESSAGE: return put_message(in, r);
    case RECORD_BOOT:
        return number_of(in, FIND_BOOT, r->as.boot.name, r->as.boot.ts, &boot);
    case RECORD_KV: return put_kv(in, r);
    case RECORD_NUDGE: break;
    }
    return SQLITE_OK;
}
