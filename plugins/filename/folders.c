#include "folders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNWATCHED_MOST 1024u
#define HEARD          (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

int folders_init(struct folders *f, const struct kiri_host *host,
                 const struct known *known)
{
    *f = (struct folders){ .host = host,
                           .known = known,
                           .scan_first = FOLDERS_NONE,
                           .scan_last = FOLDERS_NONE };
    for (uint32_t i = 0; i < FOLDERS_HEADS; i++)
        f->head[i] = FOLDERS_NONE;
    f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (f->inotify >= 0)
        return KIRI_OK;
    if (errno == ENOMEM)
        return KIRI_ENOMEM;
    kiri_logf(host, KIRI_ERROR, "filename: %s",
              errno == EMFILE ? "this user has no inotify instance left; more: sysctl "
                                "fs.inotify.max_user_instances"
                              : strerror(errno));
    return KIRI_EIO;
}

void folders_fini(struct folders *f)
{
    for (uint32_t i = 0; i < f->cap; i++)
        free(f->folder[i].name);
    free(f->folder);
    if (f->inotify >= 0)
        close(f->inotify);
    *f = (struct folders){ .inotify = -1 };
}

/* ---- places ---------------------------------------------------------------------- */

int folders_path(const struct folders *f, uint32_t i, char *path)
{
    size_t end = PATH_MAX, len;

    path[--end] = '\0';
    for (; i != FOLDERS_NONE; i = f->folder[i].parent) {
        len = strlen(f->folder[i].name);
        if (len + 1 > end)
            return -1;
        memcpy(path + end - len, f->folder[i].name, len);
        end -= len;
        if (f->folder[i].parent != FOLDERS_NONE)
            path[--end] = '/';
    }
    memmove(path, path + end, PATH_MAX - end);
    return 0;
}

int folders_path_of(const struct folders *f, uint32_t i, const char *name, char *path)
{
    size_t len;

    if (folders_path(f, i, path))
        return -1;
    len = strlen(path);
    return snprintf(path + len, PATH_MAX - len, "%s%s",
                    len && path[len - 1] == '/' ? "" : "/", name) < (int)(PATH_MAX - len)
               ? 0
               : -1;
}

static uint32_t *head_of(struct folders *f, int wd)
{
    return &f->head[(uint32_t)wd % FOLDERS_HEADS];
}

uint32_t folders_by_watch(const struct folders *f, int wd)
{
    uint32_t i = wd < 0 ? FOLDERS_NONE : f->head[(uint32_t)wd % FOLDERS_HEADS];

    while (i != FOLDERS_NONE && f->folder[i].wd != wd)
        i = f->folder[i].same_head;
    return i;
}

static void set_watch(struct folders *f, uint32_t i, int wd)
{
    f->folder[i].wd = wd;
    if (wd < 0) {
        f->unwatched++;
        return;
    }
    f->folder[i].same_head = *head_of(f, wd);
    *head_of(f, wd) = i;
}

static void unset_watch(struct folders *f, uint32_t i)
{
    uint32_t *at;

    if (f->folder[i].wd < 0) {
        f->unwatched--;
        return;
    }
    for (at = head_of(f, f->folder[i].wd); *at != i; at = &f->folder[*at].same_head)
        ;
    *at = f->folder[i].same_head;
    f->folder[i].wd = -1;
}

static void queue(struct folders *f, uint32_t i)
{
    if (f->folder[i].to_scan)
        return;
    f->folder[i].to_scan = 1;
    f->folder[i].scan_next = FOLDERS_NONE;
    if (f->scan_last == FOLDERS_NONE)
        f->scan_first = i;
    else
        f->folder[f->scan_last].scan_next = i;
    f->scan_last = i;
}

uint32_t folders_next_scan(struct folders *f)
{
    uint32_t i = f->scan_first;

    if (i == FOLDERS_NONE)
        return i;
    f->scan_first = f->folder[i].scan_next;
    if (f->scan_first == FOLDERS_NONE)
        f->scan_last = FOLDERS_NONE;
    f->folder[i].to_scan = 0;
    return i;
}

