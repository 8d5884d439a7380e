#include "replay/schema_file.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/path.h"
#include "load/remote.h"
#include "load/schema_json.h"
#include "replay/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX    ".schema.json"
#define FILE_MOST 65536u

static char *file_of(const char *dir, const char *atom, struct kiri_error *err)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s" SUFFIX, dir, atom) >= 0)
        return path;
    kiri_fail(err, KIRI_INTERNAL, "out of memory");
    return NULL;
}

int schema_file_write(struct export *e, const char *dir, const char *atom, int force,
                      struct kiri_error *err)
{
    char *json = NULL, *path = NULL;
    struct output *out;
    size_t len;
    int rc = export_schema(e, atom, &json, &len, err);

    if (rc <= 0)
        return rc;
    path = file_of(dir, atom, err);
    out = path ? output_open(path, force, err) : NULL;
    rc = out ? output_write(out, json, len, err) || output_write(out, "\n", 1, err) : -1;
    if (out && rc)
        output_drop(out);
    else if (out)
        rc = output_keep(out, err);
    free(path);
    free(json);
    return rc ? -1 : 1;
}

/* What was read is spelled as the host keeps it. */
static int keep(const char *text, size_t len, const struct kiri_host *host,
                struct kiri_error *err)
{
    struct kiri_schema *s = schema_json_parse(text, len, err);
    struct buf out = { 0 };
    struct jsonw j = jsonw_into(&out);
    int rc;

    if (!s)
        return -1;
    schema_json_write(s, &j);
    plugin_schema_free(s);
    rc = buf_failed(&out) ? KIRI_ENOMEM
                          : remote_keep(host->kv_put, host->ctx, buf_text(&out), out.len);
    buf_free(&out);
    return rc == KIRI_OK ? 0 : kiri_fail(err, KIRI_INTERNAL, "out of memory");
}

int schema_file_read(const char *dir, const char *atom, const struct kiri_host *host,
                     struct kiri_error *err)
{
    char *path = file_of(dir, atom, err), *text = NULL;
    size_t len;
    int rc = -1;

    if (path && access(path, F_OK) && errno == ENOENT) {
        rc = 0;
    } else if (path && (text = path_read(path, FILE_MOST, &len, err))) {
        rc = keep(text, len, host, err) ? kiri_fail_in(err, "%s", path) : 1;
    }
    free(text);
    free(path);
    return rc;
}
