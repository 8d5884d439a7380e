#include "plugin_watch.h"

#include "base/log.h"
#include "inside.h"
#include "load/plugin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLE_MS 300   /* without an event, before a file is looked at           */
#define WRITE_MS  10000 /* that a new file may stay open for writing               */
#define LOOK_MS   100   /* between looks at what is due                            */
#define AGAIN_MS  1000  /* between tries to find a directory that is not there     */
#define A_TURN    8192  /* bytes of events read at once                            */

#define EVENTS                                                                           \
    (IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |  \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

struct directory {
    char *path;
    int wd; /* -1: it is not there */
};

/* Where an atom's plugin is, or would be found first. */
struct place {
    char atom[33];
    uint32_t directory;
    char *name;   /* of the file there */
    int64_t due;  /* mono ms when it is looked at; 0: nothing happened */
    int64_t open; /* mono ms since which it is being written; 0: it is not */
};

struct plugin_watch {
    struct host *host;
    int fd;
    uv_poll_t poll;
    uv_timer_t timer;
    struct directory *directory;
    uint32_t n_directories;
    struct place *place;
    uint32_t n_places;
    int64_t tried; /* mono ms: directories that are not there */
    int said;      /* that one cannot be watched */
};

/* ---- what is watched ------------------------------------------------------------- */

static void look(struct plugin_watch *w, struct directory *d)
{
    d->wd = inotify_add_watch(w->fd, d->path, EVENTS);
    if (d->wd >= 0 || errno == ENOENT || errno == ENOTDIR || w->said)
        return;
    w->said = 1;
    log_warn("%s is not watched: %s; when a plugin there changes, say kiri reload",
             d->path,
             errno == ENOSPC ? "there are too many watches on this machine "
                               "(sysctl fs.inotify.max_user_watches)"
                             : strerror(errno));
}

/* Its number; or that of all, when memory is short. */
static uint32_t directory_of(struct plugin_watch *w, const char *path, size_t len)
{
    struct directory *more;
    uint32_t i = 0;

    while (i < w->n_directories && (strncmp(w->directory[i].path, path, len) != 0 ||
                                    w->directory[i].path[len] != '\0'))
        i++;
    if (i < w->n_directories)
        return i;
    more = realloc(w->directory, (i + 1) * sizeof *more);
    if (!more)
        return i;
    w->directory = more;
    more[i].path = len ? strndup(path, len) : strdup("/");
    if (!more[i].path)
        return i;
    w->n_directories++;
    look(w, &more[i]);
    return i;
}

static void add_place(struct plugin_watch *w, const char *atom, const char *dir,
                      size_t len, const char *name)
{
    uint32_t d = directory_of(w, dir, len);
    struct place *more, *p;

    for (uint32_t i = 0; i < w->n_places; i++)
        if (w->place[i].directory == d && strcmp(w->place[i].atom, atom) == 0 &&
            strcmp(w->place[i].name, name) == 0)
            return;
    more = realloc(w->place, (w->n_places + 1) * sizeof *more);
    if (more)
        w->place = more;
    if (!more || d == w->n_directories)
        return; /* memory is short: kiri reload is still there */
    p = &w->place[w->n_places];
    *p = (struct place){ .directory = d, .name = strdup(name) };
    snprintf(p->atom, sizeof p->atom, "%s", atom);
    w->n_places += p->name != NULL;
}

static void add_file(struct plugin_watch *w, const char *atom, const char *file)
{
    const char *slash = strrchr(file, '/');

    if (slash)
        add_place(w, atom, file, (size_t)(slash - file), slash + 1);
}

/* The file that it runs; and, of one that is looked for by its name, all that would come
 * before it. */
static void add_atom(struct plugin_watch *w, const struct conf *c,
                     const struct conf_atom *a)
{
    const struct instance *in = NULL;
    char *name;

    for (uint32_t i = 0; i < w->host->control.n_instances; i++)
        if (strcmp(w->host->control.instance[i]->name, a->name) == 0)
            in = w->host->control.instance[i];
    if (in)
        add_file(w, a->name, plugin_path(in->plugin));
    if (strchr(a->plugin, '/')) {
        add_file(w, a->name, a->plugin);
        return;
    }
    if (asprintf(&name, "%s.so", a->plugin) < 0)
        return;
    for (char *const *dir = c->plugins; dir && *dir; dir++)
        add_place(w, a->name, *dir, strlen(*dir), name);
    free(name);
}

static void free_sets(struct directory *d, uint32_t n_directories, struct place *p,
                      uint32_t n_places)
{
    for (uint32_t i = 0; i < n_directories; i++)
        free(d[i].path);
    for (uint32_t i = 0; i < n_places; i++)
        free(p[i].name);
    free(d);
    free(p);
}

/* What had happened at a place is still to be looked at. */
static void remember(struct plugin_watch *w, const struct directory *before,
                     const struct place *was)
{
    for (uint32_t i = 0; i < w->n_places; i++) {
        struct place *p = &w->place[i];

        if (strcmp(p->atom, was->atom) == 0 && strcmp(p->name, was->name) == 0 &&
            strcmp(w->directory[p->directory].path, before[was->directory].path) == 0) {
            p->due = was->due;
            p->open = was->open;
        }
    }
}

static int is_watched(const struct plugin_watch *w, int wd)
{
    for (uint32_t i = 0; i < w->n_directories; i++)
        if (w->directory[i].wd == wd)
            return 1;
    return 0;
}

void plugin_watch_follow(struct plugin_watch *w)
{
    if (!w)
        return;
    struct directory *directory = w->directory;
    struct place *place = w->place;
    uint32_t n_directories = w->n_directories, n_places = w->n_places;
    const struct conf *c = w->host->conf;

    w->directory = NULL;
    w->place = NULL;
    w->n_directories = w->n_places = 0;
    for (uint32_t i = 0; !c->fixed_plugins && i < c->n_atoms; i++)
        add_atom(w, c, &c->atoms[i]);
    for (uint32_t i = 0; i < n_places; i++)
        if (place[i].due)
            remember(w, directory, &place[i]);
    for (uint32_t i = 0; i < n_directories; i++) /* the same directory has the same wd */
        if (directory[i].wd >= 0 && !is_watched(w, directory[i].wd))
            (void)inotify_rm_watch(w->fd, directory[i].wd);
    free_sets(directory, n_directories, place, n_places);
}

/* ---- what happens ---------------------------------------------------------------- */

/* Just made and not linked: somebody has it open and writes. */
static int is_being_written(const struct plugin_watch *w, const struct place *p)
{
    struct stat st;
    char *file;
    int is;

    if (asprintf(&file, "%s/%s", w->directory[p->directory].path, p->name) < 0)
        return 0;
    is = lstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
    free(file);
    return is;
}

static void happened(struct plugin_watch *w, struct place *p, uint32_t mask)
{
    int64_t now = clock_mono(w->host->flow.clock);

    p->due = now + SETTLE_MS;
    if (mask & IN_CREATE)
        p->open = is_being_written(w, p) ? now : 0;
    else if (!(mask & IN_ATTRIB))
        p->open = 0;
}

/* name NULL: all of the directory. */
static void happened_at(struct plugin_watch *w, uint32_t directory, const char *name,
                        uint32_t mask)
{
    for (uint32_t i = 0; i < w->n_places; i++) {
        struct place *p = &w->place[i];

        if (p->directory == directory && (!name || strcmp(p->name, name) == 0))
            happened(w, p, mask);
    }
}

/* It is another directory that has this path now, or none. */
static void lose(struct plugin_watch *w, uint32_t directory, uint32_t mask)
{
    if (mask & IN_MOVE_SELF)
        (void)inotify_rm_watch(w->fd, w->directory[directory].wd);
    w->directory[directory].wd = -1;
    w->tried = 0;
    happened_at(w, directory, NULL, mask);
}

static void take(struct plugin_watch *w, const struct inotify_event *e, const char *name)
{
    if (e->mask & IN_Q_OVERFLOW) {
        for (uint32_t i = 0; i < w->n_directories; i++)
            happened_at(w, i, NULL, e->mask);
        return;
    }
    for (uint32_t i = 0; i < w->n_directories; i++) {
        if (w->directory[i].wd != e->wd)
            continue;
        if (e->mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF))
            lose(w, i, e->mask);
        else if (e->len)
            happened_at(w, i, name, e->mask);
    }
}

