#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void source_init(struct source *s, struct folders *f)
{
    s->folders = f;
    s->reading = FOLDERS_NONE;
}

void source_fini(struct source *s)
{
    if (s->list)
        fclose(s->list);
    if (s->dir)
        closedir(s->dir);
    s->list = NULL;
    s->dir = NULL;
}

static int take_name(struct met *out, const char *name, size_t len)
{
    if (len == 0 || len > NAME_MAX)
        return 0;
    memcpy(out->name, name, len);
    out->name[len] = '\0';
    out->len = (uint32_t)len;
    return 1;
}

/* ---- events ---------------------------------------------------------------------- */

static void overflowed(struct source *s)
{
    s->overflows++;
    s->all_again = 1;
    folders_scan_all(s->folders);
}

/* What the event says about folders, and the name in it, if it has one: 1. */
static int take_event(struct source *s, const struct inotify_event *e, struct met *out)
{
    uint32_t i = folders_by_watch(s->folders, e->wd);

    if (e->mask & IN_Q_OVERFLOW) {
        overflowed(s);
        return 0;
    }
    if (i == FOLDERS_NONE)
        return 0; /* dropped meanwhile */
    if (e->mask & IN_IGNORED) {
        folders_forgotten(s->folders, i);
        return 0;
    }
    if (e->mask & IN_MOVE_SELF) {
        folders_moved(s->folders, i);
        return 0;
    }
    if (!(e->mask & (IN_CREATE | IN_MOVED_TO)) || !e->len)
        return 0;
    out->how = MET_EVENT;
    out->folder = i;
    out->is_dir = (e->mask & IN_ISDIR) != 0;
    return take_name(out, e->name, strnlen(e->name, e->len));
}

/* 1: there are events; 0: there are none; KIRI_EIO. */
static int read_events(struct source *s)
{
    ssize_t n = read(s->folders->inotify, s->events, sizeof s->events);

    s->at = s->end = 0;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : KIRI_EIO;
    s->end = (uint32_t)n;
    return n > 0;
}

static int next_event(struct source *s, struct met *out, uint32_t *budget)
{
    int rc;

    for (;;) {
        if (s->at == s->end && (rc = read_events(s)) <= 0)
            return rc;
        while (s->at < s->end && *budget) {
            const struct inotify_event *e = (const void *)(s->events + s->at);
            s->at += (uint32_t)sizeof *e + e->len; /* whose name follows it */
            --*budget;
            if (take_event(s, e, out))
                return 1;
        }
        if (!*budget)
            return 0;
    }
}

/* ---- the list -------------------------------------------------------------------- */

/* The next line that is not empty; what is longer than a name can be is cut. */
static int next_line(struct source *s, struct met *out, uint32_t *budget)
{
    int c = 0;

    while (s->list && *budget) {
        size_t n = 0;
        --*budget;
        s->line++;
        while ((c = getc_unlocked(s->list)) != EOF && c != '\n')
            if (n < NAME_MAX)
                out->name[n++] = (char)c;
        if (n && out->name[n - 1] == '\r')
            n--;
        if (c == EOF) {
            fclose(s->list);
            s->list = NULL;
        }
        if (!n)
            continue;
        out->name[n] = '\0';
        out->how = MET_LISTED;
        out->folder = FOLDERS_NONE;
        out->line = s->line;
        out->len = (uint32_t)n;
        out->is_dir = 0;
        return 1;
    }
    return 0;
}

/* ---- folders that are read ------------------------------------------------------- */

/* Opens the next that is to be read. One that is another folder by now is dropped; what
 * is there instead comes as its parent is read, or as a root that is gone. */
static int open_next(struct source *s)
{
    char path[PATH_MAX];

    for (;;) {
        s->reading = folders_next_scan(s->folders);
        if (s->reading == FOLDERS_NONE)
            return 0;
        if (folders_same(s->folders, s->reading) &&
            folders_path(s->folders, s->reading, path) == 0 && (s->dir = opendir(path)))
            return 1;
        folders_drop(s->folders, s->reading);
    }
}

static int is_dir(DIR *dir, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

/* The folder that is read may be dropped, and its place taken, while we are in it: then
 * what it has is no more ours to tell. */
static int still_reading(const struct source *s)
{
    const struct folder *f = &s->folders->folder[s->reading];
    struct stat st;

    return f->used && fstat(dirfd(s->dir), &st) == 0 && st.st_dev == f->dev &&
           st.st_ino == f->ino;
}

static int next_entry(struct source *s, struct met *out, uint32_t *budget)
{
    const struct dirent *entry;

    while ((s->dir || open_next(s)) && *budget) {
        --*budget;
        entry = still_reading(s) ? readdir(s->dir) : NULL;
        if (!entry) {
            closedir(s->dir);
            s->dir = NULL;
            continue;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            !take_name(out, entry->d_name, strlen(entry->d_name)))
            continue;
        out->how = MET_READ;
        out->folder = s->reading;
        out->is_dir = is_dir(s->dir, entry);
        return 1;
    }
    return 0;
}

int source_next(struct source *s, struct met *out, uint32_t *budget)
{
    int rc = next_event(s, out, budget);

    if (rc == 0)
        rc = next_line(s, out, budget);
    if (rc == 0)
        rc = next_entry(s, out, budget);
    return rc;
}

int source_has_more(const struct source *s)
{
    return s->at < s->end || s->list || s->dir || s->folders->scan_first != FOLDERS_NONE;
}
