/*
 * bench/calibration - does an alarm budget keep its promise? Generated streams that do
 * not change in the long run, so that every alarm is a false one: how many were promised,
 * how many were raised.
 *
 * Usage: calibration [--days N] [--seeds N] [--jobs N] [--plot FILE.svg]
 *                    [--json | --markdown]
 *
 * Each stream has N days (30) of a row a minute and is scored as `kiri detect` does, with
 * a budget of 1/h, 1/day and 1/week in turn; all alarms count, from the first row after
 * the warm-up on.
 */
#include "bench/figures.h"
#include "bench/generate.h"
#include "bench/jobs.h"
#include "bench/options.h"
#include "bench/plot.h"
#include "bench/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BUDGETS  3u
#define A_WEEK   (7.0 * GENERATE_DAY)
#define INTERNAL 70
#define FEWER    0.5 /* alarms that stand for none, where a ratio needs some */

static const struct {
    const char *name, *label;
    double per_row;
} budgets[BUDGETS] = { { "week", "1/week", 1 / A_WEEK },
                       { "day", "1/day", 1.0 / GENERATE_DAY },
                       { "hour", "1/h", 1.0 / 60 } };

/* Of one stream at one budget. */
struct count {
    double promised, seen, rows, seconds;
};

struct bench {
    unsigned days, seeds, jobs;
    const char *plot;
    enum figures_form form;
    struct count *trial;                         /* [BUDGETS * STREAMS * seeds] */
    struct count sum[BUDGETS][GENERATE_STREAMS]; /* over the seeds              */
    struct count pooled[BUDGETS];
};

/* ---- one stream ------------------------------------------------------------------ */

static int watch(struct watch *w, struct generated *g, unsigned days, double per_row,
                 struct count *out)
{
    uint64_t rows = (uint64_t)days * GENERATE_DAY;
    double began = jobs_seconds();

    for (uint64_t row = 0; row < rows; row++) {
        const struct verdict *v = watch_push(w, generate_next(g));
        if (!v)
            return -1;
        out->seen += v->onset;
        out->promised += v->gen ? per_row : 0;
    }
    out->rows = (double)rows;
    out->seconds = jobs_seconds() - began;
    return 0;
}

static int try_one(void *ctx, size_t i)
{
    struct bench *b = ctx;
    uint32_t kind = (uint32_t)(i % GENERATE_STREAMS);
    double per_row = budgets[i / GENERATE_STREAMS % BUDGETS].per_row;
    uint64_t seed = i / GENERATE_STREAMS / BUDGETS + 1;
    struct watch *w = watch_new(seed, per_row);
    struct generated g;

    generate_begin(&g, kind, seed);
    int rc = w ? watch(w, &g, b->days, per_row, &b->trial[i]) : -1;
    watch_free(w);
    if (rc)
        fprintf(stderr, "calibration: %s: memory is short\n", generate_name(kind));
    return rc ? INTERNAL : 0;
}

/* ---- what it comes to ------------------------------------------------------------ */

static void add_count(struct count *to, const struct count *c)
{
    to->promised += c->promised;
    to->seen += c->seen;
    to->rows += c->rows;
    to->seconds += c->seconds;
}

static void sum_up(struct bench *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t budget = i / GENERATE_STREAMS % BUDGETS;
        add_count(&b->sum[budget][i % GENERATE_STREAMS], &b->trial[i]);
        add_count(&b->pooled[budget], &b->trial[i]);
    }
}

/* Alarms for each that was promised. */
static double ratio(const struct count *c)
{
    return (c->seen > 0 ? c->seen : FEWER) / c->promised;
}

/* How far the worst stream is from its promise, either way. */
static double worst(const struct bench *b, size_t budget)
{
    double most = 1;

    for (size_t i = 0; i < GENERATE_STREAMS; i++) {
        double r = ratio(&b->sum[budget][i]);
        most = fmax(most, fmax(r, 1 / r));
    }
    return most;
}

/* For programs: each stream at each budget. */
static void add_streams(const struct bench *b, struct figures *f)
{
    char name[FIGURE_NAME];

    for (size_t k = BUDGETS; k-- > 0;)
        for (uint32_t i = 0; i < GENERATE_STREAMS; i++) {
            snprintf(name, sizeof name, "calibration.%s.%s", budgets[k].name,
                     generate_name(i));
            figures_add(f, name, ratio(&b->sum[k][i]), "ratio", GOAL_NONE, 0);
        }
}

