/*
 * kiri export obs - what the atoms saw, out of the store, one line a row.
 */
#include "replay/export.h"
#include "replay/schema_file.h"

#include "base/clock.h"
#include "base/path.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/progress.h"
#include "cli/when.h"
#include "screen/terminal.h"
#include "screen/view_number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INTERRUPTED 130 /* 128 + SIGINT, as shells count */
#define MOST_ATOMS  4096

enum { FROM, TO, OUTPUT, FORCE, QUIET, STATE };

struct job {
    const struct call *call;
    struct export *from;
    struct progress progress;
    int64_t from_ts, to_ts;
    const char *dir; /* NULL: the standard output */
    struct output *out;
    char *atom[MOST_ATOMS]; /* those that the store knows */
    size_t n;
    const char *name; /* of the atom that is being written */
    uint64_t rows;
    struct kiri_error err;
};

static int tell(void *ctx, uint64_t rows)
{
    struct job *j = ctx;
    char count[40];

    if (interrupted())
        return 1;
    if (progress_due(&j->progress)) {
        number_count((double)rows, count, sizeof count);
        progress_say(&j->progress, "%s  %s rows  %.0f rows/s", j->name, count,
                     (double)(j->rows + rows) * 1e3 /
                         (double)(progress_ms(&j->progress) + 1));
    }
    return 0;
}

static int note_atom(void *ctx, const char *atom)
{
    struct job *j = ctx;

    if (j->n < MOST_ATOMS && (j->atom[j->n] = strdup(atom)))
        j->n++;
    return 0;
}

static int known(const struct job *j, const char *atom)
{
    for (size_t i = 0; i < j->n; i++)
        if (strcmp(j->atom[i], atom) == 0)
            return 1;
    return 0;
}

/* Are all atoms that were named there? */
static int check_names(struct job *j)
{
    for (int i = 1; i < j->call->n_words; i++) {
        const char *word = j->call->word[i];
        if (known(j, word))
            continue;
        const char *near = units_nearest(word, (const char *const *)j->atom, j->n);
        return kiri_fail(&j->err, KIRI_NO_INPUT, "the store knows no atom '%.64s'%s%s%s",
                         word, near ? ", did you mean '" : "", near ? near : "",
                         near ? "'?" : "");
    }
    if (j->n == 0)
        return kiri_fail(&j->err, KIRI_NO_INPUT, "the store has no observations yet");
    return 0;
}

/* 0, 1: interrupted, -1. */
static int write_atom(struct job *j, const char *atom, int named)
{
    struct export_part part = { .atom = atom,
                                .from_ts = j->from_ts,
                                .to_ts = j->to_ts,
                                .named = named,
                                .progress = tell,
                                .ctx = j };
    struct output *out = j->out;
    char *path = NULL;
    uint64_t rows = 0;

    j->name = atom;
    if (j->dir && asprintf(&path, "%s/%s.jsonl", j->dir, atom) < 0)
        return kiri_fail(&j->err, KIRI_INTERNAL, "out of memory");
    if (path)
        out = output_open(path, j->call->value[FORCE] != NULL, &j->err);
    int rc = out ? export_rows(j->from, &part, out, &rows, &j->err) : -1;
    j->rows += rows;
    if (path && rc)
        output_drop(out);
    else if (path)
        rc = output_keep(out, &j->err);
    if (rc == 0 && path &&
        schema_file_write(j->from, j->dir, atom, j->call->value[FORCE] != NULL, &j->err) <
            0)
        rc = -1;
    progress_wipe(&j->progress);
    if (rc == 0 && path && !j->progress.quiet)
        printf("%s: %" PRIu64 " row%s\n", path, rows, rows == 1 ? "" : "s");
    free(path);
    return rc;
}

static int write_all(struct job *j)
{
    int words = j->call->n_words - 1, rc = 0;
    size_t n = words ? (size_t)words : j->n;
    char **atoms = words ? j->call->word + 1 : j->atom;

    if (!j->dir && !(j->out = output_open(NULL, 0, &j->err)))
        return -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = write_atom(j, atoms[i], !j->dir && j->call->value[OUTPUT]);
    if (j->out && rc)
        output_drop(j->out);
    else if (j->out)
        rc = output_keep(j->out, &j->err);
    return rc;
}

