/* cell_life.c - a cell's process: started, opened, ended, counted, started again. */
#include "load/cell_inside.h"

#include "base/clock.h"
#include "base/value.h"
#include "load/vtable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define END_MS 1000 /* in which a killed process is gone, unless the kernel holds it */

static int64_t mono(const struct cell *c)
{
    return c->host->mono_ms(c->host->ctx);
}

/* ---- failures ---------------------------------------------------------------------- */

/* 0..1, not the same for two cells (splitmix64). */
static double roll(struct cell *c)
{
    uint64_t z = c->dice += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void cell_drop_child(struct cell *c)
{
    int status;

    atomic_store(&c->pid, 0);
    c->has_fd = 0;
    if (c->child.pid) {
        (void)epoll_ctl(c->hub, EPOLL_CTL_DEL, c->child.pidfd, NULL);
        (void)child_end(&c->child, END_MS, &status); /* else it is tried again */
    }
    cell_link_fini(&c->link);
    buf_free(&c->out);
}

int cell_failed(struct cell *c, const char *fmt, ...)
{
    char what[128];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    cell_drop_child(c);
    int64_t pause = cell_backoff(&c->backoff, mono(c), roll(c));
    if (pause < 0) {
        c->broken = 1;
        c->trouble.wait_ms = 0;
        snprintf(c->trouble.why, sizeof c->trouble.why,
                 "%s; it failed %u times in 10 min and is not started again until a "
                 "reload",
                 what, CELL_FAILURES);
        return KIRI_EBUG;
    }
    c->due = mono(c) + pause;
    c->trouble.wait_ms = pause;
    snprintf(c->trouble.why, sizeof c->trouble.why, "%s; next try in %.1f s", what,
             (double)pause / 1e3);
    return KIRI_EIO;
}

/* ---- start ------------------------------------------------------------------------- */

static int starved(struct cell *c, const char *what, int e)
{
    snprintf(c->trouble.why, sizeof c->trouble.why, "%s: %s", what, strerror(e));
    return KIRI_ENOMEM;
}

/* In one place for all lives, so that whoever waits for it need not know of them. */
static int join_hub(struct cell *c)
{
    struct epoll_event ask = { .events = EPOLLIN };

    return epoll_ctl(c->hub, EPOLL_CTL_ADD, c->link.fd, &ask) ||
           epoll_ctl(c->hub, EPOLL_CTL_ADD, c->child.pidfd, &ask);
}

static int spawn(struct cell *c)
{
    char name[] = "kiri", command[] = "cell", *argv[] = { name, command, NULL };
    int ends[2], e;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return starved(c, "no socket to a cell", errno);
    const int files[] = { -1, -1, -1, c->image, ends[1] };
    e = child_start(c->exe, argv, files, sizeof files / sizeof *files, &c->child);
    close(ends[1]);
    if (e) {
        close(ends[0]);
        return starved(c, "no cell can be started", e);
    }
    if (cell_link_init(&c->link, ends[0]) || join_hub(c)) {
        e = errno;
        cell_drop_child(c);
        return starved(c, "a cell cannot be watched", e);
    }
    c->link.ended = c->child.pidfd;
    return KIRI_OK;
}

/* Its first word: it has loaded the image. */
static int greet(struct cell *c)
{
    struct cell_frame f;
    char why[256];
    int rc;

    buf_clear(&c->out);
    rc = cell_ask(c, CELL_HELLO, CELL_START_MS, " when it started", &f);
    if (rc)
        return rc;
    const char *sorry = cell_take_string(&f, why, sizeof why);
    uint32_t has = cell_take_u32(&f);
    if (!cell_all_read(&f))
        return cell_failed(c, "its cell said what no atom can say when it started");
    if (sorry)
        return cell_failed(c, "its cell cannot load it: %.80s", why);
    if (!(has & CELL_HAS_TOKENIZE))
        return KIRI_OK;
    snprintf(c->trouble.why, sizeof c->trouble.why,
             "it brings a tokenizer of its own, which this version of KIRI does not call "
             "yet: describe its words in the schema");
    return KIRI_ECONFIG;
}

static void put_options(struct cell *c)
{
    const char *value[VTABLE_MOST_OPTIONS] = { NULL };
    const struct kiri_option *o = c->probe.options;
    uint32_t n = 0;

    for (uint32_t i = 0; o[i].name; i++) {
        value[i] = c->host->option(c->host->ctx, o[i].name);
        n += value[i] != NULL;
    }
    cell_u32(&c->out, n);
    for (uint32_t i = 0; o[i].name; i++) {
        if (!value[i])
            continue;
        cell_string(&c->out, o[i].name);
        cell_string(&c->out, value[i]);
    }
}

/* The language of the first life is that of all: the stream has learned it. */
static int take_schema(struct cell *c, struct cell_frame *f)
{
    struct kiri_schema *s = cell_take_schema(f);
    char why[256];

    if (!s || kiri_schema_check(s, why, sizeof why)) {
        free(s);
        return cell_failed(c, "its cell said what no atom can say in open()");
    }
    if (!c->schema) {
        c->schema = s;
        return KIRI_OK;
    }
    int same = kiri_schema_hash(s) == kiri_schema_hash(c->schema);
    free(s);
    if (same)
        return KIRI_OK;
    snprintf(c->trouble.why, sizeof c->trouble.why,
             "its cell started again with another schema: kiri reload takes it");
    return KIRI_EBUG;
}

static int open_atom(struct cell *c)
{
    const char *zone = getenv("TZ");
    struct cell_frame f;
    char why[1024];
    int rc;

    cell_begin(&c->out, CELL_OPEN);
    cell_string(&c->out, zone && strlen(zone) < CELL_MOST_ZONE ? zone : NULL);
    put_options(c);
    rc = cell_ask(c, CELL_OPENED, CELL_DEADLINE_MS, " in open()", &f);
    if (rc)
        return rc;
    rc = cell_take_i32(&f);
    if (cell_take_string(&f, why, sizeof why))
        value_show(why, c->trouble.why, sizeof c->trouble.why);
    if (f.bad || rc > KIRI_OK)
        return cell_failed(c, "its cell said what no atom can say in open()");
    if (rc < 0)
        return rc;
    c->has_fd = cell_take_u32(&f) != 0;
    return take_schema(c, &f);
}

/* The one before must be gone, even if the kernel holds it. */
static int wait_for_last(struct cell *c)
{
    int status;

    if (!c->child.pid || child_end(&c->child, 0, &status) == 0)
        return KIRI_OK;
    c->trouble.wait_ms = CELL_LONGEST_MS;
    snprintf(c->trouble.why, sizeof c->trouble.why,
             "its last cell (process %d) hangs in the kernel and cannot be ended",
             (int)c->child.pid);
    return KIRI_EIO;
}

int cell_start(struct cell *c)
{
    int rc = wait_for_last(c);

    if (rc == KIRI_OK)
        rc = spawn(c);
    if (rc == KIRI_OK)
        rc = greet(c);
    if (rc == KIRI_OK)
        rc = open_atom(c);
    if (rc == KIRI_OK)
        atomic_store(&c->pid, (int)c->child.pid);
    else
        cell_drop_child(c);
    return rc;
}

/* ---- end --------------------------------------------------------------------------- */

void cell_stop(struct cell *c)
{
    struct cell_frame f;

    if (c->link.fd >= 0) {
        cell_begin(&c->out, CELL_CLOSE);
        if (cell_ask(c, CELL_CLOSED, CELL_DEADLINE_MS, " in close()", &f) == KIRI_OK)
            (void)child_ended(&c->child, END_MS);
    }
    cell_drop_child(c);
}
