/*
 * bench/detection - what KIRI makes of labelled data, at its defaults, and what simple
 * detectors make of the same.
 *
 * Usage: detection --data DIR [--only nab|hdfs|original] [--seeds N] [--jobs N]
 *                  [--keep OUT] [--json | --markdown]
 *
 * DIR has what is to be measured: nab/ (detection_nab.c), hdfs/ (detection_hdfs.c),
 * original/ (original.h). Figures of KIRI are over the seeds 1..N (5); the others have no
 * seed, or say so. --keep leaves the files that detect wrote in OUT/<seed>/<name>, for
 * other scorers.
 */
#include "bench/detection.h"

#include "bench/jobs.h"
#include "bench/options.h"
#include "bench/original.h"

#include "base/path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct part {
    const char *name; /* of the folder, too */
    int (*measure)(const struct detection *d, struct figures *f);
} parts[] = {
    { "nab", detection_nab },
    { "hdfs", detection_hdfs },
    { "original", detection_original },
};

static const char usage[] = "detection --data DIR [--only nab|hdfs|original] [--seeds N] "
                            "[--jobs N] [--keep OUT] [--json | --markdown]";

/* ---- for the parts --------------------------------------------------------------- */

int detection_say(const struct kiri_error *err)
{
    fprintf(stderr, "detection: %s\n", err->text);
    return (int)err->code;
}

int detection_place(const struct detection *d, unsigned seed, const char *name,
                    char *path, struct kiri_error *err)
{
    snprintf(path, DETECTION_PATH, "%s/%u/%s", d->out, seed, name);
    char *slash = strrchr(path, '/');
    *slash = 0;
    int rc = path_make(path, err);
    *slash = '/';
    return rc;
}

int detection_detect(const struct detect_options *o, const char *path,
                     struct detect_report *report, struct kiri_error *err)
{
    struct output *out = output_open(path, 1, err);

    *report = (struct detect_report){ 0 };
    if (!out)
        return -1;
    if (detect_run(o, out, report, err) == 0)
        return output_keep(out, err);
    output_drop(out);
    return -1;
}

/* The folders above the file go too, when they are empty. */
void detection_drop(const struct detection *d, const char *path)
{
    char folder[DETECTION_PATH];
    size_t top = strlen(d->out);

    if (d->keep)
        return;
    unlink(path);
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strrchr(folder, '/');
         slash && (size_t)(slash - folder) > top && (*slash = 0, rmdir(folder) == 0);
         slash = strrchr(folder, '/'))
        ;
}

void detection_add(struct figures *f, const struct detection_seeds *as,
                   const double *seed, unsigned n)
{
    double sum = 0, worst = INFINITY;

    for (unsigned s = 0; s < n; s++) {
        sum += seed[s];
        worst = fmin(worst, seed[s]);
    }
    figures_add(f, as->mean, sum / n, as->unit,
                as->least_mean > 0 ? GOAL_AT_LEAST : GOAL_NONE, as->least_mean);
    figures_add(f, as->worst, worst, as->unit,
                as->least_worst > 0 ? GOAL_AT_LEAST : GOAL_NONE, as->least_worst);
}

int detection_original(const struct detection *d, struct figures *f)
{
    char dir[DETECTION_PATH];
    struct original o;

    snprintf(dir, sizeof dir, "%s/original", d->data);
    if (original_open(&o, dir, d->seeds)) {
        fprintf(stderr, "detection: %s has to have a folder for each life\n", dir);
        return KIRI_NO_INPUT;
    }
    int rc = original_measure(&o, d->jobs);
    if (rc == 0)
        original_figures(&o, 0, f);
    original_close(&o);
    return rc;
}

/* ---- all of them ----------------------------------------------------------------- */

static int has(const char *dir, const char *folder)
{
    char path[DETECTION_PATH];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", dir, folder);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int measure(const struct detection *d, const char *only, enum figures_form form)
{
    struct figures f = { 0 };
    int rc = 0, any = 0;

    for (size_t i = 0; i < COUNT(parts) && rc == 0; i++) {
        if (only ? strcmp(only, parts[i].name) != 0 : !has(d->data, parts[i].name))
            continue;
        rc = parts[i].measure(d, &f);
        any = 1;
    }
    if (!any) {
        fprintf(stderr, "detection: %s has none of nab/, hdfs/ and original/\n", d->data);
        rc = KIRI_NO_INPUT;
    }
    if (rc == 0)
        rc = figures_print(&f, form, stdout);
    figures_free(&f);
    return rc;
}

static int is_part(const char *name)
{
    size_t i = 0;

    while (i < COUNT(parts) && strcmp(name, parts[i].name) != 0)
        i++;
    return i < COUNT(parts);
}

int main(int argc, char **argv)
{
    char temporary[] = "/tmp/kiri-bench-XXXXXX";
    struct detection d = { .seeds = 5, .jobs = jobs_cpus() };
    enum figures_form form = FIGURES_TEXT;
    const char *only = NULL, *keep = NULL;
    const struct bench_option options[] = {
        { "--data", .word = &d.data },
        { "--only", .word = &only },
        { "--seeds", .number = &d.seeds },
        { "--jobs", .number = &d.jobs },
        { "--keep", .word = &keep },
        { "--json", .form = &form, .as = FIGURES_JSON },
        { "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };

    if (options_read(argc, argv, options, COUNT(options), usage))
        return KIRI_USAGE;
    if (!d.data || (only && !is_part(only))) {
        fprintf(stderr, "Usage: %s\n", usage);
        return KIRI_USAGE;
    }
    d.keep = keep != NULL;
    d.out = keep ? keep : mkdtemp(temporary);
    if (!d.out) {
        perror("detection: /tmp");
        return KIRI_NO_WRITE;
    }
    int rc = measure(&d, only, form);
    if (!keep)
        rmdir(d.out);
    return rc;
}
