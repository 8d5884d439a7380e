#include "address.h"

#include "base/json.h"
#include "base/path.h"
#include "host.h"
#include "store/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADDRESS_FILE "host.json"
#define ADDRESS_MOST 65536
#define SOCKET_MOST  107 /* bytes of a unix socket's path */

/* The directory of the sockets; malloc'ed. */
static char *socket_dir(const struct conf *conf)
{
    const char *runtime = getenv("RUNTIME_DIRECTORY"), *xdg = getenv("XDG_RUNTIME_DIR");
    char *dir = NULL;

    if (runtime && *runtime == '/')
        return strndup(runtime, strcspn(runtime, ":"));
    if (!xdg || *xdg != '/' || access(xdg, W_OK))
        return strdup(conf->state);
    if (asprintf(&dir, "%s/kiri/%s", xdg, conf->molecule) < 0)
        return NULL;
    return dir;
}

static char *socket_url(const char *dir, const char *name)
{
    char *url;

    return asprintf(&url, "ipc://%s/%s", dir, name) < 0 ? NULL : url;
}

/* Names the sockets; nothing is made. */
static int name_sockets(struct address *a, const struct conf *conf, const char *dir,
                        struct kiri_error *err)
{
    size_t len = strlen(dir) + strlen("/control");
    a->bus = conf->listen ? strdup(conf->listen[0].url) : socket_url(dir, "bus");
    a->control = socket_url(dir, "control");
    a->inbox = socket_url(dir, "inbox");
    if (len > SOCKET_MOST)
        return kiri_fail(
            err, KIRI_BAD_CONFIG,
            "the socket %s/control has a path of %zu bytes, more than the %d that a "
            "unix socket may have: use a shorter `state:`",
            dir, len, SOCKET_MOST);
    if (!a->bus || !a->control || !a->inbox)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    return 0;
}

int address_name(struct address *a, const struct conf *conf, struct kiri_error *err)
{
    char *dir = socket_dir(conf);
    int rc = dir ? name_sockets(a, conf, dir, err)
                 : kiri_fail(err, KIRI_INTERNAL, "out of memory");

    free(dir);
    return rc;
}

int address_find(struct address *a, const struct conf *conf, struct kiri_error *err)
{
    char *dir = socket_dir(conf);
    int rc = dir ? name_sockets(a, conf, dir, err)
                 : kiri_fail(err, KIRI_INTERNAL, "out of memory");

    if (rc == 0)
        rc = path_make(dir, err);
    free(dir);
    return rc;
}

int address_write(const struct address *a, const char *state, const char *boot,
                  struct kiri_error *err)
{
    struct buf text = { 0 };
    struct jsonw j = jsonw_into(&text);
    int dir = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    jsonw_object(&j);
    jsonw_kint(&j, "pid", getpid());
    jsonw_kstr(&j, "boot", boot);
    jsonw_kstr(&j, "bus", a->bus);
    jsonw_kstr(&j, "control", a->control);
    jsonw_kstr(&j, "inbox", a->inbox);
    jsonw_end(&j);
    buf_puts(&text, "\n");
    if (dir < 0 || buf_failed(&text))
        rc = kiri_fail(err, KIRI_NO_WRITE, "cannot open %s: %s", state, strerror(errno));
    else
        rc = atomic_replace(dir, ADDRESS_FILE, text.data, text.len, err);
    if (dir >= 0)
        close(dir);
    buf_free(&text);
    return rc;
}

void address_free(struct address *a)
{
    free(a->bus);
    free(a->control);
    free(a->inbox);
    *a = (struct address){ 0 };
}

int host_address(const char *state, char **bus, char **control, struct kiri_error *err)
{
    struct kiri_error why;
    char *file = path_join(state, ADDRESS_FILE);
    char *text = file ? path_read(file, ADDRESS_MOST, NULL, &why) : NULL;
    json_t *root = text ? json_loads(text, 0, NULL) : NULL;
    const char *b = json_string_value(json_object_get(root, "bus"));
    const char *c = json_string_value(json_object_get(root, "control"));
    int rc = -1;

    *bus = *control = NULL;
    if (!text)
        kiri_fail(err, KIRI_UNAVAILABLE,
                  "no host has run with state directory %s (start one: kiri run FILE)",
                  state);
    else if (!b || !c)
        kiri_fail(err, KIRI_UNAVAILABLE, "%s is damaged: start the host again", file);
    else if (!(*bus = strdup(b)) || !(*control = strdup(c)))
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
    else
        rc = 0;
    json_decref(root);
    free(text);
    free(file);
    return rc;
}
