#include "replay/replay_open.h"

#include "base/path.h"
#include "flow/atom_stream.h"
#include "flow/keep.h"
#include "flow/services.h"
#include "flow/shelf.h"
#include "load/cell.h"
#include "load/plugin.h"
#include "load/remote.h"
#include "replay/schema_file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROWS_SUFFIX   ".jsonl"
#define MODEL_SUFFIX  ".safetensors"
#define SCORES_SUFFIX ".scores.jsonl"
#define FEEDBACK      "feedback.jsonl"

struct replay_atom {
    const char *name;
    struct kiri_schema *schema;
    struct rows *rows; /* the replay's */
};

struct replay_atoms {
    struct replay_atom *atom;
    uint32_t n;
};

static void say(const struct replay_source *from, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void say(const struct replay_source *from, const char *fmt, ...)
{
    char sentence[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    from->say(from->ctx, sentence);
}

void replay_atoms_free(struct replay_atoms *a)
{
    if (!a)
        return;
    for (uint32_t i = 0; i < a->n; i++)
        plugin_schema_free(a->atom[i].schema);
    free(a->atom);
    free(a);
}

void replay_atoms_tell(const struct replay_atoms *a, const struct replay_source *from)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const char *name;
        uint64_t n = rows_unknown(a->atom[i].rows, &name);
        if (n)
            say(from,
                "%s: %" PRIu64
                " value%s passed over: the atom knows no such field (\"%s\")",
                a->atom[i].name, n, n == 1 ? " was" : "s were", name);
    }
}

/* ---- the folder ------------------------------------------------------------------ */

static char *file_of(const char *data, const char *atom, const char *suffix)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s%s", data, atom, suffix) < 0 ? NULL : path;
}

static int ends_with(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);

    return n > k && strcmp(name + n - k, suffix) == 0;
}

static int is_atom(const struct conf *conf, const char *name, size_t len)
{
    for (uint32_t i = 0; i < conf->n_atoms; i++)
        if (strlen(conf->atoms[i].name) == len &&
            memcmp(conf->atoms[i].name, name, len) == 0)
            return 1;
    return 0;
}

/* Says which files nobody will read. */
static int look_around(const struct conf *conf, const struct replay_source *from,
                       struct kiri_error *err)
{
    DIR *dir = opendir(from->data);
    const struct dirent *e;

    if (!dir)
        return kiri_fail(err, KIRI_NO_INPUT, "cannot open the folder %s: %s", from->data,
                         strerror(errno));
    while ((e = readdir(dir))) {
        const char *name = e->d_name;
        if (strcmp(name, FEEDBACK) == 0 || ends_with(name, SCORES_SUFFIX))
            say(from, "%s/%s: this version does not read it", from->data, name);
        else if (ends_with(name, ROWS_SUFFIX) &&
                 !is_atom(conf, name, strlen(name) - strlen(ROWS_SUFFIX)))
            say(from, "%s/%s: %s has no such atom; it is passed over", from->data, name,
                conf->file);
    }
    closedir(dir);
    return 0;
}

/* ---- an atom's language ---------------------------------------------------------- */

static int check_options(const struct conf_atom *c, const struct plugin *plugin,
                         struct kiri_error *err)
{
    struct conf_errors errors = { 0 };
    int rc = 0;

    if (conf_options(c, plugin_options(plugin), &errors)) {
        size_t len = strcspn(buf_text(&errors.text), "\n");
        rc = kiri_fail(err, KIRI_BAD_CONFIG, "%.*s", (int)len, buf_text(&errors.text));
    }
    conf_errors_free(&errors);
    return rc;
}

/* Why open() did not, whose answer was rc. */
static void tell_failed_open(const struct conf_atom *c, const struct plugin *plugin,
                             void *self, int rc, const char *data, struct kiri_error *err)
{
    struct plugin_trouble trouble;

    plugin_trouble(plugin, self, &trouble);
    if (remote_is(plugin) && rc == KIRI_NONE)
        kiri_fail(
            err, KIRI_NO_INPUT,
            "there is no %s/%s.schema.json, and the YAML names none (`schema:`): kiri "
            "record and kiri export obs --output write it",
            data, c->name);
    else if (*trouble.why)
        kiri_fail(err, KIRI_BAD_CONFIG, "%s", trouble.why);
    else
        kiri_fail(err, KIRI_BAD_CONFIG,
                  "open() failed (%d), so its language is not known; replay asks for no "
                  "observation, but what open() needs must be there",
                  rc);
}

/* Opens an instance for as long as it takes to ask for its schema. */
static struct kiri_schema *ask_schema(const struct conf_atom *c, struct plugin *plugin,
                                      const char *data, struct kiri_error *err)
{
    struct flow alone = { .clock = &clock_system };
    const struct kiri_atom *atom = plugin_atom(plugin);
    struct kiri_schema *schema = NULL;
    struct services services;
    void *self = plugin_context(plugin);

    if (services_init(&services, &alone, c->name, c, plugin_options(plugin))) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        return NULL;
    }
    if (remote_is(plugin) && schema_file_read(data, c->name, &services.table, err) < 0) {
        services_fini(&services);
        return NULL;
    }
    int rc = atom->open(&services.table, &self);
    if (rc == KIRI_OK)
        schema = plugin_schema(plugin, self, err);
    else
        tell_failed_open(c, plugin, self, rc, data, err);
    atom->close(self);
    services_fini(&services);
    return schema;
}

