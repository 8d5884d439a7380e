#include "eval/corpus.h"

#include "base/path.h"
#include "base/units.h"
#include "base/value.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define NEAR_NAMES 256u
#define FOLDERS    10000u /* more are refused: a link goes in a circle */

static int no_memory(struct kiri_error *err)
{
    return kiri_fail(err, KIRI_INTERNAL, "memory is short");
}

static int ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);

    return n > k && strcasecmp(name + n - k, end) == 0;
}

enum source_format corpus_format(const char *name)
{
    return ends_in(name, ".jsonl") || ends_in(name, ".ndjson") ? SOURCE_JSONL
                                                               : SOURCE_CSV;
}

static int is_data(const char *name)
{
    return ends_in(name, ".csv") || corpus_format(name) == SOURCE_JSONL;
}

static int is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* It can be read again. */
static int is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- what is there --------------------------------------------------------------- */

/* Takes name and path over. */
static int add(struct corpus *c, char *name, char *path)
{
    if (name && path && c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 32;
        struct corpus_stream *more = realloc(c->stream, cap * sizeof *more);
        if (more) {
            c->stream = more;
            c->cap = cap;
        }
    }
    if (!name || !path || c->n == c->cap) {
        free(name);
        free(path);
        return -1;
    }
    c->stream[c->n++] = (struct corpus_stream){ .name = name, .path = path };
    return 0;
}

struct folders { /* to look into, below the root; [0] is "" */
    char **name;
    size_t n;
};

static int add_folder(struct folders *f, char *name)
{
    char **more = name ? realloc(f->name, (f->n + 1) * sizeof *more) : NULL;

    if (!more) {
        free(name);
        return -1;
    }
    f->name = more;
    f->name[f->n++] = name;
    return 0;
}

/* One entry of a folder. 0, or -1: memory is short. */
static int look_at(struct corpus *c, struct folders *f, const char *root,
                   const char *below, const char *entry)
{
    char *name, *path;
    int rc = 0;

    if (*entry == '.')
        return 0;
    name = *below ? path_join(below, entry) : strdup(entry);
    path = name ? path_join(root, name) : NULL;
    if (!path) {
        free(name);
        return -1;
    }
    if (is_folder(path)) {
        rc = add_folder(f, name);
        free(path);
    } else if (is_data(entry) && is_regular(path)) {
        rc = add(c, name, path);
    } else {
        free(name);
        free(path);
    }
    return rc;
}

