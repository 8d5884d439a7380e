/*
 * store/atomic.c - one file at a time, whole or not at all.
 *
 * (Redis' rdbSave does the same; Zeek, ECS agent and others learned the fsync by losing
 * files: zeek#1817, amazon-ecs-agent#1765.)
 */
#include "store/atomic.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_CAP  256
#define STAMP_LEN 20 /* 20261121T005549.123Z: sorts as it was made */

static int write_all(int fd, const char *p, size_t left)
{
    while (left) {
        ssize_t n = write(fd, p, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        p += n;
        left -= (size_t)n;
    }
    return 0;
}

static int sync_fd(int fd)
{
    int rc;

    do
        rc = fsync(fd);
    while (rc && errno == EINTR);
    return rc;
}

/* A descriptor held back for saves. The table of descriptors is the process's, and so is
 * this; -1: given away, or never taken. */
static atomic_int spare = -1;

void atomic_reserve(void)
{
    int fd, none = -1;

    if (atomic_load(&spare) >= 0)
        return;
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && !atomic_compare_exchange_strong(&spare, &none, fd))
        close(fd);
}

/* Is there one descriptor more now? */
static int use_spare(void)
{
    int fd = -1;

    if (errno == EMFILE || errno == ENFILE)
        fd = atomic_exchange(&spare, -1);
    if (fd < 0)
        return 0;
    close(fd);
    return 1;
}

static int forget(int dir, const char *name)
{
    return unlinkat(dir, name, 0) && errno != ENOENT ? -1 : 0;
}

/* A fresh file of ours: whatever lies under that name (a killed save, a link, a FIFO that
 * would block) goes first. Leaves nothing behind when it fails. */
static int write_temp(int dir, const char *temp, const void *data, size_t len)
{
    int fd, e;

    if (forget(dir, temp))
        return -1;
    do
        fd =
            openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd < 0 && (errno == EINTR || use_spare()));
    if (fd < 0)
        return -1;
    e = write_all(fd, data, len) || sync_fd(fd) ? errno : 0;
    if (close(fd) && !e && errno != EINTR) /* after EINTR it is closed all the same */
        e = errno;
    if (!e)
        return 0;
    unlinkat(dir, temp, 0);
    errno = e;
    return -1;
}

/* name becomes prev as well, in one step: once there was a prev there always is one. */
static int keep_previous(int dir, const char *name, const char *link, const char *prev)
{
    if (forget(dir, link))
        return -1;
    if (linkat(dir, name, dir, link, 0))
        return errno == ENOENT ? 0 : -1; /* the first save: there is nothing to keep */
    if (renameat(dir, link, dir, prev)) {
        int e = errno;
        unlinkat(dir, link, 0);
        errno = e;
        return -1;
    }
    return forget(dir, link); /* rename leaves it when both were the same file already */
}

int atomic_replace(int dir, const char *name, const void *data, size_t len,
                   struct kiri_error *err)
{
    char temp[NAME_CAP], prev[NAME_CAP], link[NAME_CAP];
    int e;

    assert(!strchr(name, '/'));
    if (snprintf(link, sizeof link, "%s.prev.tmp", name) >= (int)sizeof link ||
        snprintf(temp, sizeof temp, "%s.tmp", name) >= (int)sizeof temp ||
        snprintf(prev, sizeof prev, "%s.prev", name) >= (int)sizeof prev)
        return kiri_fail(err, KIRI_NO_WRITE, "cannot save %.64s...: the name is too long",
                         name);
    e = write_temp(dir, temp, data, len) ? errno : 0;
    atomic_reserve(); /* again: what was opened is closed */
    if (e)
        return kiri_fail(err, KIRI_IO, "cannot save %s: %s; the old file is untouched",
                         name, strerror(e));
    if (keep_previous(dir, name, link, prev) || renameat(dir, temp, dir, name)) {
        e = errno;
        unlinkat(dir, temp, 0);
        return kiri_fail(err, KIRI_IO, "cannot replace %s: %s; the old file is untouched",
                         name, strerror(e));
    }
    if (sync_fd(dir))
        return kiri_fail(err, KIRI_IO,
                         "saved %s, but it may not survive a power loss: %s", name,
                         strerror(errno));
    return 0;
}

/* ---- what killed processes and damaged files leave behind -------------------------- */

