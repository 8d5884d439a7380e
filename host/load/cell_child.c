/*
 * cell_child.c - the life of a cell: one atom, asked over a socket. Nothing here is
 * believed by the host; all of it is undone when the process ends.
 */
#include "load/cell.h"

#include "base/child.h"
#include "load/cell_host.h"
#include "load/image.h"
#include "load/plugin.h"
#include "load/vtable.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct inmate { /* the atom */
    struct vtable vtable;
    void *self;
    struct kiri_schema *schema; /* NULL: not open */
    int fd;                     /* its own; -1: none            */
    int listening;              /* its fd is to be watched      */
};

/* A sanitizer's shadow needs more address space than any limit that means something. */
static int may_limit_memory(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return 0;
#else
    return 1;
#endif
#else
    return 1;
#endif
}

static void set_limits(void)
{
    const struct rlimit memory = { CELL_MEMORY, CELL_MEMORY };
    const struct rlimit files = { CELL_FILES, CELL_FILES };

    if (may_limit_memory())
        setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_NOFILE, &files);
}

/* ---- the host's wishes ------------------------------------------------------------- */

static void say_opened(struct cell_host *h, const struct inmate *in, int rc,
                       const char *why)
{
    struct buf *out = cell_host_begin(h, CELL_OPENED);

    cell_u32(out, (uint32_t)rc);
    cell_string(out, why);
    if (rc == KIRI_OK) {
        cell_u32(out, in->fd >= 0);
        cell_put_schema(out, in->schema);
    }
    cell_host_answer(h);
}

static int open_atom(struct cell_host *h, struct inmate *in, struct kiri_error *err)
{
    const struct kiri_atom *a = &in->vtable.atom;
    int rc = a->open(&h->table, &in->self);

    if (rc != KIRI_OK)
        return rc;
    in->schema = plugin_schema_of(a, in->self, err);
    if (!in->schema)
        return err->code == KIRI_INTERNAL ? KIRI_ENOMEM : KIRI_EBUG;
    in->fd = a->fd ? a->fd(in->self) : -1;
    in->listening = in->fd >= 0;
    return KIRI_OK;
}

/* Days and hours are the host's: all of its environment that a cell gets. */
static int take_zone(struct cell_frame *f)
{
    char zone[CELL_MOST_ZONE];
    const char *given = cell_take_string(f, zone, sizeof zone);

    if (f->bad || (given && setenv("TZ", given, 1)))
        return -1;
    tzset();
    return 0;
}

static int on_open(struct cell_host *h, struct inmate *in, struct cell_frame *f)
{
    struct kiri_error err = { 0 };

    if (in->schema || take_zone(f) || cell_host_options(h, f))
        return -1;
    int rc = open_atom(h, in, &err);
    say_opened(h, in, rc, err.code ? err.text : NULL);
    return 0;
}

static int on_collect(struct cell_host *h, struct inmate *in, struct cell_frame *f)
{
    union kiri_value v[KIRI_MAX_FIELDS];
    struct kiri_obs obs = { .size = sizeof obs, .v = v, .time_ms = cell_take_i64(f) };

    obs.cause = cell_take_u32(f);
    if (!in->schema || !cell_all_read(f))
        return -1;
    obs.n = in->schema->n_fields;
    kiri_missing(in->schema, v);
    int rc = in->vtable.atom.collect(in->self, &obs);
    struct buf *out = cell_host_begin(h, CELL_ROW);
    cell_u32(out, (uint32_t)rc);
    if (rc == KIRI_OK || rc == KIRI_MORE)
        cell_put_row(out, in->schema, &obs);
    cell_host_answer(h);
    in->listening = in->fd >= 0 && rc != KIRI_MORE;
    return 0;
}

static int on_close(struct cell_host *h, struct inmate *in)
{
    in->vtable.atom.close(in->self);
    in->fd = -1;
    cell_host_begin(h, CELL_CLOSED);
    cell_host_answer(h);
    return 0;
}

/* 0, or -1: the host asks what no host would. */
static int obey(struct cell_host *h, struct inmate *in, struct cell_frame *f)
{
    switch (f->kind) {
    case CELL_OPEN: return on_open(h, in, f);
    case CELL_COLLECT: return on_collect(h, in, f);
    case CELL_CLOSE: return on_close(h, in);
    default: return -1;
    }
}

/* ---- life -------------------------------------------------------------------------- */

/* Until the host says something; tells it meanwhile that the atom's fd is readable. */
static void wait_for_host(struct cell_host *h, struct inmate *in)
{
    struct pollfd fds[] = { { .fd = h->link.fd, .events = POLLIN },
                            { .fd = in->listening ? in->fd : -1, .events = POLLIN } };

    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        continue;
    if (fds[0].revents || !fds[1].revents)
        return;
    cell_host_begin(h, CELL_READABLE);
    cell_host_send(h);
    in->listening = 0;
}

static int live(struct cell_host *h, struct inmate *in)
{
    struct cell_frame f;

    for (;;) {
        switch (cell_receive(&h->link, 0, &f)) {
        case CELL_GOT_FRAME:
            cell_host_asked(h);
            if (obey(h, in, &f))
                return KIRI_INTERNAL;
            if (f.kind == CELL_CLOSE)
                return KIRI_FINE;
            break;
        case CELL_GOT_NOTHING: wait_for_host(h, in); break;
        case CELL_GOT_END: return KIRI_FINE; /* the host is no more */
        case CELL_GOT_NONSENSE: return KIRI_INTERNAL;
        }
    }
}

static int load(int image, struct inmate *in, struct kiri_error *err)
{
    const struct kiri_atom *raw;
    size_t room;

    in->fd = -1;
    if (!image_load(image, &raw, &room, err))
        return -1;
    return vtable_read(raw, room, &in->vtable, err);
}

int cell_child(int image, int socket)
{
    struct kiri_error err = { 0 };
    struct inmate in = { 0 };
    struct cell_host host;
    int rc;

    prctl(PR_SET_NAME, "kiri-cell");
    child_settle();
    set_limits();
    if (fcntl(image, F_SETFD, FD_CLOEXEC) || fcntl(socket, F_SETFD, FD_CLOEXEC) ||
        cell_host_init(&host, socket))
        return KIRI_USAGE;
    rc = load(image, &in, &err);
    struct buf *out = cell_host_begin(&host, CELL_HELLO);
    cell_string(out, rc ? err.text : NULL);
    cell_u32(out, in.vtable.atom.tokenize ? CELL_HAS_TOKENIZE : 0);
    cell_host_send(&host);
    if (rc == 0)
        rc = live(&host, &in);
    plugin_schema_free(in.schema);
    vtable_fini(&in.vtable);
    cell_host_fini(&host);
    return rc < 0 ? KIRI_BAD_DATA : rc;
}