static int look_into(struct corpus *c, struct folders *f, const char *root,
                     const char *below, struct kiri_error *err)
{
    char *path = *below ? path_join(root, below) : strdup(root);
    DIR *dir = path ? opendir(path) : NULL;
    int rc = 0;

    if (!path)
        return no_memory(err);
    if (!dir)
        rc = kiri_fail(err, KIRI_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
    for (struct dirent *d; dir && rc == 0 && (d = readdir(dir));)
        if (look_at(c, f, root, below, d->d_name))
            rc = no_memory(err);
    if (dir)
        closedir(dir);
    free(path);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    const struct corpus_stream *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static int walk(struct corpus *c, const char *root, struct kiri_error *err)
{
    struct folders f = { 0 };
    int rc = add_folder(&f, strdup("")) ? no_memory(err) : 0;

    for (size_t i = 0; rc == 0 && i < f.n; i++)
        rc = f.n > FOLDERS ? kiri_fail(err, KIRI_BAD_DATA, "%s has more than %u folders",
                                       root, FOLDERS)
                           : look_into(c, &f, root, f.name[i], err);
    for (size_t i = 0; i < f.n; i++)
        free(f.name[i]);
    free(f.name);
    if (c->n)
        qsort(c->stream, c->n, sizeof *c->stream, by_name);
    return rc;
}

/* ---- labels and scores beside it ------------------------------------------------- */

static void free_stream(struct corpus_stream *s)
{
    free(s->name);
    free(s->path);
    free(s->scores);
}

static void count(struct buf *remarks, size_t n, const char *one, const char *many)
{
    if (n)
        buf_putf(remarks, "%zu %s\n", n, n == 1 ? one : many);
}

/* Of a folder: those without windows are left out. */
static void match_all(struct corpus *c, struct buf *remarks)
{
    size_t kept = 0, unused = 0;

    for (size_t i = 0; i < c->n; i++) {
        c->stream[i].windows = windows_find(&c->windows, c->stream[i].name);
        if (c->stream[i].windows)
            c->stream[i].windows->used = 1;
        if (c->stream[i].windows)
            c->stream[kept++] = c->stream[i];
        else
            free_stream(&c->stream[i]);
    }
    count(remarks, c->n - kept, "file has no entry among the windows: left out",
          "files have no entry among the windows: left out");
    c->n = kept;
    for (size_t i = 0; i < c->windows.n; i++)
        unused += !c->windows.of[i].used;
    count(remarks, unused, "entry of the windows has no file: passed over",
          "entries of the windows have no file: passed over");
}

static int match_one(struct corpus *c, struct kiri_error *err)
{
    const char *names[NEAR_NAMES], *near, *base = strrchr(c->stream[0].name, '/');
    char shown[120];
    size_t n = 0;

    c->stream[0].windows = windows_find(&c->windows, c->stream[0].name);
    for (size_t i = 0; !c->stream[0].windows && i < c->windows.n; i++) {
        const char *of = strrchr(c->windows.of[i].name, '/');
        if (of && strcmp(of + 1, base ? base + 1 : c->stream[0].name) == 0)
            c->stream[0].windows = &c->windows.of[i];
    }
    if (c->stream[0].windows)
        return 0;
    for (; n < c->windows.n && n < NEAR_NAMES; n++)
        names[n] = c->windows.of[n].name;
    near = units_nearest(c->stream[0].name, names, n);
    return kiri_fail(err, KIRI_BAD_DATA, "%s has no windows for %s%s%s%s",
                     c->windows.path, value_show(c->stream[0].name, shown, sizeof shown),
                     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int find_scores(struct corpus *c, const char *path, struct kiri_error *err)
{
    if (!c->folder && is_folder(path))
        return kiri_fail(err, KIRI_USAGE,
                         "--scores %s is a folder, and what is labelled one file", path);
    if (c->folder && !is_folder(path))
        return kiri_fail(
            err, is_file(path) ? KIRI_USAGE : KIRI_NO_INPUT,
            "--scores takes a folder here, with a file for each stream: %s is "
            "none",
            path);
    for (size_t i = 0; i < c->n; i++) {
        struct corpus_stream *s = &c->stream[i];
        s->scores = c->folder ? path_join(path, s->name) : strdup(path);
        if (!s->scores)
            return no_memory(err);
        if (c->folder && !is_file(s->scores))
            return kiri_fail(err, KIRI_NO_INPUT,
                             "there are no scores for %s: %s is missing", s->name,
                             s->scores);
    }
    return 0;
}

/* ---- the whole ------------------------------------------------------------------- */

/* As NAB has it: windows in labels/, rows in data/. *root is where the rows are. */
static int open_folder(struct corpus *c, const struct corpus_wish *wish,
                       struct kiri_error *err)
{
    char *labels = path_join(wish->path, "labels/combined_windows.json");
    char *data = path_join(wish->path, "data");
    int rc = labels && data ? 0 : no_memory(err);

    if (rc == 0 && wish->windows)
        rc = windows_open(&c->windows, wish->windows, err);
    else if (rc == 0 && !wish->label && is_file(labels))
        rc = windows_open(&c->windows, labels, err);
    if (rc == 0)
        rc = walk(c, c->windows.path && is_folder(data) ? data : wish->path, err);
    free(labels);
    free(data);
    if (rc == 0 && !c->n)
        return kiri_fail(err, KIRI_NO_INPUT, "%s has no files *.csv or *.jsonl",
                         wish->path);
    return rc;
}

static int open_file(struct corpus *c, const struct corpus_wish *wish,
                     struct kiri_error *err)
{
    if (is_file(wish->path) && !is_regular(wish->path))
        return kiri_fail(err, KIRI_USAGE,
                         "%s is no regular file, and the rows are read twice: save them "
                         "first",
                         wish->path);
    if (add(c, strdup(wish->path), strdup(wish->path)))
        return no_memory(err);
    return wish->windows ? windows_open(&c->windows, wish->windows, err) : 0;
}

int corpus_open(struct corpus *c, const struct corpus_wish *wish, struct buf *remarks,
                struct kiri_error *err)
{
    *c = (struct corpus){ .folder = is_folder(wish->path) };
    if (c->folder ? open_folder(c, wish, err) : open_file(c, wish, err))
        return -1;
    if (c->windows.path && !c->folder && match_one(c, err))
        return -1;
    if (c->windows.path && c->folder) {
        match_all(c, remarks);
        if (!c->n)
            return kiri_fail(err, KIRI_BAD_DATA, "no file below %s has an entry in %s",
                             wish->path, c->windows.path);
    }
    return wish->scores ? find_scores(c, wish->scores, err) : 0;
}

void corpus_free(struct corpus *c)
{
    for (size_t i = 0; i < c->n; i++)
        free_stream(&c->stream[i]);
    free(c->stream);
    windows_free(&c->windows);
    *c = (struct corpus){ 0 };
}
