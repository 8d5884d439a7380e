/*
 * filename - does a new name look like the names here do?
 *
 * Hears from inotify which names appear in the folders that `watch` lists, and tells each
 * once: as it appears, and at the first start those that are there already. Opens no file
 * and reads no content; reads folders, and the list that `learn-from` names: README.md.
 *
 * The kernel's queue of events is bounded. When it overflows, that is said and all
 * folders are read again, so that no name is overlooked.
 */
#include "filename.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define BUDGET     20000u /* entries that one call looks at */
#define SAVE_EVERY 256u   /* names, at most, that are told before they are kept */
#define AT_ONCE_MS 1
#define GONE_MS    2000  /* between looks for a folder that is not there */
#define LOOK_MS    30000 /* ... at those that no event may tell of */

enum { WATCH, RECURSIVE, LEARN_FROM, EXISTING, IGNORE, N_OPTIONS };

static const struct kiri_option options[N_OPTIONS + 1] = {
    [WATCH] = { .name = "watch",
                .type = KIRI_OPT_PATHS,
                .help = "The folders whose new names are looked at." },
    [RECURSIVE] = { .name = "recursive",
                    .type = KIRI_OPT_BOOL,
                    .fallback = "false",
                    .help = "Also the folders in them, however deep." },
    [LEARN_FROM] = { .name = "learn-from",
                     .type = KIRI_OPT_PATH,
                     .fallback = "",
                     .help = "A file of names to learn first, one a line." },
    [EXISTING] = { .name = "existing",
                   .type = KIRI_OPT_INTEGER,
                   .fallback = "8192",
                   .range = "0..1000000",
                   .help = "How many of the names that are there at the first start are "
                           "learned." },
    [IGNORE] = { .name = "ignore",
                 .type = KIRI_OPT_TEXT,
                 .fallback = PATTERNS_USUAL,
                 .help = "Shell patterns of names that nobody chose, apart by spaces." },
};

static const struct kiri_field fields[] = {
    { .name = "name",
      .kind = KIRI_TEXT,
      .flags = KIRI_ALWAYS,
      .max_len = NAME_MAX,
      .help = "A file's or folder's name, byte by byte." },
};

static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 1,
                                           .fields = fields };

/* ---- time ------------------------------------------------------------------------ */

static void wake_in(struct filename *f, int64_t ms)
{
    struct itimerspec when = { .it_value = { .tv_sec = ms / MS_A_SECOND,
                                             .tv_nsec = ms % MS_A_SECOND * 1000000 } };

    timerfd_settime(f->timer, 0, &when, NULL);
}

static int64_t mono(const struct filename *f)
{
    return f->host->mono_ms(f->host->ctx);
}

/* ---- the folders that the YAML names --------------------------------------------- */

static uint32_t folder_of(const struct filename *f, uint32_t root)
{
    for (uint32_t i = 0; i < f->folders.cap; i++)
        if (f->folders.folder[i].used && f->folders.folder[i].root == root &&
            f->folders.folder[i].parent == FOLDERS_NONE)
            return i;
    return FOLDERS_NONE;
}

/* It may be hidden by another that was mounted there: no event tells of that. */
static int is_there(struct filename *f, uint32_t root)
{
    uint32_t i = folder_of(f, root);

    if (i == FOLDERS_NONE)
        return 0;
    if (folders_same(&f->folders, i))
        return 1;
    folders_drop(&f->folders, i);
    return 0;
}

/* Looks for those that are not there (yet, or any more), and for watches; says when to do
 * so again. */
static void look_again(struct filename *f)
{
    int gone = 0;

    for (uint32_t i = 0; i < f->n_roots; i++) {
        struct root *root = &f->root[i];
        if (is_there(f, i))
            continue;
        errno = 0;
        if (folders_add_root(&f->folders, i, root->path) != FOLDERS_NONE) {
            if (root->missed)
                kiri_logf(f->host, KIRI_INFO, "filename: %.400s is there", root->path);
            root->missed = 0;
            continue;
        }
        if (!root->missed)
            kiri_logf(f->host, KIRI_WARN,
                      "filename: %.400s: %s; it is looked for every %d s", root->path,
                      errno ? strerror(errno) : "it cannot be watched",
                      GONE_MS / MS_A_SECOND);
        root->missed = 1;
        gone = 1;
    }
    f->folders.gone = 0;
    folders_retry(&f->folders);
    f->look_at = mono(f) + (gone ? GONE_MS : LOOK_MS);
}

/* The host is woken when there is something to do: at once, or when it is time to look.
 */
