/*
 * probe_child.c - what runs in the child: the only process in which a plugin that nobody
 * has tried yet is opened. It must be expected to crash, hang, write or exit at any
 * moment.
 */
#include "load/plugin.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/json.h"
#include "load/image.h"
#include "load/vtable.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void describe(const struct vtable *v, struct jsonw *j)
{
    jsonw_object(j);
    jsonw_kstr(j, "name", v->atom.name);
    jsonw_kstr(j, "version", v->atom.version);
    jsonw_kstr(j, "help", v->atom.help);
    jsonw_kint(j, "abi", v->atom.abi);
    jsonw_key(j, "options");
    jsonw_array(j);
    for (const struct kiri_option *o = v->options; o->name; o++) {
        jsonw_object(j);
        jsonw_kstr(j, "name", o->name);
        jsonw_kint(j, "type", o->type);
        jsonw_kstr(j, "fallback", o->fallback);
        jsonw_kstr(j, "range", o->range);
        jsonw_kstr(j, "help", o->help);
        jsonw_end(j);
    }
    jsonw_end(j);
    jsonw_end(j);
}

/* Opens, looks, closes: what breaks on the way out must break here too. */
static int look(const char *path, struct jsonw *j, struct kiri_error *err)
{
    const struct kiri_atom *raw;
    struct vtable v;
    size_t room;
    int fd = image_open(path, err), rc = -1;
    void *handle;

    if (fd < 0)
        return -1;
    handle = image_load(fd, &raw, &room, err);
    if (!handle) {
        close(fd);
        return -1;
    }
    if (vtable_read(raw, room, &v, err) == 0) {
        describe(&v, j);
        vtable_fini(&v);
        rc = 0;
    }
    image_unload(handle, fd);
    return rc;
}

static int answer(int fd, const struct buf *b)
{
    size_t at = 0;

    while (at < b->len) {
        ssize_t done = write(fd, b->data + at, b->len - at);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        at += (size_t)done;
    }
    return 0;
}

int plugin_probe_child(const char *path, int out_fd)
{
    /* The answer goes out by a descriptor of its own: a plugin may write to stdout. */
    int fd = fcntl(out_fd, F_DUPFD_CLOEXEC, 10),
        nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct kiri_error err = { 0 };
    struct buf out = { 0 };
    struct jsonw j = jsonw_into(&out);
    enum kiri_code code = KIRI_FINE;

    if (fd < 0 || nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
        return KIRI_INTERNAL;
    close(nowhere);
    child_settle();
    if (look(path, &j, &err)) {
        code = err.code;
        buf_clear(&out);
        j = jsonw_into(&out);
        jsonw_object(&j);
        jsonw_kstr(&j, "error", err.text);
        jsonw_kint(&j, "code", err.code);
        jsonw_end(&j);
    }
    if (buf_failed(&out) || answer(fd, &out))
        code = KIRI_INTERNAL;
    buf_free(&out);
    close(fd);
    return (int)code;
}
