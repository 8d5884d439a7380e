/*
 * kiri eval - how well labelled rows are told from the others, in figures and in a page
 * to look at.
 */
#include "eval/eval.h"

#include "base/path.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "eval/print.h"
#include "eval/report.h"
#include "eval/vus.h"
#include "screen/terminal.h"
#include "screen/view_number.h"

#include <inttypes.h>
#include <string.h>

#define INTERRUPTED 130 /* 128 + SIGINT, as shells count */
#define BUFFER_MOST 1000

enum {
    LABEL,
    WINDOWS,
    SCORES,
    SCORE,
    THRESHOLD,
    FORMAT,
    TIMESTAMP,
    TRAIN,
    WARMUP,
    BUDGET,
    SEED,
    BUFFER,
    JOBS,
    JSON,
    MARKDOWN,
    HTML,
    QUIET
};

static int tell(void *ctx, const struct eval_progress *p)
{
    struct progress *progress = ctx;
    char rows[40], rate[40], left[48] = "";

    if (interrupted())
        return 1;
    if (!progress_due(progress))
        return 0;
    number_count((double)p->rows, rows, sizeof rows);
    number_count((double)p->rows * 1e3 / (double)(progress_ms(progress) + 1), rate,
                 sizeof rate);
    progress_say(progress, "%zu of %zu stream%s  %s rows  %s rows/s%s", p->done,
                 p->streams, p->streams == 1 ? "" : "s", rows, rate,
                 progress_left(progress, (double)p->done / (double)p->streams, left));
    return 0;
}

static void tell_remarks(const struct eval *e)
{
    const char *at = buf_text(&e->remarks);

    for (size_t n; *at; at += n + (at[n] == '\n')) {
        n = strcspn(at, "\n");
        fprintf(stderr, "kiri eval: %.*s\n", (int)n, at);
    }
}

/* ---- the command line ------------------------------------------------------------ */

static int read_format(const char *word, struct eval_options *o, struct kiri_error *err)
{
    static const char *const names[] = { "csv", "jsonl" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i]) == 0) {
            o->format = (enum source_format)i;
            o->has_format = 1;
            return 0;
        }
    return kiri_fail(err, KIRI_USAGE, "--format takes csv or jsonl, not '%s'", word);
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
    if (strchr(word, '/') && units_rate(word, &o->per_second) == 0)
        return 0;
    if (units_share(word, &o->per_row) == 0 && o->per_row > 0 && o->per_row < 1)
        return 0;
    return kiri_fail(
        err, KIRI_USAGE,
        "--budget takes a rate (1/day) or a share of rows (.001, 0.3%%), not '%s'", word);
}

/* A number of least..most. */
static int read_number(const char *name, const char *word, int64_t least, int64_t most,
                       int64_t *out, struct kiri_error *err)
{
    if (units_integer(word, out) == 0 && *out >= least && *out <= most)
        return 0;
    return kiri_fail(err, KIRI_USAGE,
                     "--%s takes a number of %" PRId64 " to %" PRId64 ", not '%s'", name,
                     least, most, word);
}

/* Options that say nothing together. */
static int check_call(const struct call *call, struct kiri_error *err)
{
    const char *const *v = call->value;

    if (strcmp(call->word[0], "-") == 0)
        return kiri_fail(err, KIRI_USAGE,
                         "the rows are read twice, which the standard input cannot be: "
                         "name a file");
    if (v[LABEL] && v[WINDOWS])
        return kiri_fail(
            err, KIRI_USAGE,
            "labels are in a column (--label) or in windows (--windows), not "
            "both");
    if (v[SCORES] && (v[TRAIN] || v[BUDGET]))
        return kiri_fail(err, KIRI_USAGE,
                         "--%s is about scoring, and --scores has the scores already",
                         v[TRAIN] ? "train" : "budget");
    if (v[SCORE] && !v[SCORES])
        return kiri_fail(err, KIRI_USAGE,
                         "--score names a column of the file of --scores");
    if (v[JSON] && v[MARKDOWN])
        return kiri_fail(err, KIRI_USAGE, "say --json or --markdown");
    if (v[HTML] && strcmp(v[HTML], "-") == 0)
        return kiri_fail(err, KIRI_USAGE, "--html takes the name of a file to write");
    return 0;
}

