#include "bench/trials.h"

#include "bench/jobs.h"
#include "bench/options.h"

#include <stdio.h>
#include <stdlib.h>

#define INTERNAL 70

struct work {
    struct trials trials;
    const struct trials_plan *plan;
};

static int one(void *ctx, size_t i)
{
    struct work *w = ctx;

    if (w->plan->one(&w->trials, i) == 0)
        return 0;
    fprintf(stderr, "%s: memory is short\n", w->plan->name);
    return INTERNAL;
}

int trials_main(int argc, char **argv, const struct trials_plan *plan)
{
    struct work w = { .trials = { .seeds = 10 }, .plan = plan };
    unsigned jobs = jobs_cpus();
    enum figures_form form = 0;
    const struct bench_option options[] = {
        { "--seeds", .number = &w.trials.seeds },
        { "--jobs", .number = &jobs },
        { "--json", .form = &form, .as = FIGURES_JSON },
        { "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };
    struct figures f = { 0 };
    char usage[80];

    snprintf(usage, sizeof usage, "%s [--seeds N] [--jobs N] [--json | --markdown]",
             plan->name);
    if (options_read(argc, argv, options, sizeof options / sizeof *options, usage))
        return 64;
    size_t n = w.trials.seeds * plan->each;
    w.trials.trial = calloc(n, plan->size);
    int rc = w.trials.trial ? jobs_run(plan->name, jobs, n, one, &w) : INTERNAL;
    if (rc == 0) {
        plan->figures(&w.trials, &f);
        rc = figures_print(&f, form, stdout);
    }
    figures_free(&f);
    free(w.trials.trial);
    return rc;
}
