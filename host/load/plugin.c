/* plugin.c - the four steps in order, and one count of who uses the result. */
#include "load/plugin.h"

#include "load/image.h"
#include "load/probe.h"
#include "load/remote.h"
#include "load/vtable.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct plugin {
    char *path;
    int image;    /* stays open as long as the handle: image_load says why */
    void *handle; /* NULL: wrapped */
    void (*drop)(void *ctx);
    void *context;
    struct plugin_voice voice;
    struct stat file; /* as it was when it was opened */
    int has_file;
    struct vtable vtable;
    unsigned users;
};

/* The image has been probed: from here on its constructors run in our process. */
static struct plugin *load(int image, const char *path, struct kiri_error *err)
{
    struct plugin *p = calloc(1, sizeof *p);
    const struct kiri_atom *raw;
    size_t room;

    if (!p || !(p->path = strdup(path))) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        goto fail;
    }
    p->handle = image_load(image, &raw, &room, err);
    if (!p->handle)
        goto fail;
    p->image = image;
    p->users = 1;
    if (vtable_read(raw, room, &p->vtable, err) == 0)
        return p;
    plugin_unref(p);
    return NULL;

fail:
    close(image);
    if (p)
        free(p->path);
    free(p);
    return NULL;
}

struct plugin *plugin_open(const char *exe, const char *path, struct kiri_error *err)
{
    struct plugin_probe probe;
    struct plugin *p = NULL;
    struct stat file = { 0 };

    if (strcmp(path, REMOTE_PATH) == 0)
        return remote_plugin(err);
    (void)stat(path, &file); /* image_open says what is wrong */
    int image = image_open(path, err);

    if (image >= 0 && probe_image(exe, image, PROBE_DEADLINE_MS, &probe, err)) {
        close(image);
        image = -1;
    }
    if (image >= 0) {
        plugin_probe_free(&probe);
        p = load(image, path, err);
    }
    if (p)
        plugin_is_of(p, &file);
    else
        kiri_fail_in(err, "%s", path);
    return p;
}

struct plugin *plugin_wrap(const struct kiri_atom *vtable,
                           const struct kiri_option *options, const char *path,
                           void (*drop)(void *ctx), void *ctx, struct kiri_error *err)
{
    struct plugin *p = calloc(1, sizeof *p);
    struct kiri_atom atom = *vtable;

    atom.options = options;
    if (!p || !(p->path = strdup(path)))
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    else if (vtable_read(&atom, 0, &p->vtable, err) == 0) {
        p->drop = drop;
        p->context = ctx;
        p->users = 1;
        return p;
    } else {
        kiri_fail_in(err, "%s", path);
    }
    if (p)
        free(p->path);
    free(p);
    if (drop)
        drop(ctx);
    return NULL;
}

void *plugin_context(const struct plugin *p)
{
    return p->context;
}

void plugin_gets_voice(struct plugin *p, const struct plugin_voice *voice)
{
    p->voice = *voice;
}

void plugin_trouble(const struct plugin *p, void *self, struct plugin_trouble *out)
{
    *out = (struct plugin_trouble){ 0 };
    if (p->voice.trouble)
        p->voice.trouble(self, out);
}

int plugin_is_isolated(const struct plugin *p)
{
    return p->voice.pid != NULL;
}

int plugin_pid(const struct plugin *p, void *self)
{
    return p->voice.pid ? p->voice.pid(self) : 0;
}

void plugin_is_of(struct plugin *p, const struct stat *file)
{
    p->file = *file;
    p->has_file = 1;
}

void plugin_ref(struct plugin *p)
{
    p->users++;
}

void plugin_unref(struct plugin *p)
{
    if (!p)
        return;
    assert(p->users > 0);
    if (--p->users)
        return;
    vtable_fini(&p->vtable);
    if (p->handle)
        image_unload(p->handle, p->image);
    if (p->drop)
        p->drop(p->context);
    free(p->path);
    free(p);
}

const struct kiri_atom *plugin_atom(const struct plugin *p)
{
    return &p->vtable.atom;
}

const struct kiri_option *plugin_options(const struct plugin *p)
{
    return p->vtable.options;
}

const char *plugin_path(const struct plugin *p)
{
    return p->path;
}

int plugin_changed(const struct plugin *p)
{
    struct stat now;

    if (!p->has_file)
        return 0;
    return stat(p->path, &now) || now.st_dev != p->file.st_dev ||
           now.st_ino != p->file.st_ino || now.st_size != p->file.st_size ||
           now.st_mtim.tv_sec != p->file.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != p->file.st_mtim.tv_nsec;
}
