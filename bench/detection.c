/*
 * bench/detection - what `kiri detect` makes of labelled files: its own code, at its
 * defaults, on every file of a corpus.
 *
 * Usage: detection --data DIR [--seeds N] [--jobs N] [--keep OUT] [--json | --markdown]
 *
 * DIR/nab holds data/ and labels/ as the Numenta Anomaly Benchmark has them, or a part of
 * it. Figures are means over the seeds 1..N (3). --keep leaves the files that detect
 * wrote in OUT/<seed>/<name>, for other scorers.
 */
#include "bench/figures.h"
#include "bench/jobs.h"
#include "bench/nab.h"
#include "bench/options.h"

#include "base/path.h"
#include "detect/detect.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH 4096

/* One file with one seed. */
struct trial {
    double *score, *alarm; /* [rows] */
    double seconds;        /* of one CPU */
    double promised, seen; /* alarms */
};

struct bench {
    const char *data, *keep;
    unsigned seeds, jobs;
    enum figures_form form;
    struct nab nab;
    const char *out;     /* folder of the results */
    struct trial *trial; /* [seeds * nab.n], seed by seed */
};

static int say(const struct kiri_error *err)
{
    fprintf(stderr, "detection: %s\n", err->text);
    return (int)err->code;
}

/* ---- one file -------------------------------------------------------------------- */

static int detect(const char *input, const char *path, unsigned seed, struct trial *t,
                  struct kiri_error *err)
{
    const struct detect_options o = { .input = input, .seed = seed };
    struct detect_report report = { 0 };
    struct output *out = output_open(path, 1, err);
    double began = jobs_seconds();

    if (!out)
        return -1;
    int rc = detect_run(&o, out, &report, err);
    t->seconds = jobs_seconds() - began;
    t->seen = (double)report.alarms;
    t->promised = report.per_row * (double)report.scored;
    detect_report_free(&report);
    if (rc == 0)
        return output_keep(out, err);
    output_drop(out);
    return -1;
}

static int read_back(const struct nab_file *f, const char *path, struct trial *t,
                     struct kiri_error *err)
{
    t->score = calloc(f->rows + 1u, sizeof *t->score);
    t->alarm = calloc(f->rows + 1u, sizeof *t->alarm);
    if (!t->score || !t->alarm)
        return kiri_fail(err, KIRI_INTERNAL, "memory is short");
    return nab_read(f, path, "score", t->score, err) ||
                   nab_read(f, path, "alarm", t->alarm, err)
               ? -1
               : 0;
}

/* The folder of a file below `dir`, made; the file's path goes to out[PATH]. */
static int place(const char *dir, unsigned seed, const char *name, char *out,
                 struct kiri_error *err)
{
    snprintf(out, PATH, "%s/%u/%s", dir, seed, name);
    char *slash = strrchr(out, '/');
    *slash = 0;
    int rc = path_make(out, err);
    *slash = '/';
    return rc;
}

static int try_one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    const struct nab_file *f = &b->nab.file[i % b->nab.n];
    struct kiri_error err = { 0 };
    char input[PATH], path[PATH];
    unsigned seed = (unsigned)(i / b->nab.n) + 1;

    snprintf(input, sizeof input, "%s/nab/data/%s", b->data, f->name);
    if (place(b->out, seed, f->name, path, &err) ||
        detect(input, path, seed, &b->trial[i], &err) ||
        read_back(f, path, &b->trial[i], &err))
        return say(&err);
    if (!b->keep)
        unlink(path);
    return 0;
}

/* ---- what it comes to ------------------------------------------------------------ */

enum column { SCORE, ALARM };

/* The corpus' score, of each seed. */
static int score_seeds(const struct bench *b, enum column which,
                       const struct nab_profile *p, double *out /* [seeds] */)
{
    double **column = calloc(b->nab.n + 1, sizeof *column);

    for (unsigned s = 0; column && s < b->seeds; s++) {
        for (size_t i = 0; i < b->nab.n; i++) {
            const struct trial *t = &b->trial[s * b->nab.n + i];
            column[i] = which == SCORE ? t->score : t->alarm;
        }
        out[s] = which == SCORE ? nab_swept(&b->nab, column, p, NULL)
                                : nab_fixed(&b->nab, column, p, 1);
    }
    free(column);
    return column ? 0 : -1;
}

/* Mean and worst of the seeds. */
static int add_score(const struct bench *b, struct figures *f, const char *name,
                     enum column which, const struct nab_profile *p, double goal)
{
    double *seed = calloc(b->seeds, sizeof *seed), sum = 0, worst = INFINITY;
    char longer[FIGURE_NAME];

