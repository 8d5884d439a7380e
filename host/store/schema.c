/*
 * store/schema.c - the file and its settings; the tables are in migrate.c.
 */
#include "store/inside.h"

#include "base/log.h"
#include "store/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION 0x4b495249 /* "KIRI" */

/* Pages are few and small: the whole host has 20 MB. */
static const char settings[] = "PRAGMA cache_size=-512;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA secure_delete=OFF;"
                               "PRAGMA trusted_schema=OFF;";

static const char writing[] = "PRAGMA auto_vacuum=INCREMENTAL;"
                              "PRAGMA journal_mode=WAL;"
                              "PRAGMA synchronous=FULL;"
                              "PRAGMA wal_autocheckpoint=256;"
                              "PRAGMA journal_size_limit=4194304;";

int schema_ask(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        *out = sqlite3_column_int64(q, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(q);
    return rc;
}

int schema_settings(sqlite3 *db)
{
    return sqlite3_exec(db, settings, NULL, NULL, NULL);
}

static int fail_sql(sqlite3 *db, const char *path, struct kiri_error *err)
{
    return kiri_fail(err, KIRI_IO, "cannot open %s: %s", path, sqlite3_errmsg(db));
}

/* SQLite copies the mode of the file to its -wal and -shm. */
static int make_private(const char *path, struct kiri_error *err)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    int rc = 0;

    if (fd < 0)
        return kiri_fail(err, KIRI_NO_WRITE, "cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        rc = kiri_fail(err, KIRI_NO_WRITE, "%s is not a plain file", path);
    else if ((st.st_mode & 07777) != 0600 && fchmod(fd, 0600))
        rc = kiri_fail(err, KIRI_NO_WRITE, "cannot make %s private: %s", path,
                       strerror(errno));
    close(fd);
    return rc;
}

static sqlite3 *connect_to(const char *path, int flags, struct kiri_error *err)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                        NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, 1000) == SQLITE_OK)
        return db;
    fail_sql(db, path, err);
    sqlite3_close(db);
    return NULL;
}

int schema_is_damage(int rc)
{
    return (rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT;
}

int schema_check(sqlite3 *db, const char *path, int64_t *version, int *damaged,
                 struct kiri_error *err)
{
    int64_t application = 0, things = 0;
    int rc;

    if ((rc = schema_ask(db, "PRAGMA application_id", &application)) != SQLITE_OK ||
        (rc = schema_ask(db, "PRAGMA user_version", version)) != SQLITE_OK ||
        (rc = schema_ask(db, "SELECT count(*) FROM sqlite_master", &things)) !=
            SQLITE_OK) {
        *damaged = schema_is_damage(rc);
        return fail_sql(db, path, err);
    }
    if (!things && !application && !*version)
        return 0;
    if (application != APPLICATION)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s is another program's database; move it away or use another "
                         "`state:`",
                         path);
    if (*version > STORE_VERSION)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "%s was written by a newer KIRI (version %" PRId64
                         ", this one knows %d); upgrade, or use another `state:`",
                         path, *version, STORE_VERSION);
    return 0;
}

/* One try. NULL: a sentence, and *damaged when another file in its place would help. */
static sqlite3 *try_open(const char *path, int *damaged, struct kiri_error *err)
{
    sqlite3 *db;
    int64_t version = 0, last;
    int rc;

    *damaged = 0;
    if (make_private(path, err) || !(db = connect_to(path, SQLITE_OPEN_READWRITE, err)))
        return NULL;
    if (schema_check(db, path, &version, damaged, err))
        goto fail;
    if ((rc = schema_settings(db)) != SQLITE_OK ||
        (rc = sqlite3_exec(db, writing, NULL, NULL, NULL)) != SQLITE_OK ||
        (rc = migrate(db, version)) != SQLITE_OK ||
        (rc = schema_ask(db, "SELECT max(id) FROM obs", &last)) != SQLITE_OK ||
        (rc = schema_ask(db, "SELECT max(id) FROM score", &last)) != SQLITE_OK) {
        *damaged = schema_is_damage(rc);
        fail_sql(db, path, err);
        goto fail;
    }
    return db;

fail:
    /* Closing must not tidy up: what is set aside is set aside as it was. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(db);
    return NULL;
}

/* The main file first: a crash in between leaves a log without a file, which SQLite
 * drops. */
static int set_aside(const char *dir, const char *path, const char *why,
                     struct kiri_error *err)
{
    static const char *const companion[] = { "-wal", "-shm" };
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char made[128];
    int rc;

    if (fd < 0)
        return kiri_fail(err, KIRI_NO_WRITE, "cannot open %s: %s", dir, strerror(errno));
    rc = atomic_set_aside(fd, STORE_FILE, "bad", 3, made, sizeof made, err);
    for (int i = 0; !rc && i < 2; i++) {
        char from[32], to[144];

        snprintf(from, sizeof from, "%s%s", STORE_FILE, companion[i]);
        snprintf(to, sizeof to, "%s%s", made, companion[i]);
        if (renameat(fd, from, fd, to) && errno != ENOENT)
            rc = kiri_fail(err, KIRI_NO_WRITE, "cannot move %s%s aside: %s", path,
                           companion[i], strerror(errno));
    }
    close(fd);
    if (!rc)
        log_warn("%s; kept as %s, starting with an empty one", why, made);
    return rc;
}

sqlite3 *schema_open(const char *dir, const char *path, struct kiri_error *err)
{
    struct kiri_error first = { 0 };
    int damaged;
    sqlite3 *db = try_open(path, &damaged, &first);

    if (db)
        return db;
    if (!damaged) {
        kiri_fail(err, first.code, "%s", first.text);
        return NULL;
    }
    if (set_aside(dir, path, first.text, err))
        return NULL;
    return try_open(path, &damaged, err);
}