static struct plugin *open_plugin(const struct conf *conf, const struct conf_atom *c,
                                  struct kiri_error *err)
{
    char *exe = realpath("/proc/self/exe", NULL);
    char *path = plugin_find(c->plugin, conf->plugins, err);
    struct plugin *plugin = NULL;

    if (!exe)
        kiri_fail(err, KIRI_INTERNAL, "cannot find our own executable");
    else if (path)
        plugin = c->isolate ? plugin_open_isolated(exe, path, err)
                            : plugin_open(exe, path, err);
    free(path);
    free(exe);
    return plugin;
}

/* Schema and empty stream, as the host makes them. */
static int learn_language(const struct conf *conf, const struct conf_atom *c,
                          const char *data, struct kiri_schema **schema,
                          struct stream **stream, struct kiri_error *err)
{
    struct plugin *plugin = open_plugin(conf, c, err);
    struct atom_rules rules;
    char why[256];

    *stream = NULL;
    *schema = NULL;
    if (!plugin)
        return -1;
    if (check_options(c, plugin, err) == 0)
        *schema = ask_schema(c, plugin, data, err);
    if (*schema) {
        atom_rules(c, &rules);
        if (!rules.period_ms)
            rules.period_ms = (*schema)->period_ms;
        *stream = atom_stream(plugin_atom(plugin), *schema, &rules, why, sizeof why);
        if (!*stream)
            kiri_fail(err, KIRI_BAD_CONFIG, "%s", why);
    }
    plugin_unref(plugin);
    return *stream ? 0 : -1;
}

/* 1: the stream is what its recorded model was; 0: there is none; -1 and a sentence. */
static int load_model(const struct replay_source *from, const char *atom,
                      struct stream *stream, struct kiri_error *err)
{
    char *path = file_of(from->data, atom, MODEL_SUFFIX), *bytes = NULL;
    struct stat st;
    size_t len;
    int rc;

    if (!path)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    if (from->from_start || (stat(path, &st) && errno == ENOENT)) {
        rc = 0;
    } else {
        bytes = path_read(path, SHELF_MOST, &len, err);
        rc = bytes && keep_load(stream, bytes, len, NULL, err) == 0 ? 1 : -1;
        if (bytes && rc < 0) {
            kiri_fail_in(err, "%s", path);
            err->code = KIRI_BAD_DATA;
        }
    }
    free(bytes);
    free(path);
    return rc;
}

static int add_atom(struct replay *r, struct replay_atoms *a, const struct conf *conf,
                    const struct conf_atom *c, const char *path,
                    const struct replay_source *from, struct kiri_error *err)
{
    struct replay_atom *atom = &a->atom[a->n];
    struct stream *stream;

    atom->name = c->name;
    if (learn_language(conf, c, from->data, &atom->schema, &stream, err)) {
        plugin_schema_free(atom->schema);
        return kiri_fail_in(err, "%s:%u:%u: atom %s", conf->file, c->line, c->col,
                            c->name);
    }
    a->n++;
    int known = load_model(from, c->name, stream, err);
    atom->rows = known < 0 ? NULL : rows_open(path, atom->schema, err);
    if (!atom->rows) {
        stream_free(stream);
        return -1;
    }
    if (replay_add(r, c->name, stream, atom->rows, known, err))
        return -1;
    return replay_beat(r, c->every_ms ? (uint32_t)c->every_ms : atom->schema->period_ms)
               ? kiri_fail(err, KIRI_INTERNAL, "out of memory")
               : 0;
}

/* ---- the molecule ---------------------------------------------------------------- */

struct replay_atoms *replay_open(struct replay *r, const struct conf *conf,
                                 const struct replay_source *from, struct kiri_error *err)
{
    struct replay_atoms *a = calloc(1, sizeof *a);
    struct stat st;
    int rc = 0;

    if (!a || !(a->atom = calloc(conf->n_atoms, sizeof *a->atom))) {
        kiri_fail(err, KIRI_INTERNAL, "out of memory");
        replay_atoms_free(a);
        return NULL;
    }
    rc = look_around(conf, from, err);
    for (uint32_t i = 0; rc == 0 && i < conf->n_atoms; i++) {
        const struct conf_atom *c = &conf->atoms[i];
        char *path = file_of(from->data, c->name, ROWS_SUFFIX);
        if (!path)
            rc = kiri_fail(err, KIRI_INTERNAL, "out of memory");
        else if (stat(path, &st) && errno == ENOENT)
            say(from, "%s: there is no %s; it is not replayed", c->name, path);
        else
            rc = add_atom(r, a, conf, c, path, from, err);
        free(path);
    }
    if (rc == 0 && a->n == 0)
        rc = kiri_fail(err, KIRI_NO_INPUT,
                       "%s has rows (<atom>" ROWS_SUFFIX ") for no atom of %s",
                       from->data, conf->file);
    if (rc == 0)
        return a;
    replay_atoms_free(a);
    return NULL;
}
