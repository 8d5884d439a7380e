/*
 * kiri record --for TIME - models as they are now, and what the atoms see from here on:
 * what 'kiri replay' needs to do the same again.
 */
#include "base/clock.h"
#include "base/path.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/progress.h"
#include "flow/shelf.h"
#include "flow/stream.h"
#include "model/safetensors.h"
#include "replay/export.h"
#include "replay/output.h"
#include "replay/schema_file.h"
#include "screen/terminal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FOR, OUTPUT, QUIET, STATE };

struct taken { /* one atom of the host */
    char *name;
    int has_model;
    uint64_t gen, last_id; /* of the model */
    uint64_t after;        /* the file's rows begin behind this id */
    uint64_t rows;
};

struct recorder {
    const struct call *call;
    struct reach reach;
    struct export *from;
    char *state, *dir;
    int64_t for_ms;
    struct taken *atom;
    size_t n;
    struct progress progress;
    struct kiri_error err;
};

/* ---- what was asked for ---------------------------------------------------------- */

/* A folder that is not there yet, or empty. */
static int make_folder(struct recorder *r)
{
    const struct dirent *e;
    int used = 0;

    if (path_make(r->dir, &r->err))
        return -1;
    DIR *dir = opendir(r->dir);
    if (!dir)
        return kiri_fail(&r->err, KIRI_NO_WRITE, "cannot open the folder %s: %s", r->dir,
                         strerror(errno));
    while ((e = readdir(dir)))
        used += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return used ? kiri_fail(&r->err, KIRI_NO_WRITE,
                            "%s is not empty: say --output with a new folder", r->dir)
                : 0;
}

static int read_call(struct recorder *r)
{
    const struct call *call = r->call;
    time_t now = (time_t)(clock_now(&clock_system) / 1000);
    char name[40];
    struct tm tm;

    if (!call->value[FOR])
        return kiri_fail(&r->err, KIRI_USAGE,
                         "record needs --for TIME, such as 60s, 10m or 8h");
    if (units_duration_ms(call->value[FOR], &r->for_ms) || r->for_ms == 0)
        return kiri_fail(&r->err, KIRI_USAGE,
                         "--for takes a time such as 60s, 10m or 8h, not '%s'",
                         call->value[FOR]);
    strftime(name, sizeof name, "kiri-%Y%m%d-%H%M%S", localtime_r(&now, &tm));
    r->dir = strdup(call->value[OUTPUT] ? call->value[OUTPUT] : name);
    return r->dir ? 0 : kiri_fail(&r->err, KIRI_INTERNAL, "out of memory");
}

/* ---- models, at the beginning ---------------------------------------------------- */

/* The names of the host's atoms and its state directory. */
static int ask_atoms(struct recorder *r)
{
    json_t *status = reach_ask(&r->reach, "status", NULL, &r->err);
    const json_t *atoms = json_object_get(status, "atoms");
    const char *state = json_string_value(json_object_get(status, "state_dir"));
    size_t n = json_array_size(atoms);
    int rc = status ? 0 : -1;

    if (rc == 0 && (!state || n == 0))
        rc = kiri_fail(&r->err, KIRI_UNAVAILABLE, "the host does not say what it runs");
    if (rc == 0 &&
        (!(r->state = strdup(state)) || !(r->atom = calloc(n, sizeof *r->atom))))
        rc = kiri_fail(&r->err, KIRI_INTERNAL, "out of memory");
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const char *name =
            json_string_value(json_object_get(json_array_get(atoms, i), "name"));
        if (!name || !kiri_name_ok(name))
            rc = kiri_fail(&r->err, KIRI_UNAVAILABLE,
                           "the host's answer names an atom that cannot be");
        else if (!(r->atom[r->n++].name = strdup(name)))
            rc = kiri_fail(&r->err, KIRI_INTERNAL, "out of memory");
    }
    json_decref(status);
    return rc;
}

