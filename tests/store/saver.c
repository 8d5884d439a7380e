/*
 * saver COMMAND DIR - what the sweep (sweep_test.sh) does to a folder with a fault
 * injected at one system call, and how it looks afterwards.
 *
 *   saver make DIR      model with the old bytes, model.prev with older ones
 *   saver save DIR      replaces DIR/model, which holds the old bytes, by the new ones;
 *                       exits 0 or 1 (refused)
 *   saver look DIR      exits 0 when model holds the old or the new bytes and model.prev
 *                       old ones, if it is there; prints "old" or "new"
 *   saver sweep DIR     what the next start does; exits 0 when no *.tmp is left
 *   saver commit DIR    puts one more row into DIR/store.db and flushes; exits 0 or 1
 *   saver rows DIR      opens the store as a host does, prints how many rows it has
 */
#include "store/atomic.h"
#include "store/reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SIZE 20000

static char bytes[SIZE + 1];

static int holds(int dir, const char *name, char c)
{
    static char got[SIZE + 2];
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, got, sizeof got);

    if (fd >= 0)
        close(fd);
    if (n != SIZE)
        return 0;
    memset(bytes, c, SIZE);
    return memcmp(got, bytes, SIZE) == 0;
}

static int save(int dir, char c)
{
    struct kiri_error err;

    memset(bytes, c, SIZE);
    if (!atomic_replace(dir, "model", bytes, SIZE, &err))
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return 1;
}

/* model: b (old) or c (new); model.prev: a or b. */
static int look(int dir)
{
    int old = holds(dir, "model", 'b');

    if (!old && !holds(dir, "model", 'c'))
        return 1;
    if (!holds(dir, "model.prev", 'a') && !holds(dir, "model.prev", 'b'))
        return 1;
    if (!old && !holds(dir, "model.prev", 'b'))
        return 1;
    puts(old ? "old" : "new");
    return 0;
}

static int sweep(int dir)
{
    atomic_sweep(dir);
    return faccessat(dir, "model.tmp", F_OK, 0) == 0 ||
           faccessat(dir, "model.prev.tmp", F_OK, 0) == 0;
}

static int count(void *ctx, const struct store_obs *o)
{
    (void)o;
    ++*(unsigned *)ctx;
    return 0;
}

static int commit(const char *dir)
{
    struct store *s = store_open(dir, NULL, NULL);
    int rc;

    if (!s)
        return 1;
    store_put_obs(s, &(struct store_obs){ .atom = "pulse",
                                          .id = store_next_id(s),
                                          .ts = 4100000000000,
                                          .values = "{\"cpu\":1}" });
    rc = store_flush(s, 300) != 0;
    store_close(s, 300);
    return rc;
}

static int rows(const char *dir)
{
    struct store *s = store_open(dir, NULL, NULL);
    struct store_state state;
    unsigned n = 0;

    if (!s || store_history(s, "pulse", 1000, count, &n, NULL, NULL))
        return 1;
    store_state(s, &state);
    store_close(s, 5000);
    printf("%u\n", n);
    return state.degraded || state.recovered.ts;
}

int main(int argc, char **argv)
{
    const char *command = argc == 3 ? argv[1] : "";
    int dir = argc == 3 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (dir < 0)
        return 64;
    if (!strcmp(command, "make"))
        return save(dir, 'a') || save(dir, 'b');
    if (!strcmp(command, "save"))
        return save(dir, 'c');
    if (!strcmp(command, "look"))
        return look(dir);
    if (!strcmp(command, "sweep"))
        return sweep(dir);
    if (!strcmp(command, "commit"))
        return commit(argv[2]);
    if (!strcmp(command, "rows"))
        return rows(argv[2]);
    return 64;
}
