/* cell.c - the vtable of an atom that lives elsewhere, and the plugin around it. */
#include "load/cell.h"

#include "base/clock.h"
#include "load/cell_inside.h"
#include "load/image.h"
#include "load/probe.h"
#include "load/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* ---- callbacks --------------------------------------------------------------------- */

static int starved(struct cell *c)
{
    snprintf(c->trouble.why, sizeof c->trouble.why,
             "no descriptor or no memory for a cell");
    return KIRI_ENOMEM;
}

/* Is it time for another life? */
static int start(struct cell *c)
{
    int64_t left = c->due - c->host->mono_ms(c->host->ctx);

    if (c->broken)
        return KIRI_EBUG;
    if (c->due && left > 0) {
        c->trouble.wait_ms = left;
        return KIRI_EIO;
    }
    c->trouble = (struct plugin_trouble){ 0 };
    return cell_start(c);
}

static int open_cell(const struct kiri_host *host, void **self)
{
    struct cell *c = *self;

    c->host = host;
    c->hub = epoll_create1(EPOLL_CLOEXEC);
    if (!c->label)
        c->label = malloc(CELL_MOST_LABEL);
    if (c->hub < 0 || !c->label)
        return starved(c);
    return start(c);
}

static void close_cell(void *self)
{
    struct cell *c = self;

    cell_stop(c);
    if (c->hub >= 0)
        close(c->hub);
    free(c->schema);
    c->hub = -1;
    c->schema = NULL;
}

static const struct kiri_schema *schema(void *self)
{
    return ((struct cell *)self)->schema;
}

static int take_row(struct cell *c, struct cell_frame *f, struct kiri_obs *out)
{
    int rc = cell_take_i32(f);
    int row = rc == KIRI_OK || rc == KIRI_MORE;

    if (row ? cell_take_row(f, c->schema, c->label, out) : !cell_all_read(f))
        return cell_failed(c, "its cell said what no atom can say in collect()");
    return rc;
}

static int collect(void *self, struct kiri_obs *out)
{
    struct cell *c = self;
    struct cell_frame f;
    int rc = c->link.fd >= 0 ? cell_hear(c) : start(c);

    if (rc)
        return rc;
    c->trouble = (struct plugin_trouble){ 0 };
    cell_begin(&c->out, CELL_COLLECT);
    cell_i64(&c->out, out->time_ms);
    cell_u32(&c->out, out->cause);
    rc = cell_ask(c, CELL_ROW, CELL_DEADLINE_MS, " in collect()", &f);
    return rc ? rc : take_row(c, &f, out);
}

/* With a period it is worth while, too: the end of a cell is seen at once. */
static int hub(void *self)
{
    const struct cell *c = self;

    return c->has_fd || c->schema->period_ms ? c->hub : -1;
}

/* ---- beside the vtable ------------------------------------------------------------- */

static void trouble(void *self, struct plugin_trouble *out)
{
    *out = ((const struct cell *)self)->trouble;
}

static int pid(void *self)
{
    return atomic_load(&((struct cell *)self)->pid);
}

static void drop(void *context)
{
    struct cell *c = context;

    if (c->child.pid) /* the kernel holds it, perhaps for ever */
        close(c->child.pidfd);
    plugin_probe_free(&c->probe);
    close(c->image);
    free(c->label);
    free(c->exe);
    free(c);
}

static struct cell *make(const char *exe, int image)
{
    struct cell *c = calloc(1, sizeof *c);

    if (!c || !(c->exe = strdup(exe))) {
        free(c);
        return NULL;
    }
    c->image = image;
    c->hub = c->link.fd = c->link.ended = c->child.pidfd = -1;
    c->dice = (uint64_t)clock_now(&clock_system) ^ ((uint64_t)getpid() << 40) ^
              (uint64_t)(uintptr_t)c;
    return c;
}

static struct plugin *wrap(struct cell *c, const char *path, struct kiri_error *err)
{
    const struct kiri_atom vtable = {
        KIRI_ATOM_INIT,        .name = c->probe.name, .version = c->probe.version,
        .help = c->probe.help, .open = open_cell,     .close = close_cell,
        .schema = schema,      .collect = collect,    .fd = hub
    };
    static const struct plugin_voice voice = { .trouble = trouble, .pid = pid };
    struct plugin *p = plugin_wrap(&vtable, c->probe.options, path, drop, c, err);

    if (p)
        plugin_gets_voice(p, &voice);
    return p;
}

struct plugin *plugin_open_isolated(const char *exe, const char *path,
                                    struct kiri_error *err)
{
    struct stat file = { 0 };

    if (strcmp(path, REMOTE_PATH) == 0) /* it lives in another process as it is */
        return remote_plugin(err);
    (void)stat(path, &file); /* image_open says what is wrong */
    int image = image_open(path, err);
    struct cell *c = image < 0 ? NULL : make(exe, image);

    if (!c) {
        if (image >= 0) {
            close(image);
            kiri_fail(err, KIRI_INTERNAL, "out of memory");
        }
        kiri_fail_in(err, "%s", path);
        return NULL;
    }
    if (probe_image(exe, image, PROBE_DEADLINE_MS, &c->probe, err)) {
        kiri_fail_in(err, "%s", path);
        drop(c);
        return NULL;
    }
    struct plugin *p = wrap(c, path, err);
    if (p)
        plugin_is_of(p, &file);
    return p;
}