static int read_call(const struct call *call, struct eval_options *o,
                     struct kiri_error *err)
{
    const char *const *v = call->value;
    int64_t seed = 1, buffer = VUS_BUFFER, jobs = 0;

    if (check_call(call, err))
        return -1;
    o->corpus = (struct corpus_wish){ .path = call->word[0],
                                      .windows = v[WINDOWS],
                                      .label = v[LABEL],
                                      .scores = v[SCORES] };
    o->score = v[SCORE];
    o->detect.time = v[TIMESTAMP];
    o->detect.train = v[TRAIN];
    if ((v[FORMAT] && read_format(v[FORMAT], o, err)) ||
        (v[WARMUP] && read_warmup(v[WARMUP], &o->detect, err)) ||
        (v[BUDGET] && read_budget(v[BUDGET], &o->detect, err)) ||
        (v[SEED] && read_number("seed", v[SEED], 0, INT64_MAX, &seed, err)) ||
        (v[BUFFER] && read_number("buffer", v[BUFFER], 0, BUFFER_MOST, &buffer, err)) ||
        (v[JOBS] && read_number("jobs", v[JOBS], 1, EVAL_THREADS, &jobs, err)))
        return -1;
    o->has_threshold = v[THRESHOLD] != NULL;
    if (v[THRESHOLD] && units_number(v[THRESHOLD], &o->threshold))
        return kiri_fail(err, KIRI_USAGE, "--threshold takes a number, not '%s'",
                         v[THRESHOLD]);
    o->detect.seed = (uint64_t)seed;
    o->buffer = (uint32_t)buffer;
    o->jobs = (unsigned)jobs;
    return 0;
}

/* ---- what comes of it ------------------------------------------------------------ */

static int write_html(const struct eval *e, const struct eval_options *o,
                      const char *path, struct kiri_error *err)
{
    struct buf page = { 0 };
    struct output *out = NULL;
    int rc = -1;

    report_write(e, o, KIRI_VERSION, REPORT_BYTES, &page);
    if (buf_failed(&page))
        kiri_fail(err, KIRI_INTERNAL, "memory is short");
    else
        out = output_open(path, 1, err);
    if (out && output_write(out, buf_text(&page), page.len, err) == 0)
        rc = output_keep(out, err);
    else
        output_drop(out);
    buf_free(&page);
    return rc;
}

static int print(const struct call *call, const struct eval *e,
                 const struct eval_options *o, struct kiri_error *err)
{
    struct buf text = { 0 };

    if (call->value[JSON])
        print_json(e, o, &text);
    else if (call->value[MARKDOWN])
        print_markdown(e, o, &text);
    else
        print_text(e, o, &text);
    int rc = buf_failed(&text) ? kiri_fail(err, KIRI_INTERNAL, "memory is short") : 0;
    if (rc == 0)
        fputs(buf_text(&text), stdout);
    buf_free(&text);
    return rc;
}

static int run(const struct call *call)
{
    const char *html = call->value[HTML];
    struct kiri_error err = { 0 };
    struct progress progress;
    struct eval_options o = { .progress = tell, .ctx = &progress };
    struct eval e = { 0 };

    if (read_call(call, &o, &err))
        return command_fail(&err);
    interrupt_catch();
    progress_begin(&progress, call->value[QUIET] != NULL);
    int rc = eval_run(&o, &e, &err);
    progress_wipe(&progress);
    if (rc == 0 && !call->value[QUIET])
        tell_remarks(&e);
    if (rc == 0 && html && interrupted())
        rc = 1;
    if (rc == 0 && html)
        rc = write_html(&e, &o, html, &err);
    if (rc == 0)
        rc = print(call, &e, &o, &err);
    eval_free(&e);
    if (rc > 0) {
        fprintf(stderr, "kiri: interrupted, nothing was written\n");
        return INTERRUPTED;
    }
    return rc ? command_fail(&err) : command_finish();
}

