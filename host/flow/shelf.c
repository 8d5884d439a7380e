#include "flow/shelf.h"

#include "base/path.h"
#include "flow/keep.h"
#include "store/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BADS_KEPT 3

int shelf_open(const char *state, struct kiri_error *err)
{
    char *dir = path_join(state, "models");
    int fd = -1;

    if (!dir)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    if (path_make(dir, err) == 0) {
        fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            kiri_fail(err, KIRI_NO_WRITE, "cannot open directory %s: %s", dir,
                      strerror(errno));
        else
            atomic_sweep(fd);
    }
    free(dir);
    return fd;
}

static void file_name(char out[80], const char *atom, const char *suffix)
{
    snprintf(out, 80, "%.40s.safetensors%s", atom, suffix);
}

/* One file: 0 loaded, 1 there is none, -1 it cannot be used (err says why). */
static int load_one(int shelf, const char *name, struct stream *s, uint64_t *hash,
                    struct kiri_error *err)
{
    char path[64];
    size_t len;

    if (faccessat(shelf, name, F_OK, 0) && errno == ENOENT)
        return 1;
    int fd = openat(shelf, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return kiri_fail(err, KIRI_BAD_DATA, "cannot open it: %s", strerror(errno));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    char *bytes = path_read(path, SHELF_MOST, &len, err);
    close(fd);
    if (!bytes)
        return -1;
    int rc = keep_load(s, bytes, len, hash, err);
    free(bytes);
    return rc;
}

static void say(char *said, size_t cap, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void say(char *said, size_t cap, const char *fmt, ...)
{
    size_t n = strlen(said);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said + n, cap - n, fmt, ap);
    va_end(ap);
}

/* Sets the file aside for the reason in err and says so. */
static void aside(int shelf, const char *name, uint64_t hash,
                  const struct kiri_error *why, char *said, size_t cap)
{
    char as[160], kind[32];
    struct kiri_error err;

    if (why->code == KIRI_HELD)
        snprintf(kind, sizeof kind, "old-%016" PRIx64, hash);
    else
        snprintf(kind, sizeof kind, "bad");
    if (atomic_set_aside(shelf, name, kind, BADS_KEPT, as, sizeof as, &err))
        say(said, cap, "%s: %s; it cannot be moved away: %s. ", name, why->text,
            err.text);
    else
        say(said, cap, "%s: %s; kept as %s. ", name, why->text, as);
}

enum shelf_found shelf_load(int shelf, const char *atom, struct stream *s, char *said,
                            size_t cap)
{
    static const char *const suffixes[] = { "", ".prev" };
    int bad = 0;

    said[0] = '\0';
    for (int i = 0; i < 2; i++) {
        struct kiri_error err = { 0 };
        char name[80];
        uint64_t hash = 0;

        file_name(name, atom, suffixes[i]);
        int rc = load_one(shelf, name, s, &hash, &err);
        if (rc == 0) {
            if (i)
                say(said, cap, "Using %s, the model before it.", name);
            return i ? SHELF_LOADED_PREV : SHELF_LOADED;
        }
        if (rc < 0 && err.code == KIRI_INTERNAL)
            return SHELF_STARVED;
        if (rc < 0) {
            aside(shelf, name, hash, &err, said, cap);
            bad = 1;
        }
    }
    if (bad)
        say(said, cap, "Learning anew.");
    return bad ? SHELF_RELEARN : SHELF_EMPTY;
}

int shelf_save(int shelf, const char *atom, const void *bytes, size_t len,
               struct kiri_error *err)
{
    char name[80];

    file_name(name, atom, "");
    return atomic_replace(shelf, name, bytes, len, err);
}

static void previous_name(char out[80], const char *atom, const char *suffix)
{
    snprintf(out, 80, "%.40s.previous.safetensors%s", atom, suffix);
}

int shelf_save_previous(int shelf, const char *atom, const void *bytes, size_t len,
                        struct kiri_error *err)
{
    char name[80];

    previous_name(name, atom, "");
    return atomic_replace(shelf, name, bytes, len, err);
}

int shelf_load_previous(int shelf, const char *atom, struct stream *s,
                        struct kiri_error *err)
{
    char name[80];

    previous_name(name, atom, "");
    int rc = load_one(shelf, name, s, NULL, err);
    if (rc > 0)
        return kiri_fail(err, KIRI_NO_INPUT,
                         "there is no generation to go back to: no retraining was "
                         "promoted since the last rollback");
    return rc ? kiri_fail_in(err, "%s", name) : 0;
}

void shelf_drop_previous(int shelf, const char *atom)
{
    static const char *const suffixes[] = { ".prev", "" };
    char name[80];

    for (int i = 0; i < 2; i++) {
        previous_name(name, atom, suffixes[i]);
        unlinkat(shelf, name, 0);
    }
}