/* What a model file says about itself. */
static int read_facts(struct taken *a, const char *bytes, size_t len,
                      struct kiri_error *err)
{
    struct safetensors *st = safetensors_parse(bytes, len, err);
    const char *gen, *last_id;

    if (!st)
        return -1;
    gen = safetensors_meta(st, "gen");
    last_id = safetensors_meta(st, "last_id");
    a->gen = gen ? strtoull(gen, NULL, 10) : 0;
    a->last_id = last_id ? strtoull(last_id, NULL, 10) : 0;
    a->has_model = 1;
    int rc = a->last_id
                 ? 0
                 : kiri_fail(err, KIRI_BAD_DATA, "it does not say which rows it knows");
    safetensors_free(st);
    return rc;
}

static int write_file(const char *path, const void *bytes, size_t len,
                      struct kiri_error *err)
{
    struct output *out = output_open(path, 0, err);

    if (!out)
        return -1;
    if (output_write(out, bytes, len, err)) {
        output_drop(out);
        return -1;
    }
    return output_keep(out, err);
}

/* Copies the atom's model, read in one go: a save replaces the file, never its bytes. */
static int copy_model(struct recorder *r, struct taken *a)
{
    char *from = NULL, *to = NULL, *bytes = NULL;
    size_t len;
    int rc = -1;

    if (asprintf(&from, "%s/models/%s.safetensors", r->state, a->name) < 0)
        from = NULL;
    if (asprintf(&to, "%s/%s.safetensors", r->dir, a->name) < 0)
        to = NULL;
    if (!from || !to) {
        kiri_fail(&r->err, KIRI_INTERNAL, "out of memory");
    } else if ((bytes = path_read(from, SHELF_MOST, &len, &r->err))) {
        rc = read_facts(a, bytes, len, &r->err);
        if (rc)
            kiri_fail_in(&r->err, "%s", from);
        else
            rc = write_file(to, bytes, len, &r->err);
    }
    free(bytes);
    free(from);
    free(to);
    return rc;
}

static struct taken *find(struct recorder *r, const char *name)
{
    for (size_t i = 0; name && i < r->n; i++)
        if (strcmp(r->atom[i].name, name) == 0)
            return &r->atom[i];
    return NULL;
}

/* Every trained model is saved now and copied; where the rows begin is noted. */
static int take_models(struct recorder *r)
{
    json_t *saved = reach_ask(&r->reach, "save", NULL, &r->err), *one;
    int rc = saved ? 0 : -1;
    size_t i;

    json_array_foreach(json_object_get(saved, "atoms"), i, one)
    {
        struct taken *a = find(r, json_string_value(json_object_get(one, "name")));
        if (rc == 0 && a)
            rc = copy_model(r, a);
    }
    json_decref(saved);
    return rc;
}

/* What is put but not yet on the disk. 0, or -1: no host any more, or a degraded store.
 */
static int flush(struct recorder *r)
{
    json_t *answer = reach_ask(&r->reach, "flush", NULL, &r->err);

    json_decref(answer);
    return answer ? 0 : -1;
}

/* An atom without a model begins with what its stream holds. */
static int find_beginnings(struct recorder *r)
{
    int rc = flush(r);

    if (rc == 0 && !(r->from = export_open(r->state, &r->err)))
        rc = -1;
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        struct taken *a = &r->atom[i];
        rc = export_newest(r->from, a->name, a->has_model ? a->last_id : UINT64_MAX,
                           STREAM_KEEPS, &a->after, NULL, &r->err);
    }
    return rc;
}

/* ---- then time passes, and rows are written -------------------------------------- */

static void wait_for_it(struct recorder *r)
{
    char all[40], left[40];
    int64_t ms;

    units_duration_print(r->for_ms, all, sizeof all);
    while ((ms = progress_ms(&r->progress)) < r->for_ms && !interrupted()) {
        if (progress_due(&r->progress)) {
            units_duration_print((r->for_ms - ms + 999) / 1000 * 1000, left, sizeof left);
            progress_say(&r->progress, "recording %s: %s left (Ctrl-C ends it now)", all,
                         left);
        }
        interrupt_sleep((int)(r->for_ms - ms < 100 ? r->for_ms - ms : 100));
    }
    progress_wipe(&r->progress);
}

