/*
 * kiri detect - what is odd in a file of rows, one row out for every row in.
 */
#include "detect/detect.h"

#include "base/units.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "screen/terminal.h"
#include "screen/view_number.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define INTERRUPTED 130 /* 128 + SIGINT, as shells count */

enum {
    INPUT,
    FORMAT,
    TRAIN,
    TIMESTAMP,
    SCHEMA,
    WARMUP,
    BUDGET,
    HOLD,
    SEED,
    OUTPUT,
    QUIET
};

/* ---- while it works -------------------------------------------------------------- */

static int tell(void *ctx, const struct detect_progress *p)
{
    struct progress *progress = ctx;
    char rows[40], rate[40], left[48] = "", part[16] = "";

    if (interrupted())
        return 1;
    if (!progress_due(progress))
        return 0;
    double share = p->size ? (double)p->read / (double)p->size : 0;
    if (p->size)
        snprintf(part, sizeof part, "  %.0f %%", 100 * share);
    if (p->part > 0) {
        progress_say(progress, "%s  %.0f %%", p->doing, 100 * p->part);
        return 0;
    }
    number_count((double)p->rows, rows, sizeof rows);
    number_count((double)p->rows * 1e3 / (double)(progress_ms(progress) + 1), rate,
                 sizeof rate);
    progress_say(progress, "%s%s%s rows%s  %s rows/s%s", p->doing ? p->doing : "",
                 p->doing ? "  " : "", rows, part, rate,
                 p->doing ? "" : progress_left(progress, share, left));
    return 0;
}

/* ---- afterwards ------------------------------------------------------------------ */

static void tell_flaws(const struct detect_report *r, const char *input)
{
    for (int f = 0; f < FLAWS; f++) {
        struct buf line = { 0 };
        flaws_tell(&r->flaws, (enum flaw)f, &line);
        if (line.len)
            fprintf(stderr, "kiri detect: %s: %s\n", input, buf_text(&line));
        buf_free(&line);
    }
}

static void tell_remarks(const struct detect_report *r)
{
    const char *at = buf_text(&r->remarks);

    for (size_t n; *at; at += n + (at[n] == '\n')) {
        n = strcspn(at, "\n");
        fprintf(stderr, "kiri detect: %.*s\n", (int)n, at);
    }
}

static void conclude(const struct detect_report *r, const char *input, int64_t ms)
{
    char rows[40], rate[40], warmup[40], every[40];

    tell_remarks(r);
    tell_flaws(r, input);
    number_count((double)r->rows, rows, sizeof rows);
    number_count((double)r->warmup, warmup, sizeof warmup);
    number_count((double)(r->rows + r->trained) * 1e3 / (double)(ms + 1), rate,
                 sizeof rate);
    if (!r->rows)
        fprintf(stderr, "kiri detect: %s has no rows\n", input);
    else if (!r->scored)
        fprintf(stderr,
                "kiri detect: no row has a score: the warm-up of %s row%s was not "
                "over when they ended\n",
                warmup, r->warmup == 1 ? "" : "s");
    fprintf(stderr,
            "%s row%s, %" PRIu64 " scored, %" PRIu64 " alarm%s; %" PRIu64
            " learning%s; %s rows/s\n",
            rows, r->rows == 1 ? "" : "s", r->scored, r->alarms,
            r->alarms == 1 ? "" : "s", r->lessons, r->lessons == 1 ? "" : "s", rate);
    if (r->scored && r->per_row > 0) {
        number_count(1 / r->per_row, every, sizeof every);
        fprintf(stderr, "budget: one alarm in %s rows, %.1f for these\n", every,
                r->per_row * (double)r->scored);
    }
}

/* ---- the command line ------------------------------------------------------------ */

/* Does every row stand alone, without columns? */
static int alone(enum source_format format)
{
    return format == SOURCE_LINES || format == SOURCE_SESSIONS;
}

static const char *name_of(enum source_format format)
{
    return format == SOURCE_SESSIONS ? "sessions" : "lines";
}

static int read_format(const char *word, enum source_format *out, struct kiri_error *err)
{
    static const char *const names[] = { "csv", "jsonl", "lines", "sessions" };

    for (size_t i = 0; word && i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i]) == 0) {
            *out = (enum source_format)i;
            return 0;
        }
    if (!word)
        return kiri_fail(err, KIRI_USAGE,
                         "detect needs --format csv, jsonl, lines or sessions");
    return kiri_fail(err, KIRI_USAGE,
                     "--format takes csv, jsonl, lines or sessions, not '%s'", word);
}