/* Calls each(ctx, dir, name) for all names in dir. 0, or -1 when it cannot be read. */
static int each_name(int dir, void (*each)(void *ctx, int dir, const char *name),
                     void *ctx)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);

    if (!list) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    for (struct dirent *d; (d = readdir(list));)
        each(ctx, dir, d->d_name);
    closedir(list);
    return 0;
}

static void sweep_one(void *ctx, int dir, const char *name)
{
    size_t n = strlen(name);

    (void)ctx;
    if (n > 4 && !strcmp(name + n - 4, ".tmp"))
        unlinkat(dir, name, 0);
}

void atomic_sweep(int dir)
{
    each_name(dir, sweep_one, NULL);
}

/* The files set aside for one reason, by name. */
struct aside {
    const char *prefix; /* "pulse.safetensors.bad-" */
    size_t prefix_len;
    char **name;
    size_t n, cap;
};

static void collect_aside(void *ctx, int dir, const char *name)
{
    struct aside *a = ctx;

    (void)dir;
    if (strncmp(name, a->prefix, a->prefix_len) ||
        strlen(name) < a->prefix_len + STAMP_LEN)
        return;
    if (a->n == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 16;
        char **more = realloc(a->name, cap * sizeof *more);
        if (!more)
            return; /* one too many stays until the next time */
        a->name = more;
        a->cap = cap;
    }
    if ((a->name[a->n] = strdup(name)))
        a->n++;
}

static int newest_first(const void *a, const void *b)
{
    return -strcmp(*(char *const *)a, *(char *const *)b);
}

/* Keeps `made` and the newest of the rest, `keep` in all. Names that share a stamp (a
 * file and its companions) count once. */
static void prune_aside(int dir, const char *prefix, const char *made, unsigned keep)
{
    struct aside a = { .prefix = prefix, .prefix_len = strlen(prefix) };
    size_t stamped = a.prefix_len + STAMP_LEN;
    const char *last = made;
    unsigned kept = 1;

    each_name(dir, collect_aside, &a);
    if (a.n)
        qsort(a.name, a.n, sizeof *a.name, newest_first);
    for (size_t i = 0; i < a.n; i++) {
        if (!strncmp(a.name[i], made, stamped))
            continue;
        if (strncmp(a.name[i], last, stamped))
            kept++;
        last = a.name[i];
        if (kept > keep)
            unlinkat(dir, a.name[i], 0);
    }
    for (size_t i = 0; i < a.n; i++)
        free(a.name[i]);
    free(a.name);
}

static void stamp(struct timespec at, char out[STAMP_LEN + 1])
{
    struct tm tm;
    char day[16];

    gmtime_r(&at.tv_sec, &tm);
    if (strftime(day, sizeof day, "%Y%m%dT%H%M%S", &tm) != 15)
        memcpy(day, "19700101T000000", 16); /* a clock beyond the year 9999 */
    snprintf(out, STAMP_LEN + 1, "%s.%03uZ", day,
             (unsigned)(at.tv_nsec / 1000000) % 1000u);
}

int atomic_set_aside(int dir, const char *name, const char *why, unsigned keep, char *out,
                     size_t cap, struct kiri_error *err)
{
    char prefix[NAME_CAP - STAMP_LEN], made[NAME_CAP], when[STAMP_LEN + 1];
    struct timespec at;
    struct stat st;

    assert(!strchr(name, '/') && !strchr(why, '/') && keep >= 1);
    if (snprintf(prefix, sizeof prefix, "%s.%s-", name, why) >=
        (int)sizeof prefix - STAMP_LEN)
        return kiri_fail(err, KIRI_NO_WRITE,
                         "cannot move %.64s... aside: the name is too long", name);
    clock_gettime(CLOCK_REALTIME, &at);
    for (;;) { /* two in one millisecond: the second takes the next one */
        stamp(at, when);
        snprintf(made, sizeof made, "%s%s", prefix, when);
        if (fstatat(dir, made, &st, AT_SYMLINK_NOFOLLOW))
            break;
        at.tv_nsec += 1000000;
        if (at.tv_nsec >= 1000000000) {
            at.tv_nsec -= 1000000000;
            at.tv_sec++;
        }
    }
    if (renameat(dir, name, dir, made))
        return kiri_fail(err, KIRI_NO_WRITE, "cannot move %s aside: %s", name,
                         strerror(errno));
    if (out && snprintf(out, cap, "%s", made) >= (int)cap)
        return kiri_fail(err, KIRI_INTERNAL, "%s: no room for the new name", made);
    prune_aside(dir, prefix, made, keep);
    fsync(dir);
    return 0;
}