static int write_rows(struct recorder *r, struct taken *a)
{
    struct export_part part = {
        .atom = a->name,
        .after_id = a->after,
        .from_ts = INT64_MIN,
        .to_ts = INT64_MAX,
        .gens = a->has_model,
    };
    char *path;

    if (asprintf(&path, "%s/%s.jsonl", r->dir, a->name) < 0)
        return kiri_fail(&r->err, KIRI_INTERNAL, "out of memory");
    struct output *out = output_open(path, 0, &r->err);
    int rc = out ? export_rows(r->from, &part, out, &a->rows, &r->err) : -1;
    if (rc)
        output_drop(out);
    else
        rc = output_keep(out, &r->err);
    if (rc == 0 && schema_file_write(r->from, r->dir, a->name, 0, &r->err) < 0)
        rc = -1;
    free(path);
    return rc;
}

static void conclude(const struct recorder *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct taken *a = &r->atom[i];
        printf("%s/%s.jsonl: %" PRIu64 " row%s", r->dir, a->name, a->rows,
               a->rows == 1 ? "" : "s");
        if (a->has_model)
            printf(", to go on from generation %" PRIu64 " (row %" PRIu64 ")", a->gen,
                   a->last_id);
        else
            printf(", no model yet: it will be learned from them");
        printf("\n");
    }
}

static int record(struct recorder *r)
{
    if (ask_atoms(r) || make_folder(r) || take_models(r) || find_beginnings(r))
        return -1;
    interrupt_catch();
    progress_begin(&r->progress, r->call->value[QUIET] != NULL);
    wait_for_it(r);
    if (flush(r)) /* what the store has is still worth having */
        fprintf(stderr, "kiri record: the last rows may be missing: %s\n", r->err.text);
    for (size_t i = 0; i < r->n; i++)
        if (write_rows(r, &r->atom[i]))
            return -1;
    if (!r->progress.quiet)
        conclude(r);
    return 0;
}

static int run(const struct call *call)
{
    struct recorder r = { .call = call };
    int rc = read_call(&r);

    if (rc == 0)
        rc = reach_find(&r.reach, NULL, call->value[STATE], &r.err);
    if (rc == 0)
        rc = record(&r);
    export_close(r.from);
    reach_free(&r.reach);
    for (size_t i = 0; i < r.n; i++)
        free(r.atom[i].name);
    free(r.atom);
    free(r.state);
    free(r.dir);
    return rc ? command_fail(&r.err) : command_finish();
}

const struct command command_record = {
    .name = "record",
    .summary = "Keeps models and observations of a running host, for replay.",
    .arguments = "--for TIME",
    .about =
        "Lets the running host save its models, copies them into DIR, waits, and writes\n"
        "what each atom saw: the rows that its model remembers (8,192 at most) and all\n"
        "since. 'kiri replay' with the host's YAML file then gives the same scores "
        "again.\n"
        "Ctrl-C ends the recording early and writes what there is. The host goes on\n"
        "undisturbed.\n",
    .option = { { "for", "TIME", "How long: 60s, 10m, 8h. Required." },
                { "output", "DIR",
                  "The folder to make. Default: kiri-<date>-<time>, here." },
                { "quiet", NULL, "No progress, no summary." },
                OPTION_STATE },
    .examples = "  kiri record --for 10m --output rec\n"
                "  kiri replay configs/first.yaml --data rec --output rec.scores\n",
    .exits = "  0   DIR has ATOM.jsonl for each atom, ATOM.safetensors for trained ones\n"
             "  64  the command line is wrong\n"
             "  69  no host runs with this state directory\n"
             "  73  DIR is not empty, or cannot be written\n"
             "  74  the store cannot be read\n",
    .run = run,
};