static void add_figures(const struct bench *b, struct figures *f)
{
    struct count all = { 0 };
    char name[FIGURE_NAME];

    for (size_t k = BUDGETS; k-- > 0;) {
        snprintf(name, sizeof name, "calibration.%s", budgets[k].name);
        figures_add(f, name, ratio(&b->pooled[k]), "ratio", GOAL_WITHIN, 2);
        snprintf(name, sizeof name, "calibration.%s.worst", budgets[k].name);
        int judged = strcmp(budgets[k].name, "day") == 0;
        figures_add(f, name, worst(b, k), "factor", judged ? GOAL_AT_MOST : GOAL_NONE, 4);
        add_count(&all, &b->pooled[k]);
    }
    figures_add(f, "calibration.rows_per_s", all.rows / all.seconds, "rows/s", GOAL_NONE,
                0);
}

/* A row for each stream: what it is, alarms promised, and seen at each budget. */
static void print_streams(const struct bench *b, FILE *out)
{
    fputs("| stream | |", out);
    for (size_t k = BUDGETS; k-- > 0;)
        fprintf(out, " %s: %.4g promised |", budgets[k].label,
                b->pooled[k].promised / GENERATE_STREAMS / b->seeds);
    fputs("\n|---|---|--:|--:|--:|\n", out);
    for (uint32_t i = 0; i <= GENERATE_STREAMS; i++) {
        int total = i == GENERATE_STREAMS;
        fprintf(out, "| %s | %s |", total ? "**all**" : generate_name(i),
                total ? "mean of the ten" : generate_about(i));
        for (size_t k = BUDGETS; k-- > 0;) {
            const struct count *c = total ? &b->pooled[k] : &b->sum[k][i];
            double runs = total ? GENERATE_STREAMS * b->seeds : b->seeds;
            fprintf(out, " %.4g (×%.2f) |", c->seen / runs, ratio(c));
        }
        fputc('\n', out);
    }
    fputc('\n', out);
}

static int draw(const struct bench *b)
{
    struct plot_mark mark[BUDGETS][GENERATE_STREAMS];
    struct plot p = { .n_series = GENERATE_STREAMS, .n_groups = BUDGETS };
    const char *names[GENERATE_STREAMS], *labels[BUDGETS];
    struct plot_mark pooled[BUDGETS];
    char subtitle[128];

    for (uint32_t i = 0; i < GENERATE_STREAMS; i++)
        names[i] = generate_name(i);
    for (size_t k = 0; k < BUDGETS; k++) {
        double runs = GENERATE_STREAMS * b->seeds;
        labels[k] = budgets[k].label;
        pooled[k] =
            (struct plot_mark){ b->pooled[k].promised / runs, b->pooled[k].seen / runs };
        for (size_t i = 0; i < GENERATE_STREAMS; i++)
            mark[k][i] = (struct plot_mark){ b->sum[k][i].promised / b->seeds,
                                             b->sum[k][i].seen / b->seeds };
    }
    snprintf(subtitle, sizeof subtitle,
             "ten generated streams of %u days, a row a minute; %u run%s each", b->days,
             b->seeds, b->seeds == 1 ? "" : "s");
    p.subtitle = subtitle;
    p.series = names;
    p.group = labels;
    p.mark = mark[0];
    p.pooled = pooled;
    if (plot_write(b->plot, &p) == 0)
        return 0;
    perror(b->plot);
    return 73;
}

static int measure(struct bench *b)
{
    size_t n = (size_t)BUDGETS * GENERATE_STREAMS * b->seeds;
    struct figures f = { 0 };

    b->trial = calloc(n, sizeof *b->trial);
    int rc = b->trial ? jobs_run("calibration", b->jobs, n, try_one, b) : INTERNAL;
    if (rc == 0) {
        sum_up(b, n);
        add_figures(b, &f);
        if (b->form == FIGURES_JSON)
            add_streams(b, &f);
        if (b->form != FIGURES_JSON)
            print_streams(b, stdout);
        rc = figures_print(&f, b->form, stdout);
    }
    if (rc == 0 && b->plot)
        rc = draw(b);
    figures_free(&f);
    free(b->trial);
    return rc;
}

int main(int argc, char **argv)
{
    struct bench b = { .days = 30, .seeds = 1, .jobs = jobs_cpus() };
    const struct bench_option options[] = {
        { "--days", .number = &b.days },
        { "--seeds", .number = &b.seeds },
        { "--jobs", .number = &b.jobs },
        { "--plot", .word = &b.plot },
        { "--json", .form = &b.form, .as = FIGURES_JSON },
        { "--markdown", .form = &b.form, .as = FIGURES_MARKDOWN },
    };

    if (options_read(argc, argv, options, sizeof options / sizeof *options,
                     "calibration [--days N] [--seeds N] [--jobs N] [--plot FILE.svg] "
                     "[--json | --markdown]"))
        return 64;
    return measure(&b);
}