void folders_scan_all(struct folders *f)
{
    for (uint32_t i = 0; i < f->cap; i++)
        if (f->folder[i].used)
            queue(f, i);
}

static void unqueue(struct folders *f, uint32_t gone)
{
    uint32_t before = FOLDERS_NONE;

    if (!f->folder[gone].to_scan)
        return;
    for (uint32_t i = f->scan_first; i != gone; i = f->folder[i].scan_next)
        before = i;
    if (before == FOLDERS_NONE)
        f->scan_first = f->folder[gone].scan_next;
    else
        f->folder[before].scan_next = f->folder[gone].scan_next;
    if (f->scan_last == gone)
        f->scan_last = before;
    f->folder[gone].to_scan = 0;
}

/* ---- leaving --------------------------------------------------------------------- */

static int is_below(const struct folders *f, uint32_t i, uint32_t top)
{
    while (i != FOLDERS_NONE && i != top)
        i = f->folder[i].parent;
    return i == top;
}

static void leave(struct folders *f, uint32_t i)
{
    struct folder *gone = &f->folder[i];

    if (gone->parent == FOLDERS_NONE)
        f->gone = 1;
    if (gone->wd >= 0)
        inotify_rm_watch(f->inotify, gone->wd);
    unset_watch(f, i);
    unqueue(f, i);
    free(gone->name);
    *gone = (struct folder){ .wd = -1 };
    f->n--;
}

void folders_drop(struct folders *f, uint32_t top)
{
    for (uint32_t i = 0; i < f->cap; i++)
        if (i != top && f->folder[i].used && is_below(f, i, top))
            f->folder[i].leaving = 1; /* before their way up breaks */
    for (uint32_t i = 0; i < f->cap; i++)
        if (f->folder[i].leaving)
            leave(f, i);
    leave(f, top);
}

int folders_same(const struct folders *f, uint32_t i)
{
    char path[PATH_MAX];
    struct stat st;

    return folders_path(f, i, path) == 0 && stat(path, &st) == 0 &&
           st.st_dev == f->folder[i].dev && st.st_ino == f->folder[i].ino;
}

void folders_moved(struct folders *f, uint32_t i)
{
    if (!folders_same(f, i))
        folders_drop(f, i);
}

void folders_forgotten(struct folders *f, uint32_t i)
{
    unset_watch(f, i);
    set_watch(f, i, -1); /* the kernel has taken it away */
    folders_drop(f, i);
}

/* ---- coming ---------------------------------------------------------------------- */

static uint32_t free_place(struct folders *f)
{
    uint32_t i = 0, cap = f->cap ? f->cap * 2 : 16;
    struct folder *more;

    if (f->n < f->cap) {
        while (f->folder[i].used)
            i++;
        return i;
    }
    more = realloc(f->folder, cap * sizeof *more);
    if (!more)
        return FOLDERS_NONE;
    memset(more + f->cap, 0, (cap - f->cap) * sizeof *more);
    f->folder = more;
    i = f->cap;
    f->cap = cap;
    return i;
}

static void say_limit(struct folders *f, const char *path)
{
    if (!f->said_limit)
        kiri_logf(f->host, KIRI_WARN,
                  "filename: this user has no inotify watch left: %.300s and up to %u "
                  "others are read twice a minute instead; more: sysctl "
                  "fs.inotify.max_user_watches",
                  path, UNWATCHED_MOST);
    f->said_limit = 1;
}

static void say_full(struct folders *f, const char *path)
{
    if (!f->full)
        kiri_logf(f->host, KIRI_WARN,
                  "filename: more folders than can be followed (%u): %.300s and others "
                  "are left out",
                  f->n, path);
    f->full = 1;
}

/* A folder without a watch, by its place. */
static uint32_t find_unwatched(const struct folders *f, uint32_t parent, const char *name)
{
    for (uint32_t i = 0; i < f->cap && f->unwatched; i++)
        if (f->folder[i].used && f->folder[i].wd < 0 && f->folder[i].parent == parent &&
            strcmp(f->folder[i].name, name) == 0)
            return i;
    return FOLDERS_NONE;
}