static void set_alarm(struct filename *f, int at_once)
{
    int64_t wait = at_once ? 0 : f->look_at - mono(f);

    wake_in(f, wait > 0 ? wait : AT_ONCE_MS);
}

/* ---- opening --------------------------------------------------------------------- */

static const char *option(const struct filename *f, int which)
{
    const char *given = f->host->option(f->host->ctx, options[which].name);

    return given ? given : options[which].fallback ? options[which].fallback : "";
}

static int refuse(const struct filename *f, int which, const char *what)
{
    kiri_logf(f->host, KIRI_ERROR, "filename: option %s %s", options[which].name, what);
    return KIRI_ECONFIG;
}

/* What the host keeps about the roots: the hash of each whose names were all told. */
static int was_told(const struct filename *f, uint64_t hash)
{
    uint64_t told[ROOTS_MOST];
    int len = f->host->kv_get(f->host->ctx, "roots", told, sizeof told);

    if (len > (int)sizeof told)
        return 0; /* another's: no version of this has kept so many */
    for (int i = 0; i < len / (int)sizeof *told; i++)
        if (told[i] == hash)
            return 1;
    return 0;
}

static int take_roots(struct filename *f)
{
    char *at, *path;

    f->paths = strdup(option(f, WATCH));
    if (!f->paths)
        return KIRI_ENOMEM;
    for (path = strtok_r(f->paths, "\n", &at); path; path = strtok_r(NULL, "\n", &at)) {
        if (f->n_roots == ROOTS_MOST)
            return refuse(f, WATCH,
                          "lists more than 256 folders: name their parent, "
                          "with recursive: true");
        if (strlen(path) >= PATH_MAX)
            return refuse(f, WATCH, "has a path of more than 4095 bytes");
        size_t len = strlen(path);
        while (len > 1 && path[len - 1] == '/')
            path[--len] = '\0';
        uint64_t hash = known_hash(&f->known, 1, path, (uint32_t)len);
        f->root[f->n_roots++] =
            (struct root){ .path = path, .hash = hash, .fresh = !was_told(f, hash) };
    }
    return f->n_roots ? KIRI_OK : refuse(f, WATCH, "names no folder");
}

/* The list is learned once. */
static int take_list(struct filename *f)
{
    uint64_t learned = 0, hash;

    f->list = option(f, LEARN_FROM);
    if (!*f->list)
        return KIRI_OK;
    hash = known_hash(&f->known, 2, f->list, (uint32_t)strlen(f->list));
    f->host->kv_get(f->host->ctx, "list", &learned, sizeof learned);
    if (learned == hash)
        return KIRI_OK;
    f->source.list = fopen(f->list, "re");
    if (f->source.list)
        return KIRI_OK;
    kiri_logf(f->host, KIRI_ERROR, "filename: learn-from: %.400s: %s", f->list,
              strerror(errno));
    return KIRI_ECONFIG;
}

static int take_options(struct filename *f)
{
    int rc = take_roots(f);

    f->recursive = strcmp(option(f, RECURSIVE), "true") == 0;
    f->existing = strtoll(option(f, EXISTING), NULL, 10);
    if (rc == KIRI_OK)
        rc = patterns_init(&f->ignored, option(f, IGNORE));
    return rc == KIRI_OK ? take_list(f) : rc;
}

/* One descriptor for the host: events, or time. */
static int make_descriptors(struct filename *f)
{
    struct epoll_event readable = { .events = EPOLLIN };

    f->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (f->timer >= 0 && f->epoll >= 0 &&
        epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->timer, &readable) == 0 &&
        epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->folders.inotify, &readable) == 0)
        return KIRI_OK;
    kiri_logf(f->host, KIRI_ERROR, "filename: %s", strerror(errno));
    return KIRI_EIO;
}

static void filename_close(void *self)
{
    struct filename *f = self;

    if (!f)
        return;
    if (f->known.page)
        known_save(&f->known);
    source_fini(&f->source);
    folders_fini(&f->folders);
    known_fini(&f->known);
    patterns_fini(&f->ignored);
    if (f->timer >= 0)
        close(f->timer);
    if (f->epoll >= 0)
        close(f->epoll);
    free(f->paths);
    free(f);
}