static int read_warmup(const char *word, struct detect_options *o, struct kiri_error *err)
{
    int64_t n;

    if (units_integer(word, &n) == 0 && n > 0) {
        o->warmup = (uint64_t)n;
        return 0;
    }
    if (strchr(word, '%') && units_share(word, &o->share) == 0 && o->share > 0)
        return 0;
    return kiri_fail(err, KIRI_USAGE,
                     "--warmup takes rows (750) or a part (15%%), not '%s'", word);
}

static int read_budget(const char *word, struct detect_options *o, struct kiri_error *err)
{
    if (strchr(word, '/') && units_rate(word, &o->per_second) == 0) {
        if (!alone(o->format))
            return 0;
        return kiri_fail(err, KIRI_USAGE,
                         "%s have no time: --budget takes a share of them such as .003",
                         name_of(o->format));
    }
    if (units_share(word, &o->per_row) == 0 && o->per_row > 0 && o->per_row < 1)
        return 0;
    return kiri_fail(
        err, KIRI_USAGE,
        "--budget takes a rate (1/day) or a share of rows (.001, 0.3%%), not "
        "'%s'",
        word);
}

static int read_call(const struct call *call, struct detect_options *o,
                     struct kiri_error *err)
{
    const char *const *v = call->value;
    int64_t n;

    if (!v[INPUT])
        return kiri_fail(err, KIRI_USAGE,
                         "detect needs --input F (- is the standard input)");
    o->input = v[INPUT];
    o->train = v[TRAIN];
    o->time = v[TIMESTAMP];
    if (o->train && strcmp(o->input, "-") == 0 && strcmp(o->train, "-") == 0)
        return kiri_fail(err, KIRI_USAGE,
                         "--train and --input cannot both be the standard input");
    if (read_format(v[FORMAT], &o->format, err))
        return -1;
    if ((o->time || v[HOLD]) && alone(o->format))
        return kiri_fail(err, KIRI_USAGE, "%s have no time: leave --%s out",
                         name_of(o->format), o->time ? "timestamp" : "hold");
    if ((v[WARMUP] && read_warmup(v[WARMUP], o, err)) ||
        (v[BUDGET] && read_budget(v[BUDGET], o, err)))
        return -1;
    if (v[HOLD] && units_duration_ms(v[HOLD], &o->hold_ms))
        return kiri_fail(err, KIRI_USAGE, "--hold takes a duration (1d, 0s), not '%s'",
                         v[HOLD]);
    if (v[SEED] && (units_integer(v[SEED], &n) || n < 0))
        return kiri_fail(err, KIRI_USAGE, "--seed takes a number from 0 on, not '%s'",
                         v[SEED]);
    if (v[SEED])
        o->seed = (uint64_t)n;
    if (v[SCHEMA] && alone(o->format))
        return kiri_fail(err, KIRI_USAGE, "%s have no columns: they need no --schema",
                         name_of(o->format));
    o->schema = v[SCHEMA];
    return 0;
}

static int run(const struct call *call)
{
    const char *to = call->value[OUTPUT];
    int plain = !to || strcmp(to, "-") == 0;
    struct kiri_error err = { 0 };
    struct progress progress;
    struct detect_options o = { .seed = 1, .progress = tell, .ctx = &progress };
    struct detect_report report;
    struct output *out;
    int code;

    if (read_call(call, &o, &err))
        return command_fail(&err);
    out = output_open(to, 1, &err);
    if (!out)
        return command_fail(&err);
    interrupt_catch();
    progress_begin(&progress, call->value[QUIET] != NULL);
    progress.quiet |= plain && terminal_is(STDOUT_FILENO);
    int rc = detect_run(&o, out, &report, &err);
    progress_wipe(&progress);
    if (rc && !plain)
        output_drop(out);
    else if (rc)
        output_keep(out, NULL); /* what was written stays written */
    else
        rc = output_keep(out, &err);
    if (rc > 0) {
        if (plain)
            fprintf(stderr, "kiri: interrupted after %" PRIu64 " rows\n", report.rows);
        else
            fprintf(stderr, "kiri: interrupted, nothing was written\n");
        code = INTERRUPTED;
    } else {
        code = rc ? command_fail(&err) : 0;
    }
    if (!rc && !call->value[QUIET])
        conclude(&report, o.input, progress_ms(&progress));
    detect_report_free(&report);
    return code;
}