const struct command command_eval = {
    .name = "eval",
    .summary = "Says how well labelled rows are found, with plots.",
    .arguments = "PATH",
    .least = 1,
    .most = 1,
    .about =
        "Scores the rows of PATH as 'kiri detect' does, without its labels, or reads\n"
        "scores of anybody's (--scores), and holds them against the labels. PATH is\n"
        "\n"
        "  a file    of rows, with a column of labels: 0 is normal, 1 an anomaly\n"
        "  a folder  of such files, or laid out as the Numenta Anomaly Benchmark:\n"
        "            data/ and labels/combined_windows.json\n"
        "\n"
        "Figures, of each stream and of all:\n"
        "\n"
        "  AUROC     how often an anomalous row scores above a normal one; .5 is chance\n"
        "  AP        average precision: the area under precision and recall\n"
        "  VUS-PR    the same, with labels that fade out around each event, averaged\n"
        "            over the length of that (Paparrizos et al. 2022)\n"
        "  F1        of the alarms at the budget. An event is a run of anomalous rows.\n"
        "            Precision: alarms that open in one; recall: events in which one\n"
        "            opens. 'best' is at the threshold that the labels would choose\n"
        "  delay     from an event's first row to the alarm, median of those found\n"
        "  false     alarms outside of all events; a day, beside what was promised\n"
        "\n"
        "Rows of the warm-up do not count. --html writes one page, without a network,\n"
        "that plots every stream: look before you read. docs/eval.md explains it all.\n",
    .option = { { "label", "COL",
                  "The column of labels. Default: one named label, anomaly or\n"
                  "                     is_anomaly." },
                { "windows", "F",
                  "Labels as windows of time instead: JSON with\n"
                  "                     {\"STREAM\": [[\"FROM\", \"TO\"], ...]}, or one "
                  "list." },
                { "scores", "F",
                  "Scores that are there already, a row for each of PATH's: a\n"
                  "                     file, or a folder with files of the same "
                  "names." },
                { "score", "COL",
                  "Their column. Default: score, or anomaly_score. Columns\n"
                  "                     alarm and state are read as 'kiri detect' writes "
                  "them." },
                { "threshold", "T",
                  "Alarms are scores of T and more, whatever else is said." },
                { "format", "W", "csv or jsonl. Default: by the file's name." },
                { "timestamp", "COL", "The column of times, as in 'kiri detect'." },
                { "train", "F", "Rows to learn before, as in 'kiri detect'." },
                { "warmup", "N|P%",
                  "Rows, or part of the rows, that are learned and not judged;\n"
                  "                     with --scores only the latter." },
                { "budget", "B", "Alarms when nothing is wrong, as in 'kiri detect'." },
                { "seed", "N", "Seed of weights and learning. Default: 1." },
                { "buffer", "N", "Rows, longest flank of VUS-PR. Default: 100." },
                { "jobs", "N", "Streams at a time. Default: as many as CPUs." },
                { "json", NULL, "Prints an object for programs." },
                { "markdown", NULL, "Prints tables for a document." },
                { "html", "F", "Also writes the page, whole or not at all." },
                { "quiet", NULL, "No progress, no remarks." } },
    .examples = "  kiri eval cpu.csv --html cpu.html\n"
                "  kiri eval cpu.csv --scores others.csv --threshold 0.9\n"
                "  kiri eval NAB/ --html nab.html\n"
                "  kiri eval taxi.csv --windows combined_windows.json --json\n",
    .exits = "  0    all is measured\n"
             "  64   the command line is wrong\n"
             "  65   labels or scores are missing or wrong, or all labels are the same\n"
             "  66   a file cannot be read\n"
             "  73   the page cannot be written\n"
             "  74   reading or writing failed half way\n"
             "  130  Ctrl-C: nothing was written\n",
    .run = run,
};
