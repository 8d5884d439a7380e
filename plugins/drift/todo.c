#include "todo.h"

#include "calendar.h"
#include "text.h"
#include "todo_line.h"
#include "todo_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LONGEST_PATH 4000u

void todo_open(struct todo *t, const struct kiri_host *host, const char *paths)
{
    *t = (struct todo){ .host = host,
                        .paths = paths,
                        .list = text_hash(TEXT_HASH, paths, strlen(paths)) };
    if (*paths)
        todo_state_load(t);
}

void todo_close(struct todo *t)
{
    free(t->seen);
    events_free(&t->news);
    *t = (struct todo){ 0 };
}

/* ---- what is in the files --------------------------------------------------------- */

struct stamp {
    uint64_t of;    /* changes when a file does */
    int64_t newest; /* s UTC                    */
};

/* 0, or -1 and why. */
static int stamp_of(const char *paths, struct stamp *out, char *why, size_t cap)
{
    char path[LONGEST_PATH];
    struct stat st;
    int rc;

    *out = (struct stamp){ .of = TEXT_HASH };
    while ((rc = text_path(&paths, path, sizeof path)) > 0) {
        if (stat(path, &st) != 0) {
            snprintf(why, cap, "cannot read %s: there is no such file", path);
            return -1;
        }
        int64_t said[] = { (int64_t)st.st_dev, (int64_t)st.st_ino, st.st_size,
                           st.st_mtim.tv_sec, st.st_mtim.tv_nsec };
        out->of = text_hash(out->of, said, sizeof said);
        out->newest = st.st_mtim.tv_sec > out->newest ? st.st_mtim.tv_sec : out->newest;
    }
    if (rc < 0)
        snprintf(why, cap, "a path of todo is longer than %u bytes", LONGEST_PATH - 1);
    return rc;
}

struct lines {
    struct todo_line *list;
    size_t n, cap;
};

static int keep_line(struct lines *l, const struct todo_line *line)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct todo_line *more = realloc(l->list, cap * sizeof *more);
        if (!more)
            return -1;
        l->list = more;
        l->cap = cap;
    }
    l->list[l->n++] = *line;
    return 0;
}

static int read_file(const char *path, struct lines *out, char *why, size_t cap)
{
    struct todo_line said;
    struct text text;
    struct line line;
    size_t at = 0;
    int rc = 0;

    if (text_read(path, &text, why, cap) != TEXT_READ)
        return -1;
    while (rc == 0 && text_line(&text, &at, &line))
        if (todo_line_read(line.s, line.n, &said) == 0 && (rc = keep_line(out, &said)))
            snprintf(why, cap, "memory is short");
    text_free(&text);
    if (rc == 0 && out->n > TODOTXT_MOST) {
        snprintf(why, cap,
                 "%s: more than %u tasks cannot be followed: archive what is done "
                 "in a file that is not listed",
                 path, TODOTXT_MOST);
        rc = -1;
    }
    return rc;
}

static int read_files(const char *paths, struct lines *out, char *why, size_t cap)
{
    char path[LONGEST_PATH];

    while (text_path(&paths, path, sizeof path) > 0)
        if (read_file(path, out, why, cap))
            return -1;
    if (out->n)
        qsort(out->list, out->n, sizeof *out->list, todo_line_order);
    return 0;
}

/* ---- what is new in them ----------------------------------------------------------- */

/* A look: what was before, what is now, what came of it. */
struct look {
    struct events news;
    int64_t now, told, today;
    size_t unsure, vanished; /* lines that came without a date that says it; open lines
                                that left */
    int failed;
};

static void happened(struct look *l, int64_t at, enum event_kind kind)
{
    l->failed |= events_add(&l->news, at, kind, 0);
}

/* Is it of a day of which nothing was told? Then it happened at its first moment. */
static int is_untold(const struct look *l, int64_t day, int64_t *at)
{
    *at = day >= 0 ? calendar_day_begin(CALENDAR_DAY, day) : -1;
    return *at >= l->told && day <= l->today;
}

static int is_late(const struct look *l, int64_t day)
{
    return day >= 0 && day < l->today;
}

/* Lines that were never seen, in a list that was: each says when, or it was now. */
static void came(struct look *l, const struct todo_line *line)
{
    int64_t at;
    int done = line->id & 1;

    if (is_untold(l, line->added, &at))
        happened(l, at, EVENT_ADDED);
    else if (done && (is_late(l, line->added) || is_late(l, line->done)))
        ; /* an old story, of which nothing was known */
    else if (done || line->added >= l->today)
        happened(l, l->now, EVENT_ADDED);
    else
        l->unsure++;
}

static void finished(struct look *l, const struct todo_line *line, int was_open)
{
    int64_t at;

    if (is_untold(l, line->done, &at))
        happened(l, at, EVENT_DONE);
    else if (was_open || !is_late(l, line->done))
        happened(l, l->now, EVENT_DONE);
}