static void on_events(uv_poll_t *poll, int status, int events)
{
    struct plugin_watch *w = poll->data;
    char bytes[A_TURN];
    ssize_t n = read(w->fd, bytes, sizeof bytes);
    struct inotify_event e;

    (void)status, (void)events;
    for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof e + e.len)) {
        memcpy(&e, bytes + at, sizeof e);
        take(w, &e, bytes + at + sizeof e);
    }
}

static void find_again(struct plugin_watch *w, int64_t now)
{
    if (now - w->tried < AGAIN_MS)
        return;
    w->tried = now;
    for (uint32_t i = 0; i < w->n_directories; i++) {
        if (w->directory[i].wd >= 0)
            continue;
        look(w, &w->directory[i]);
        if (w->directory[i].wd >= 0)
            happened_at(w, i, NULL, IN_MOVED_TO);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct plugin_watch *w = timer->data;
    int64_t now = clock_mono(w->host->flow.clock);

    find_again(w, now);
    if (!w->host->running)
        return;
    for (uint32_t i = 0; i < w->n_places; i++) {
        struct place *p = &w->place[i];

        if (!p->due || p->due > now || (p->open && now - p->open < WRITE_MS))
            continue;
        if (reload_look(w->host->reload, p->atom) == 0)
            p->due = p->open = 0;
    }
}

/* ---- life ------------------------------------------------------------------------ */

struct plugin_watch *plugin_watch_new(struct host *h)
{
    struct plugin_watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->host = h;
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w->fd < 0 || uv_poll_init(&h->loop, &w->poll, w->fd)) {
        log_warn("plugin files are not watched: %s; when one changes, say kiri reload",
                 strerror(errno));
        if (w->fd >= 0)
            close(w->fd);
        free(w);
        return NULL;
    }
    uv_timer_init(&h->loop, &w->timer);
    w->poll.data = w->timer.data = w;
    uv_poll_start(&w->poll, UV_READABLE, on_events);
    uv_timer_start(&w->timer, on_timer, LOOK_MS, LOOK_MS);
    plugin_watch_follow(w);
    return w;
}

void plugin_watch_free(struct plugin_watch *w)
{
    if (!w)
        return;
    close(w->fd);
    free_sets(w->directory, w->n_directories, w->place, w->n_places);
    free(w);
}
