/*
 * bench/limits - what a stream of one number does not see, and where a budget is met in
 * steps only: the cases that docs/detection.md warns of, measured.
 *
 * Usage: limits [--seeds N] [--jobs N] [--json | --markdown]
 *
 * Each is Gaussian noise (50 give or take 10) for fourteen days of a row a minute, and
 * the budget is 1/day: frozen  for an hour on the eighth day every value is 50 leak from
 * the fifth day on it grows by 4 a day: by nearly its own level in the end switch  no
 * noise: 1 in one row of a thousand, at random, else 0
 */
#include "bench/figures.h"
#include "bench/generate.h"
#include "bench/jobs.h"
#include "bench/options.h"
#include "bench/watch.h"

#include <stdlib.h>

#define ROWS     (14u * GENERATE_DAY)
#define FREEZES  (8u * GENERATE_DAY)
#define AN_HOUR  60u
#define LEAKS    (4u * GENERATE_DAY)
#define A_DAY    4.0 /* what leaks */
#define BUDGET   (1.0 / GENERATE_DAY)
#define INTERNAL 70

enum limit { FROZEN, LEAK, SWITCH, LIMITS };

struct count {
    double seen, promised; /* alarms in the rows that are meant */
};

struct bench {
    unsigned seeds, jobs;
    enum figures_form form;
    struct count *trial; /* [seeds * LIMITS] */
};

static double value(enum limit which, struct generated *g, uint32_t row)
{
    double x = generate_next(g);

    switch (which) {
    case FROZEN: return row >= FREEZES && row < FREEZES + AN_HOUR ? 50 : x;
    case LEAK: return row < LEAKS ? x : x + A_DAY * (row - LEAKS) / GENERATE_DAY;
    case SWITCH: return gpt_rng_below(&g->rng, 1000) == 0;
    case LIMITS: break;
    }
    return x;
}

/* Is it one of the rows in which there is something to see? */
static int meant(enum limit which, uint32_t row)
{
    return which == FROZEN ? row >= FREEZES && row < FREEZES + AN_HOUR
                           : which == SWITCH || row >= LEAKS;
}

static int try_one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    enum limit which = (enum limit)(i % LIMITS);
    uint64_t seed = i / LIMITS + 1;
    struct watch *w = watch_new(seed, BUDGET);
    struct generated g;
    int rc = w ? 0 : -1;

    generate_begin(&g, 0, seed);
    for (uint32_t row = 0; rc == 0 && row < ROWS; row++) {
        const struct verdict *v = watch_push(w, value(which, &g, row));
        if (v && v->gen && meant(which, row)) {
            b->trial[i].seen += v->onset;
            b->trial[i].promised += BUDGET;
        }
        rc = v ? 0 : -1;
    }
    watch_free(w);
    if (rc)
        fprintf(stderr, "limits: memory is short\n");
    return rc ? INTERNAL : 0;
}

static void add_figures(const struct bench *b, struct figures *f)
{
    struct count sum[LIMITS] = { 0 };

    for (size_t i = 0; i < (size_t)b->seeds * LIMITS; i++) {
        sum[i % LIMITS].seen += b->trial[i].seen;
        sum[i % LIMITS].promised += b->trial[i].promised;
    }
    figures_add(f, "limits.frozen", sum[FROZEN].seen / b->seeds, "alarms", GOAL_NONE, 0);
    figures_add(f, "limits.leak", sum[LEAK].seen / sum[LEAK].promised, "ratio", GOAL_NONE,
                0);
    figures_add(f, "limits.switch", sum[SWITCH].seen / sum[SWITCH].promised, "ratio",
                GOAL_NONE, 0);
}

int main(int argc, char **argv)
{
    struct bench b = { .seeds = 10, .jobs = jobs_cpus() };
    const struct bench_option options[] = {
        { "--seeds", .number = &b.seeds },
        { "--jobs", .number = &b.jobs },
        { "--json", .form = &b.form, .as = FIGURES_JSON },
        { "--markdown", .form = &b.form, .as = FIGURES_MARKDOWN },
    };
    struct figures f = { 0 };

    if (options_read(argc, argv, options, sizeof options / sizeof *options,
                     "limits [--seeds N] [--jobs N] [--json | --markdown]"))
        return 64;
    size_t n = (size_t)b.seeds * LIMITS;
    b.trial = calloc(n, sizeof *b.trial);
    int rc = b.trial ? jobs_run("limits", b.jobs, n, try_one, &b) : INTERNAL;
    if (rc == 0) {
        add_figures(&b, &f);
        rc = figures_print(&f, b.form, stdout);
    }
    figures_free(&f);
    free(b.trial);
    return rc;
}