const struct command command_detect = {
    .name = "detect",
    .summary = "Says what is odd in a file of rows, row by row.",
    .arguments = "--input F --format csv|jsonl|lines|sessions",
    .about =
        "Reads rows, learns what is usual among those before, and writes a row of CSV\n"
        "for every row of F, in its order and without looking ahead:\n"
        "\n"
        "  timestamp  as in F; without times the row's number, from 1\n"
        "  surprise   mean nats a word, from the untrained model during the warm-up\n"
        "  score      how far out, in decades; about 0-20, large is odd\n"
        "  tail       part of the normal past that was at least so odd; small is odd\n"
        "  alarm      1 in the row that opens an alarm\n"
        "  state      learning, normal, or alarm while one is open\n"
        "  nats       of the field that is blamed\n"
        "  blame      the column that was most surprising; of an alarm, over its rows\n"
        "  expected   what was expected there instead, with its probability\n"
        "  note       what was wrong with the row: missing; no number; time repeats ...\n"
        "\n"
        "csv    a header, then rows (RFC 4180; also ; and tabs). Columns of numbers and\n"
        "       columns of a few words are scored; others are left out, and said so.\n"
        "jsonl  one object a line; its members are the columns (a.b for nested ones).\n"
        "lines  each line a text, byte by byte; every row stands alone.\n"
        "sessions  each line words, such as log keys, between blanks; every row stands\n"
        "       alone. The warm-up, or --train, is learned at once, and nothing after\n"
        "       it. blame is the worst word and its place, '9 at 14' or 'the end at 4';\n"
        "       expected says what each half of the model found: the GPTs, the counts.\n"
        "\n"
        "The first rows are the warm-up: they are learned, not judged (score 0, tail "
        "1).\n"
        "From then on each row is scored first, and after every 128th a little is\n"
        "learned. Memory does not grow with F. Rows that lack values, have another\n"
        "width or a time that repeats are scored as far as they go, marked, and counted\n"
        "on stderr with the line of the first. Same F, options and seed: same bytes.\n",
    .option = { { "input", "F", "The file to read; - is the standard input. Required." },
                { "format", "W", "csv, jsonl, lines or sessions. Required." },
                { "train", "F",
                  "Rows to learn before, of the same columns; then the first\n"
                  "                     row of --input has a score already." },
                { "timestamp", "COL",
                  "The column of times: 2014-04-01 00:05:00, with T, Z or an\n"
                  "                     offset, or seconds (or ms) since 1970. Default: "
                  "one named\n"
                  "                     timestamp, time, ts, date, or the first if it "
                  "has times;\n"
                  "                     - for none." },
                { "schema", "F",
                  "A schema in JSON (docs/remote.md) for the columns of its\n"
                  "                     fields' names. Default: from the warm-up." },
                { "warmup", "N|P%",
                  "Rows, or part of the rows. Default: 15% of a file's rows,\n"
                  "                     at most 750; 750 of a pipe's." },
                { "budget", "B",
                  "Alarms when nothing is wrong: a rate (1/day) or a share of\n"
                  "                     rows (.001). Default: 1/day with times, .001 "
                  "without;\n"
                  "                     .003 of lines and sessions." },
                { "hold", "D",
                  "Rows of an open alarm wait so long (1d) to be learned;\n"
                  "                     if it closes before, they never are. Default: "
                  "0s." },
                { "seed", "N", "Seed of weights and learning. Default: 1." },
                { "output", "F",
                  "The file to write, whole or not at all. Default: the\n"
                  "                     standard output, flushed while a pipe is waited "
                  "for." },
                { "quiet", NULL, "No progress, no summary." } },
    .examples =
        "  kiri detect --input cpu.csv --format csv --output scores.csv\n"
        "  kiri detect --input new.csv --train old.csv --format csv --budget 1/week\n"
        "  tail -f rows.jsonl | kiri detect --input - --format jsonl --timestamp ts\n"
        "  kiri detect --input names.txt --format lines --budget 1% | grep ,1,\n"
        "  kiri detect --input new.txt --train normal.txt --format sessions\n",
    .exits = "  0    every row is through\n"
             "  64   the command line is wrong\n"
             "  65   F cannot be of this format, or no column can be scored\n"
             "  66   F cannot be read\n"
             "  73   the output cannot be written\n"
             "  74   reading or writing failed half way\n"
             "  130  Ctrl-C: a file was not written, a pipe has the rows so far\n",
    .run = run,
};
