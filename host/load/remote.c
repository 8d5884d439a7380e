#include "load/remote.h"

#include "base/crc32c.h"
#include "base/path.h"
#include "load/schema_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the schema in the small state ----------------------------------------------- */

#define PART 4096u
#define HEAD                                                                             \
    24u /* "kiri1 LLLLLLLL CCCCCCCC\n" before the JSON: its length, its crc32c           \
         */
#define FORMAT "kiri1 %08x %08x\n"

static void key_of(unsigned part, char key[16])
{
    snprintf(key, 16, "schema-%02u", part);
}

int remote_keep(int (*put)(void *ctx, const char *key, const void *buf, uint32_t len),
                void *ctx, const char *json, size_t len)
{
    char *all = len <= REMOTE_SCHEMA_MOST ? malloc(HEAD + len + 1) : NULL, key[16];
    int rc = all ? KIRI_OK : KIRI_ENOMEM;

    if (!all)
        return rc;
    snprintf(all, HEAD + 1, FORMAT, (unsigned)len, crc32c(0, json, len));
    memcpy(all + HEAD, json, len);
    for (size_t at = 0; rc == KIRI_OK && at < HEAD + len; at += PART) {
        size_t n = HEAD + len - at < PART ? HEAD + len - at : PART;
        key_of((unsigned)(at / PART), key);
        rc = put(ctx, key, all + at, (uint32_t)n);
    }
    free(all);
    return rc;
}

char *remote_recall(int (*get)(void *ctx, const char *key, void *buf, uint32_t cap),
                    void *ctx, size_t *len)
{
    unsigned want = 0, crc = 0;
    char key[16], *all;
    size_t have = 0;
    int n = (int)PART;

    all = malloc(HEAD + REMOTE_SCHEMA_MOST + 1);
    for (unsigned part = 0; all && n == (int)PART && have < HEAD + REMOTE_SCHEMA_MOST;
         part++) {
        key_of(part, key);
        n = get(ctx, key, all + have, PART);
        have += n > 0 && n <= (int)PART ? (size_t)n : 0;
    }
    if (!all)
        return NULL;
    all[have] = '\0';
    if (have <= HEAD || sscanf(all, FORMAT, &want, &crc) != 2 || want > have - HEAD ||
        crc32c(0, all + HEAD, want) != crc) {
        free(all);
        return NULL;
    }
    memmove(all, all + HEAD, want);
    all[want] = '\0';
    *len = want;
    return all;
}

/* ---- the vtable ------------------------------------------------------------------ */

#define FILE_MOST 65536u

struct remote {
    struct kiri_schema *schema;
    char why[256]; /* it could not be opened; "": nothing to say */
};

static int complain(struct remote *r, const struct kiri_error *err)
{
    snprintf(r->why, sizeof r->why, "%.255s", err->text);
    return err->code == KIRI_INTERNAL ? KIRI_ENOMEM : KIRI_ECONFIG;
}

/* The schema of the YAML's file. */
static int read_file(const char *path, struct remote *r)
{
    struct kiri_error err;
    size_t len;
    char *text = path_read(path, FILE_MOST, &len, &err);

    if (!text)
        return complain(r, &err);
    r->schema = schema_json_parse(text, len, &err);
    free(text);
    if (r->schema)
        return KIRI_OK;
    kiri_fail_in(&err, "%s", path);
    return complain(r, &err);
}

/* The schema that was sent last. */
static int recall(const struct kiri_host *host, struct remote *r)
{
    struct kiri_error err;
    size_t len;
    char *text = remote_recall(host->kv_get, host->ctx, &len);

    if (!text)
        return KIRI_NONE;
    r->schema = schema_json_parse(text, len, &err);
    free(text);
    if (r->schema)
        return KIRI_OK;
    if (err.code == KIRI_INTERNAL)
        return complain(r, &err);
    kiri_logf(host, KIRI_WARN,
              "the schema that was kept cannot be used, it must be sent again: %s",
              err.text);
    return KIRI_NONE;
}

static void close_it(void *self)
{
    struct remote *r = self;

    if (r)
        plugin_schema_free(r->schema);
    free(r);
}

static int open_it(const struct kiri_host *host, void **self)
{
    const char *path = host->option(host->ctx, "schema");
    struct remote *r = calloc(1, sizeof *r);

    *self = r; /* close() gets it, whatever comes of this */
    if (!r)
        return KIRI_ENOMEM;
    return path && *path ? read_file(path, r) : recall(host, r);
}

static void trouble(void *self, struct plugin_trouble *out)
{
    const struct remote *r = self;

    if (r)
        snprintf(out->why, sizeof out->why, "%s", r->why);
}

static const struct kiri_schema *schema(void *self)
{
    return ((struct remote *)self)->schema;
}

static int collect(void *self, struct kiri_obs *out)
{
    (void)self, (void)out;
    return KIRI_NONE; /* what it saw comes through the inbox */
}

static const struct kiri_option options[] = {
    { "schema", KIRI_OPT_PATH, "", NULL,
      "JSON file with the schema, docs/remote.md; without it the sender sends one" },
    { 0 },
};

static const struct kiri_atom atom = {
    KIRI_ATOM_INIT,
    .name = REMOTE_NAME,
    .version = "1",
    .help = "An atom in another process, in any language: it sends what it saw to the "
            "inbox.",
    .options = options,
    .open = open_it,
    .close = close_it,
    .schema = schema,
    .collect = collect,
};

struct plugin *remote_plugin(struct kiri_error *err)
{
    struct plugin *p = plugin_wrap(&atom, options, REMOTE_PATH, NULL, NULL, err);

    if (p)
        plugin_gets_voice(p, &(struct plugin_voice){ .trouble = trouble });
    return p;
}

int remote_is(const struct plugin *p)
{
    return plugin_atom(p)->collect == collect;
}

int remote_probe(struct plugin_probe *out, struct kiri_error *err)
{
    *out = (struct plugin_probe){
        .name = strdup(atom.name),
        .version = strdup(atom.version),
        .help = strdup(atom.help),
        .options = malloc(sizeof options),
    };
    if (!out->name || !out->version || !out->help || !out->options) {
        plugin_probe_free(out);
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    }
    memcpy(out->options, options, sizeof options);
    return 0;
}
