/*
 * bench/lives - the original's checks (original.h), life by life.
 *
 * Usage: lives --data DIR [--seeds N] [--jobs N] [--json|--markdown]
 */
#include "bench/jobs.h"
#include "bench/options.h"
#include "bench/original.h"

#include "base/error.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static const char usage[] =
        "lives --data DIR [--seeds N] [--jobs N] [--json|--markdown]";
    unsigned seeds = 3, jobs = jobs_cpus();
    enum figures_form form = FIGURES_TEXT;
    const char *dir = NULL;
    struct original o;
    struct figures f = { 0 };
    const struct bench_option options[] = {
        { .name = "--data", .word = &dir },
        { .name = "--seeds", .number = &seeds },
        { .name = "--jobs", .number = &jobs },
        { .name = "--json", .form = &form, .as = FIGURES_JSON },
        { .name = "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };

    if (options_read(argc, argv, options, sizeof options / sizeof *options, usage))
        return KIRI_USAGE;
    if (!dir || original_open(&o, dir, seeds)) {
        fputs("lives: --data DIR has to have a folder for each life\n", stderr);
        return dir ? KIRI_NO_INPUT : KIRI_USAGE;
    }
    int rc = original_measure(&o, jobs);
    if (!rc) {
        original_figures(&o, 1, &f);
        rc = figures_print(&f, form, stdout);
    }
    figures_free(&f);
    original_close(&o);
    return rc;
}
