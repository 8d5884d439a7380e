/*
 * store/file.c - the writer's connection and what hangs on it: opened together, closed
 * together, at the start and whenever another file takes the place of the one before.
 */
#include "store/inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESCUE_FIRST_MS 2000 /* what a start gives to a damaged file: its newest rows */

char *store_path(const char *dir)
{
    /* A name that begins with "file:" would be a URI to SQLite. */
    char *here = *dir == '/' ? NULL : path_join(".", dir);
    char *path = *dir == '/' || here ? path_join(here ? here : dir, STORE_FILE) : NULL;

    free(here);
    return path;
}

int store_directory(const char *path, struct kiri_error *err)
{
    char *dir = strdup(path);
    int fd;

    if (!dir)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    dir[strlen(dir) - strlen(STORE_FILE)] = '\0';
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        kiri_fail(err, KIRI_NO_WRITE, "cannot open %s: %s", dir, strerror(errno));
    free(dir);
    return fd;
}

static int remember_file(struct store *s, struct kiri_error *err)
{
    struct stat st;

    if (stat(s->path, &st))
        return kiri_fail(err, KIRI_IO, "cannot read %s: %s", s->path, strerror(errno));
    pthread_mutex_lock(&s->lock); /* for the check; only this thread changes them */
    s->dev = st.st_dev;
    s->ino = st.st_ino;
    pthread_mutex_unlock(&s->lock);
    return 0;
}

static int fail_sql(struct store *s, struct kiri_error *err)
{
    return kiri_fail(err, KIRI_IO, "cannot write %s: %s", s->path, sqlite3_errmsg(s->db));
}

/* One try. *damaged: another file in its place would help. */
static int try_file(struct store *s, int *damaged, struct kiri_error *err)
{
    if (!(s->db = schema_open(s->path, damaged, err)))
        return -1;
    if (!(s->insert = inserter_new(s->db, err)) || !(s->keeper = keeper_new(s->db, err)))
        kiri_fail_in(err, "%s", s->path);
    else if (rescue_attach(s) != SQLITE_OK)
        fail_sql(s, err);
    else if (!remember_file(s, err))
        return 0;
    file_close(s);
    return -1;
}

int file_open(struct store *s, struct kiri_error *err)
{
    struct kiri_error first = { 0 };
    int damaged = 0;

    if (!try_file(s, &damaged, &first))
        return 0;
    if (!damaged)
        return kiri_fail(err, first.code, "%s", first.text);
    if (rescue_begin(s, first.text, err))
        return -1;
    return try_file(s, &damaged, err);
}

int file_start(struct store *s, struct kiri_error *err)
{
    int64_t end = clock_mono(&clock_system) + RESCUE_FIRST_MS;
    int more = 1;

    if (file_open(s, err))
        return -1;
    while (more && clock_mono(&clock_system) < end)
        if (rescue_slice(s, &more) != SQLITE_OK)
            return fail_sql(s, err);
    return 0;
}

void file_close(struct store *s)
{
    rescue_detach(s->rescue);
    inserter_free(s->insert);
    keeper_free(s->keeper);
    sqlite3_close(s->db);
    s->insert = NULL;
    s->keeper = NULL;
    s->db = NULL;
}

int file_there(const struct store *s, int64_t *bytes)
{
    struct stat st;

    if (stat(s->path, &st)) {
        *bytes = 0;
        return errno != ENOENT;
    }
    *bytes = st.st_size;
    return st.st_dev == s->dev && st.st_ino == s->ino;
}
