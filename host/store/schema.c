/*
 * store/schema.c - the file and its settings; the tables are in migrate.c.
 */
#include "store/inside.h"

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

/* KIRI_NO_WRITE: the place is wrong and stays so. KIRI_IO: the disk, which may heal. */
static int fail_file(const char *path, const char *what, struct kiri_error *err)
{
    int wrong = errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
                errno == ENAMETOOLONG || errno == EACCES || errno == EPERM;

    return kiri_fail(err, wrong ? KIRI_NO_WRITE : KIRI_IO, "cannot %s %s: %s", what, path,
                     strerror(errno));
}

/* SQLite copies the mode of the file to its -wal and -shm. An existing file is not
 * opened: closing it would take away the locks of our readers. */
static int make_private(const char *path, struct kiri_error *err)
{
    struct stat st;
    int fd;

    if (lstat(path, &st)) {
        if (errno != ENOENT)
            return fail_file(path, "open", err);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            return fail_file(path, "make", err);
        close(fd);
        return 0;
    }
    if (!S_ISREG(st.st_mode))
        return kiri_fail(err, KIRI_NO_WRITE, "%s is not a plain file", path);
    if ((st.st_mode & 07777) != 0600 && chmod(path, 0600))
        return fail_file(path, "make private", err);
    return 0;
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

sqlite3 *schema_open(const char *path, int *damaged, struct kiri_error *err)
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
    /* Another program's file, or what is none, is left as it is; into a damaged one of
     * ours closing puts what its log holds. */
    if (!*damaged || sqlite3_errcode(db) == SQLITE_NOTADB)
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(db);
    return NULL;
}