/* How many open and done lines have the id of line i, without bit 0. */
struct group {
    const struct todo_line *open, *done;
    size_t n_open, n_done;
};

static struct group group_at(const struct todo_line *list, size_t n, size_t at,
                             uint64_t id)
{
    struct group g = { .open = list + at };

    while (at < n && list[at].id == id)
        g.n_open++, at++;
    g.done = list + at;
    while (at < n && list[at].id == (id | 1))
        g.n_done++, at++;
    return g;
}

/* One text: what it was and what it is. The latest done lines stand first. */
static void compare(struct look *l, const struct group *was, const struct group *is)
{
    size_t before = was->n_open + was->n_done, now = is->n_open + is->n_done;
    size_t finished_n = is->n_done > was->n_done ? is->n_done - was->n_done : 0;
    size_t archived = was->n_done > is->n_done ? was->n_done - is->n_done : 0;
    size_t came_n = now > before ? now - before : 0;
    size_t left = before > now ? before - now : 0;
    size_t open_came = is->n_open > was->n_open ? is->n_open - was->n_open : 0;

    for (size_t i = 0; i < finished_n; i++)
        finished(l, &is->done[i], i < was->n_open);
    for (size_t i = 0; i < came_n; i++)
        came(l, i < open_came ? &is->open[i] : &is->done[i - open_came]);
    l->vanished += left > archived ? left - archived : 0;
}

static void compare_all(struct look *l, const struct todo *t, const struct lines *now)
{
    size_t i = 0, k = 0;

    while (i < t->n || k < now->n) {
        uint64_t was = i < t->n ? t->seen[i].id & ~UINT64_C(1) : UINT64_MAX;
        uint64_t is = k < now->n ? now->list[k].id & ~UINT64_C(1) : UINT64_MAX;
        uint64_t id = was < is ? was : is;
        struct group before = group_at(t->seen, t->n, i, id);
        struct group after = group_at(now->list, now->n, k, id);
        compare(l, &before, &after);
        i += before.n_open + before.n_done;
        k += after.n_open + after.n_done;
    }
    for (size_t n = l->vanished; n < l->unsure; n++) /* the others were edited */
        happened(l, l->now, EVENT_ADDED);
}

/* A list that is new here: only its dates say something. */
static void begin(struct look *l, const struct lines *now)
{
    int64_t at;

    for (size_t i = 0; i < now->n; i++) {
        if (is_untold(l, now->list[i].added, &at))
            happened(l, at, EVENT_ADDED);
        if (is_untold(l, now->list[i].done, &at))
            happened(l, at, EVENT_DONE);
    }
}

static int take_over(struct todo *t, const struct look *l, const struct lines *now)
{
    if (l->failed)
        return -1;
    for (size_t i = 0; i < l->news.n; i++)
        if (events_add(&t->news, l->news.list[i].at, l->news.list[i].kind, 0)) {
            t->news.n -= i;
            return -1;
        }
    free(t->seen);
    t->seen = now->list;
    t->n = now->n;
    t->known = t->changed = 1;
    return 0;
}

int todo_look(struct todo *t, int64_t now, int64_t told, char *why, size_t cap)
{
    struct look look = { .now = now,
                         .told = told,
                         .today = calendar_slot(CALENDAR_DAY, now) };
    struct lines lines = { 0 };
    struct stamp stamp;

    t->unsettled = 0;
    if (!*t->paths)
        return 0;
    if (stamp_of(t->paths, &stamp, why, cap))
        return -1;
    if (stamp.of == t->stamp)
        return 0;
    t->unsettled = now >= stamp.newest && now - stamp.newest < TODOTXT_SETTLE;
    if (t->unsettled)
        return 0;
    if (read_files(t->paths, &lines, why, cap)) {
        free(lines.list);
        return -1;
    }
    if (t->known)
        compare_all(&look, t, &lines);
    else
        begin(&look, &lines);
    int rc = take_over(t, &look, &lines);
    events_free(&look.news);
    if (rc) {
        free(lines.list);
        snprintf(why, cap, "memory is short");
        return -1;
    }
    t->stamp = stamp.of;
    return 0;
}

int todo_tell(const struct todo *t, struct events *out)
{
    if (!*t->paths)
        return 0;
    out->tasks = 1;
    for (size_t i = 0; i < t->n; i++)
        out->open += !(t->seen[i].id & 1);
    for (size_t i = 0; i < t->news.n; i++)
        if (events_add(out, t->news.list[i].at, t->news.list[i].kind, 0))
            return -1;
    return 0;
}

int todo_save(struct todo *t, int64_t told)
{
    size_t n = 0;

    for (size_t i = 0; i < t->news.n; i++)
        if (t->news.list[i].at >= told)
            t->news.list[n++] = t->news.list[i];
    t->news.n = n;
    return t->changed ? todo_state_save(t) : 0;
}
