/* find.c - a plugin's name or path to its file. */
#include "load/plugin.h"

#include "base/buf.h"
#include "base/path.h"
#include "load/remote.h"

#include <kiri/wire.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From our own executable, so that an install may be moved; then the build tree. */
static const char *const usual[] = { "../lib/kiri/atoms", "plugins", "../plugins", NULL };

static char *given_path(const char *path, struct kiri_error *err)
{
    char *copy;

    if (access(path, F_OK)) {
        kiri_fail(err, KIRI_NO_INPUT, "%s: %s", path, strerror(errno));
        return NULL;
    }
    copy = strdup(path);
    if (!copy)
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    return copy;
}

/* <base>/<dir>/<name>.so if it is there; where it was looked for goes into *places. */
static char *look_in(const char *base, const char *dir, const char *name,
                     struct buf *places)
{
    char *full = path_join(base, dir), *file = NULL;

    if (full)
        buf_putf(places, "%s%s", places->len ? ", " : "", full);
    if (full && asprintf(&file, "%s/%s.so", full, name) < 0)
        file = NULL;
    free(full);
    if (file && access(file, F_OK) == 0)
        return file;
    free(file);
    return NULL;
}

char *plugin_find(const char *name, char *const *dirs, struct kiri_error *err)
{
    const char *const *usual_dir = usual;
    struct buf places = { 0 };
    char *self, *found = NULL;

    if (strchr(name, '/'))
        return given_path(name, err);
    if (strcmp(name, REMOTE_NAME) == 0) {
        found = strdup(REMOTE_PATH);
        if (!found)
            kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return found;
    }
    if (!kiri_name_ok(name)) {
        kiri_fail(err, KIRI_USAGE,
                  "a plugin is named like `pulse`, or by a path with a slash such as "
                  "./pulse.so");
        return NULL;
    }
    self = dirs ? strdup("") : path_self_dir();
    if (!self) {
        kiri_fail(err, KIRI_INTERNAL, "our own executable cannot be found");
        return NULL;
    }
    for (; dirs && *dirs && !found; dirs++)
        found = look_in(".", *dirs, name, &places);
    for (; *self && *usual_dir && !found; usual_dir++)
        found = look_in(self, *usual_dir, name, &places);
    if (!found)
        kiri_fail(err, KIRI_NO_INPUT,
                  "there is no %s.so in %s: install it, or name its path", name,
                  buf_text(&places));
    buf_free(&places);
    free(self);
    return found;
}
