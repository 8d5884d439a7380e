#include "room.h"

#include "base/clock.h"

#include <dirent.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

char room[64];

int open_room(void **state)
{
    (void)state;
    snprintf(room, sizeof room, "/tmp/kiri-store-XXXXXX");
    return mkdtemp(room) ? 0 : -1;
}

const char *in_room(const char *name)
{
    static char path[64 + 257];

    snprintf(path, sizeof path, "%s/%s", room, name);
    return path;
}

int close_room(void **state)
{
    DIR *list = opendir(room);

    (void)state;
    for (struct dirent *d; list && (d = readdir(list));)
        unlink(in_room(d->d_name));
    if (list)
        closedir(list);
    return rmdir(room);
}

unsigned names_in_room(const char *prefix)
{
    DIR *list = opendir(room);
    unsigned n = 0;

    for (struct dirent *d; list && (d = readdir(list));)
        n += d->d_name[0] != '.' && !strncmp(d->d_name, prefix, strlen(prefix));
    if (list)
        closedir(list);
    return n;
}

struct store *open_store(void)
{
    struct kiri_error err;
    struct store *s = store_open(room, NULL, &err);

    if (!s)
        fail_msg("%s", err.text);
    return s;
}

void put_obs(struct store *s, const char *atom, uint64_t id)
{
    char values[64];

    snprintf(values, sizeof values, "{\"cpu\":%u}", (unsigned)id);
    store_put_obs(s, &(struct store_obs){ .atom = atom,
                                          .id = id,
                                          .ts = 4100000000000 + (int64_t)id,
                                          .values = values });
}

int64_t ask_file(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    int64_t x = -1;

    if (sqlite3_open_v2(in_room("store.db"), &db, SQLITE_OPEN_READWRITE, NULL) ==
            SQLITE_OK &&
        sqlite3_busy_timeout(db, 5000) == SQLITE_OK &&
        sqlite3_exec(db, "PRAGMA synchronous=OFF", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        x = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return x;
}

void wait_for_file(const char *sql)
{
    const struct timespec moment = { .tv_nsec = 5000000 };
    int64_t end = clock_mono(&clock_system) + 20000;

    while (ask_file(sql) != 1) {
        if (clock_mono(&clock_system) > end)
            fail_msg("never true: %s", sql);
        nanosleep(&moment, NULL);
    }
}