static int filename_open(const struct kiri_host *host, void **self)
{
    struct filename *f = calloc(1, sizeof *f);
    int rc;

    if (!f)
        return KIRI_ENOMEM;
    f->host = host;
    f->timer = f->epoll = f->folders.inotify = -1;
    f->opened_ms = host->now_ms(host->ctx);
    rc = known_init(&f->known, host);
    if (rc == KIRI_OK)
        rc = folders_init(&f->folders, host, &f->known);
    source_init(&f->source, &f->folders);
    if (rc == KIRI_OK)
        rc = take_options(f);
    if (rc == KIRI_OK)
        rc = make_descriptors(f);
    if (rc != KIRI_OK) {
        filename_close(f);
        return rc;
    }
    host->kv_get(host->ctx, "mark", &f->mark_ms, sizeof f->mark_ms);
    look_again(f);
    *self = f;
    return KIRI_OK;
}

static const struct kiri_schema *filename_schema(void *self)
{
    (void)self;
    return &schema;
}

static int filename_fd(void *self)
{
    const struct filename *f = self;

    return f->epoll;
}

/* ---- what is said about it -------------------------------------------------------- */

static void note(const struct filename *f, const char *name, const char *text)
{
    f->host->publish(f->host->ctx, name, text, (uint32_t)strlen(text));
}

static void say_overflow(struct filename *f)
{
    if (f->overflows == f->source.overflows)
        return;
    f->overflows = f->source.overflows;
    kiri_logf(f->host, KIRI_WARN,
              "filename: more new names at once than the kernel keeps (sysctl "
              "fs.inotify.max_queued_events): all folders are read again");
    note(f, "incomplete", "the kernel dropped events: all folders are read again");
}

static void save(struct filename *f)
{
    known_save(&f->known);
    f->unsaved = 0;
}

/* The roots whose names were all told now are so for the next start, too. */
static void keep_roots(struct filename *f)
{
    uint64_t told[ROOTS_MOST];
    int more = 0;

    for (uint32_t i = 0; i < f->n_roots; i++) {
        if (f->root[i].fresh && folder_of(f, i) != FOLDERS_NONE) {
            f->root[i].fresh = 0;
            more = 1;
        }
        told[i] = f->root[i].fresh ? 0 : f->root[i].hash;
    }
    if (more)
        f->host->kv_put(f->host->ctx, "roots", told, f->n_roots * (uint32_t)sizeof *told);
}

/* Nothing waits: all that is there was told. */
static void rest(struct filename *f)
{
    char text[128];

    if (f->source.all_again) {
        snprintf(text, sizeof text, "all folders were read again: %u more name%s",
                 f->found, f->found == 1 ? "" : "s");
        kiri_logf(f->host, KIRI_INFO, "filename: %s", text);
        note(f, "complete", text);
        f->source.all_again = 0;
        f->found = 0;
    }
    save(f);
    if (known_overflowed(&f->known)) {
        int64_t now = f->host->now_ms(f->host->ctx);
        f->host->kv_put(f->host->ctx, "mark", &now, sizeof now);
    }
    keep_roots(f);
    if (f->begun)
        return;
    f->begun = 1;
    if (*f->list) {
        uint64_t hash = known_hash(&f->known, 2, f->list, (uint32_t)strlen(f->list));
        f->host->kv_put(f->host->ctx, "list", &hash, sizeof hash);
    }
    kiri_logf(f->host, KIRI_INFO, "filename: watches %u folder%s", f->folders.n,
              f->folders.n == 1 ? "" : "s");
}

static int filename_collect(void *self, struct kiri_obs *out)
{
    struct filename *f = self;
    uint32_t budget = BUDGET;
    uint64_t times;
    int rc;

    (void)!read(f->timer, &times, sizeof times); /* it has woken us, or it has not */
    if (f->folders.gone || mono(f) >= f->look_at)
        look_again(f);
    while ((rc = source_next(&f->source, &f->met, &budget)) > 0) {
        if (!filename_tells(f))
            continue;
        out->label = filename_label(f);
        out->v[0].text.ptr = f->met.name;
        out->v[0].text.len = f->met.len;
        int more = source_has_more(&f->source);
        if (!more || ++f->unsaved >= SAVE_EVERY)
            save(f);
        say_overflow(f);
        set_alarm(f, !more); /* to rest, if that was all */
        return more ? KIRI_MORE : KIRI_OK;
    }
    say_overflow(f);
    if (rc < 0)
        return rc;
    int busy = !budget || source_has_more(&f->source) || f->folders.gone;
    if (!busy)
        rest(f);
    set_alarm(f, busy);
    return KIRI_NONE;
}

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,
    .name = "filename",
    .version = "1.0",
    .help = "New names in the folders you name, byte by byte.",
    .options = options,
    .open = filename_open,
    .close = filename_close,
    .schema = filename_schema,
    .collect = filename_collect,
    .fd = filename_fd,
};