    if (!seed || score_seeds(b, which, p, seed)) {
        free(seed);
        return -1;
    }
    for (unsigned s = 0; s < b->seeds; s++) {
        sum += seed[s];
        worst = fmin(worst, seed[s]);
    }
    free(seed);
    figures_add(f, name, sum / b->seeds, "of 100", goal > 0 ? GOAL_AT_LEAST : GOAL_NONE,
                goal);
    snprintf(longer, sizeof longer, "%s.worst", name);
    figures_add(f, longer, worst, "of 100", GOAL_NONE, 0);
    return 0;
}

static int add_all(const struct bench *b, struct figures *f)
{
    double rows = 0, seconds = 0, promised = 0, seen = 0;

    if (add_score(b, f, "nab.dev.swept", SCORE, &nab_standard, 65) ||
        add_score(b, f, "nab.dev.low_fp", SCORE, &nab_low_fp, 0) ||
        add_score(b, f, "nab.dev.low_fn", SCORE, &nab_low_fn, 0) ||
        add_score(b, f, "nab.dev.alarm", ALARM, &nab_standard, 0))
        return -1;
    for (size_t i = 0; i < b->seeds * b->nab.n; i++) {
        rows += b->nab.file[i % b->nab.n].rows;
        seconds += b->trial[i].seconds;
        promised += b->trial[i].promised;
        seen += b->trial[i].seen;
    }
    figures_add(f, "nab.dev.alarms_over_budget", seen / promised, "ratio", GOAL_NONE, 0);
    figures_add(f, "nab.dev.rows_per_s", rows / seconds, "rows/s", GOAL_AT_LEAST, 3000);
    return 0;
}

static int measure(struct bench *b)
{
    struct figures f = { 0 };
    size_t n = b->seeds * b->nab.n;

    b->trial = calloc(n + 1, sizeof *b->trial);
    int rc = b->trial ? jobs_run("detection", b->jobs, n, try_one, b) : KIRI_INTERNAL;
    if (rc == 0)
        rc = add_all(b, &f) ? KIRI_INTERNAL : figures_print(&f, b->form, stdout);
    for (size_t i = 0; b->trial && i < n; i++) {
        free(b->trial[i].score);
        free(b->trial[i].alarm);
    }
    free(b->trial);
    figures_free(&f);
    return rc;
}

/* The folders that place() has made and that are empty now. */
static void sweep(const struct bench *b)
{
    char path[PATH];

    for (unsigned s = 1; s <= b->seeds; s++) {
        for (size_t i = 0; i < b->nab.n; i++) {
            snprintf(path, sizeof path, "%s/%u/%s", b->out, s, b->nab.file[i].name);
            *strrchr(path, '/') = 0;
            rmdir(path);
        }
        snprintf(path, sizeof path, "%s/%u", b->out, s);
        rmdir(path);
    }
    rmdir(b->out);
}

int main(int argc, char **argv)
{
    char temporary[] = "/tmp/kiri-bench-XXXXXX";
    struct bench b = { .seeds = 3, .jobs = jobs_cpus() };
    const struct bench_option options[] = {
        { "--data", .word = &b.data },
        { "--seeds", .number = &b.seeds },
        { "--jobs", .number = &b.jobs },
        { "--keep", .word = &b.keep },
        { "--json", .form = &b.form, .as = FIGURES_JSON },
        { "--markdown", .form = &b.form, .as = FIGURES_MARKDOWN },
    };
    static const char usage[] =
        "detection --data DIR [--seeds N] [--jobs N] [--keep OUT] "
        "[--json | --markdown]";
    struct kiri_error err = { 0 };
    char nab[PATH];

    if (options_read(argc, argv, options, sizeof options / sizeof *options, usage))
        return KIRI_USAGE;
    if (!b.data) {
        fprintf(stderr, "Usage: %s\n", usage);
        return KIRI_USAGE;
    }
    snprintf(nab, sizeof nab, "%s/nab", b.data);
    if (b.keep)
        b.out = b.keep;
    else if (!(b.out = mkdtemp(temporary))) {
        perror("detection: /tmp");
        return KIRI_NO_WRITE;
    }
    int rc = nab_open(&b.nab, nab, &err) ? say(&err) : measure(&b);
    if (!b.keep)
        sweep(&b);
    nab_free(&b.nab);
    return rc;
}