/* Watches the folder at path; *wd gets -1 where there are no more watches. KIRI_OK, or
 * KIRI_NONE: it is not there, or may not be read. */
static int watch(struct folders *f, const char *path, int is_root, int *wd)
{
    *wd = inotify_add_watch(f->inotify, path, HEARD | (is_root ? 0 : IN_DONT_FOLLOW));
    if (*wd >= 0)
        return KIRI_OK;
    if (errno == ENOSPC || errno == ENOMEM) {
        say_limit(f, path);
        return KIRI_OK;
    }
    if (!is_root && errno != ENOENT && errno != ENOTDIR)
        kiri_logf(f->host, KIRI_WARN, "filename: %.400s is left out: %s", path,
                  strerror(errno));
    return KIRI_NONE;
}

/* A folder whose watch we have already. Renamed: it is put where it is now, and keeps
 * what is known of it; else it is watched by another path, and stays. */
static uint32_t meet_again(struct folders *f, uint32_t i, uint32_t parent,
                           const char *name)
{
    char *copy;

    if (folders_same(f, i) || f->folder[i].parent == FOLDERS_NONE ||
        parent == FOLDERS_NONE || is_below(f, parent, i))
        return i;
    copy = strdup(name);
    if (!copy)
        return FOLDERS_NONE;
    free(f->folder[i].name);
    f->folder[i].name = copy;
    f->folder[i].parent = parent;
    f->folder[i].root = f->folder[parent].root;
    queue(f, i); /* what came while it was on its way */
    return i;
}

static uint32_t add(struct folders *f, uint32_t parent, uint32_t root, const char *name,
                    const char *path)
{
    struct stat st;
    int wd;

    if (watch(f, path, parent == FOLDERS_NONE, &wd) || stat(path, &st))
        return FOLDERS_NONE;
    uint32_t i = wd < 0 ? find_unwatched(f, parent, name) : folders_by_watch(f, wd);
    if (i != FOLDERS_NONE)
        return wd < 0 ? i : meet_again(f, i, parent, name);
    if (f->n >= FOLDERS_MOST || (wd < 0 && f->unwatched >= UNWATCHED_MOST)) {
        if (wd >= 0)
            inotify_rm_watch(f->inotify, wd);
        say_full(f, path);
        return FOLDERS_NONE;
    }
    char *copy = strdup(name);
    i = copy ? free_place(f) : FOLDERS_NONE;
    if (i == FOLDERS_NONE) {
        if (wd >= 0)
            inotify_rm_watch(f->inotify, wd);
        free(copy);
        return FOLDERS_NONE;
    }
    f->folder[i] = (struct folder){
        .used = 1,
        .parent = parent,
        .root = root,
        .name = copy,
        .dev = st.st_dev,
        .ino = st.st_ino,
        .salt = known_hash(f->known, 0, path, (uint32_t)strlen(path)),
    };
    f->n++;
    set_watch(f, i, wd);
    queue(f, i);
    return i;
}

uint32_t folders_add_root(struct folders *f, uint32_t root, const char *path)
{
    return add(f, FOLDERS_NONE, root, path, path);
}

uint32_t folders_add(struct folders *f, uint32_t parent, const char *name)
{
    char path[PATH_MAX];

    if (folders_path_of(f, parent, name, path))
        return FOLDERS_NONE;
    return add(f, parent, f->folder[parent].root, name, path);
}

void folders_retry(struct folders *f)
{
    char path[PATH_MAX];
    int wd;

    for (uint32_t i = 0; i < f->cap && f->unwatched; i++) {
        if (!f->folder[i].used || f->folder[i].wd >= 0 || folders_path(f, i, path))
            continue;
        if (watch(f, path, f->folder[i].parent == FOLDERS_NONE, &wd)) {
            folders_drop(f, i);
        } else if (wd < 0 || folders_by_watch(f, wd) == FOLDERS_NONE) {
            unset_watch(f, i);
            set_watch(f, i, wd);
            queue(f, i);
        }
    }
    if (!f->unwatched)
        f->said_limit = 0;
}