static int read_call(struct job *j)
{
    int64_t now = clock_now(&clock_system);
    const struct call *call = j->call;

    j->from_ts = INT64_MIN;
    j->to_ts = INT64_MAX;
    if (strcmp(call->word[0], "obs") != 0)
        return kiri_fail(&j->err, KIRI_USAGE,
                         "what should be exported? This version knows obs, not '%.64s'",
                         call->word[0]);
    if (call->value[FROM] &&
        when_read("--from", call->value[FROM], now, &j->from_ts, &j->err))
        return -1;
    if (call->value[TO] && when_read("--to", call->value[TO], now, &j->to_ts, &j->err))
        return -1;
    if (j->from_ts >= j->to_ts)
        return kiri_fail(&j->err, KIRI_USAGE, "--from is not before --to");
    const char *output = call->value[OUTPUT];
    if (!output && call->n_words != 2)
        return kiri_fail(&j->err, KIRI_USAGE,
                         "several atoms need --output DIR, or --output - for all in one");
    j->dir = output && strcmp(output, "-") != 0 ? output : NULL;
    return j->dir ? path_make(j->dir, &j->err) : 0;
}

static int run(const struct call *call)
{
    struct job job = { .call = call };
    char *state = call->value[STATE] ? path_expand(call->value[STATE]) : path_state();
    int rc = 0;

    if (!state)
        rc = kiri_fail(&job.err, KIRI_UNAVAILABLE,
                       "there is no home directory to look in: say --state DIR");
    if (rc == 0)
        rc = read_call(&job);
    if (rc == 0 && !(job.from = export_open(state, &job.err)))
        rc = -1;
    if (rc == 0)
        rc = export_each_atom(job.from, note_atom, &job, &job.err);
    if (rc == 0)
        rc = check_names(&job);
    if (rc == 0) {
        interrupt_catch();
        progress_begin(&job.progress, call->value[QUIET] != NULL);
        rc = write_all(&job);
    }
    export_close(job.from);
    for (size_t i = 0; i < job.n; i++)
        free(job.atom[i]);
    free(state);
    if (rc > 0) {
        fprintf(stderr, "kiri: interrupted, %s\n",
                job.dir ? "the file that was being written is not there"
                        : "the output is not complete");
        return INTERRUPTED;
    }
    return rc ? command_fail(&job.err) : command_finish();
}

const struct command command_export = {
    .name = "export",
    .summary = "Writes stored observations as JSON, one a line.",
    .arguments = "obs [ATOM...]",
    .least = 1,
    .most = -1,
    .about =
        "Reads the store of a state directory, whether its host runs or not, and writes\n"
        "what the atoms saw, oldest first:\n"
        "  "
        "{\"ts\":1763679600123,\"values\":{\"cpu\":53.1},\"id\":88123,\"label\":\"..\"}\n"
        "One ATOM goes to the standard output; several, or all (no ATOM), into DIR as\n"
        "ATOM.jsonl, each file whole or not at all, a remote atom's schema beside it as\n"
        "ATOM.schema.json. \"turn\":\"skipped\" is where a turn of learning was passed\n"
        "over: a replay passes over it, too. Numbers are exact: 'kiri replay' reads "
        "them\n"
        "back to the same bits. A TIME is 2026-11-21, 2026-11-21T04:15:30Z (without Z:\n"
        "local time), ms since 1970, or 10m: so long ago.\n",
    .option = { { "from", "TIME", "Rows from then on. Default: the oldest." },
                { "to", "TIME", "Rows before then. Default: the newest." },
                { "output", "DIR",
                  "Where the files go. -: all rows to the standard output,\n"
                  "                     each with its \"atom\"." },
                { "force", NULL, "Replaces files that are there." },
                { "quiet", NULL, "No progress, no summary." },
                OPTION_STATE },
    .examples = "  kiri export obs pulse --from 1h\n"
                "  kiri export obs --output rows --from 2026-11-01 --to 2026-11-08\n",
    .exits = "  0    all was written\n"
             "  64   the command line is wrong\n"
             "  66   no store there, or it knows no such atom\n"
             "  73   a file is there already, or DIR cannot be written\n"
             "  130  Ctrl-C: the file at hand was not written\n",
    .run = run,
};
