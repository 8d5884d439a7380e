/*
 * odd - an atom that does what the host must live with, chosen by its option `mode`:
 *   line   waits for lines on a FIFO: one observation each, no period
 *   sleep  one collect() in a hundred takes five seconds
 *   fail   fails with EIO while the file `path` exists
 *   bug    says KIRI_EBUG at the twentieth collect()
 *   note   counts its calls in the key-value state, and says so on the bus
 */
#include <kiri/atom.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct odd {
    const struct kiri_host *host;
    const char *mode, *path;
    int fd;
    unsigned calls;
};

static const char *const words[] = { "a", "b", NULL };
static const struct kiri_field fields[] = {
    { .name = "what", .kind = KIRI_CHOICE, .choices = words },
};
static const struct kiri_schema schema = { .size = sizeof schema,
                                           .n_fields = 1,
                                           .fields = fields };

static int odd_open(const struct kiri_host *host, void **self)
{
    struct odd *o = calloc(1, sizeof *o);

    if (!o)
        return KIRI_ENOMEM;
    *o = (struct odd){ .host = host,
                       .mode = host->option(host->ctx, "mode"),
                       .path = host->option(host->ctx, "path"),
                       .fd = -1 };
    *self = o;
    if (strcmp(o->mode, "line") == 0) {
        o->fd = open(o->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (o->fd < 0)
            return KIRI_EIO;
    }
    host->kv_get(host->ctx, "calls", &o->calls, sizeof o->calls);
    return KIRI_OK;
}

static void odd_close(void *self)
{
    struct odd *o = self;

    if (o && o->fd >= 0)
        close(o->fd);
    free(o);
}

static const struct kiri_schema *odd_schema(void *self)
{
    (void)self;
    return &schema;
}

static int odd_fd(void *self)
{
    return ((struct odd *)self)->fd;
}

static int odd_line(struct odd *o, struct kiri_obs *out)
{
    char c;

    do {
        if (read(o->fd, &c, 1) != 1)
            return KIRI_NONE;
    } while (c == '\n');
    out->v[0].choice = c == 'b';
    return KIRI_MORE;
}

static int odd_note(struct odd *o, struct kiri_obs *out)
{
    char text[32];

    snprintf(text, sizeof text, "call %u", o->calls);
    o->host->kv_put(o->host->ctx, "calls", &o->calls, sizeof o->calls);
    o->host->publish(o->host->ctx, "calls", text, (uint32_t)strlen(text));
    out->v[0].choice = 0;
    return KIRI_OK;
}

static int odd_collect(void *self, struct kiri_obs *out)
{
    struct odd *o = self;

    o->calls++;
    if (strcmp(o->mode, "line") == 0)
        return odd_line(o, out);
    if (strcmp(o->mode, "note") == 0)
        return odd_note(o, out);
    if (strcmp(o->mode, "sleep") == 0 && o->calls % 100 == 0)
        nanosleep(&(struct timespec){ .tv_sec = 5 }, NULL);
    if (strcmp(o->mode, "fail") == 0 && access(o->path, F_OK) == 0)
        return KIRI_EIO;
    if (strcmp(o->mode, "bug") == 0 && o->calls == 20)
        return KIRI_EBUG;
    out->v[0].choice = 0;
    return KIRI_OK;
}

static const struct kiri_option options[] = {
    { "mode", KIRI_OPT_CHOICE, NULL, "line|sleep|fail|bug|note", "What to do." },
    { "path", KIRI_OPT_PATH, "/nowhere", NULL, "FIFO or file of the mode." },
    { .name = NULL },
};

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    KIRI_ATOM_INIT,         .name = "odd",
    .version = "1.0",       .help = "What a host must live with.",
    .options = options,     .open = odd_open,
    .close = odd_close,     .schema = odd_schema,
    .collect = odd_collect, .fd = odd_fd,
};
