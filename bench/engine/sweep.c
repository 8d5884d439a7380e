/*
 * One dimension of the pulse model at a time. The threads' losses must be those of one
 * thread, bit for bit.
 */
#include "bench/engine/sweep.h"

#include "bench/chart.h"
#include "bench/engine/peak.h"
#include "bench/engine/plans.h"
#include "bench/engine/rounds.h"
#include "bench/engine/team.h"
#include "bench/engine/timing.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INTERNAL     70
#define CANNOT_WRITE 73
#define SECONDS      .04
#define BATCH        8u
#define POINTS       5u
#define SIZES        4u

/* Microseconds of a token. */
struct point {
    double train[ROUNDS_MOST], score[ROUNDS_MOST];
    double train_floor[ROUNDS_MOST], score_floor[ROUNDS_MOST];
};

static const struct dimension {
    const char *name, *title;
    size_t at; /* in struct gpt_shape */
    size_t n;
    double value[POINTS];
} dimensions[SIZES] = {
    { "d", "width d", offsetof(struct gpt_shape, width), 5, { 16, 32, 64, 128, 256 } },
    { "L", "layers L", offsetof(struct gpt_shape, layers), 4, { 1, 2, 4, 8 } },
    { "T",
      "context T",
      offsetof(struct gpt_shape, context),
      5,
      { 16, 32, 64, 128, 256 } },
    { "V", "vocabulary V", offsetof(struct gpt_shape, vocab), 4, { 16, 64, 256, 1024 } },
};
static const double threads[] = { 1, 2, 4 };
static const size_t shared[] = { W4_TRAIN, W2_B32 }; /* plans that threads share */

struct sweep {
    struct peak *peak;
    struct point point[SIZES][POINTS];
    double speed[COUNT(shared)][COUNT(threads)][ROUNDS_MOST]; /* against one thread */
};

static struct work_plan plan_at(const struct dimension *d, double value,
                                enum work_kind kind)
{
    struct work_plan plan = { d->name, kind, plans[W2_B1].work.shape,
                              kind == WORK_TRAIN ? BATCH : 1, 0 };
    const uint32_t size = (uint32_t)value;

    memcpy((char *)&plan.shape + d->at, &size, sizeof size);
    plan.tokens = plan.shape.context;
    return plan;
}

/* Microseconds of a token, and at the least. */
static int take(struct sweep *s, const struct work_plan *plan, double *us, double *floor)
{
    unsigned long requests = 0;
    struct work *w = work_new(plan);

    if (!w)
        return -1;
    const double peak = peak_measure_flops(s->peak);
    const double adam = peak_adam(s->peak, gpt_shape_params(&plan->shape));
    *floor = 1e6 * (work_flops(w) / peak + work_updates(w) * adam) / work_tokens(w);
    *us = timing_us(w, NULL, SECONDS, &requests) / work_tokens(w);
    work_free(w);
    return *us < 0 ? -1 : 0;
}

static int take_sizes(struct sweep *s, unsigned round)
{
    for (size_t i = 0; i < SIZES; i++)
        for (size_t k = 0; k < dimensions[i].n; k++) {
            struct point *p = &s->point[i][k];
            const struct dimension *d = &dimensions[i];
            const struct work_plan train = plan_at(d, d->value[k], WORK_TRAIN);
            const struct work_plan score = plan_at(d, d->value[k], WORK_SCORE);
            if (take(s, &train, &p->train[round], &p->train_floor[round]) ||
                take(s, &score, &p->score[round], &p->score_floor[round]))
                return -1;
        }
    return 0;
}

/* Loss of the second step, which the first step's weights decide. */
static double second_loss(struct work *w, const struct gpt_parallel *par)
{
    if (work_reset(w))
        return -1;
    work_do(w, par);
    return work_do(w, par);
}

static int take_threads(struct sweep *s, struct work *w, size_t i, unsigned round)
{
    double alone = 0, loss = 0;
    unsigned long requests = 0;

    for (size_t k = 0; k < COUNT(threads); k++) {
        struct team *team = team_new((unsigned)threads[k]);
        if (!team)
            return -1;
        const struct gpt_parallel *par = k ? team_parallel(team) : NULL;
        const double its = second_loss(w, par);
        const double us = timing_us(w, par, SECONDS, &requests);
        team_free(team);
        loss = k ? loss : its;
        alone = k ? alone : us;
        if (us < 0 || !(its >= loss && its <= loss)) {
            fprintf(stderr, "engine: %s: %g threads compute something else: %.9g, %.9g\n",
                    w->plan->name, threads[k], its, loss);
            return -1;
        }
        s->speed[i][k][round] = alone / us;
    }
    return 0;
}

static int take_round(struct sweep *s, unsigned round)
{
    int rc = take_sizes(s, round);

    for (size_t i = 0; i < COUNT(shared) && rc == 0; i++) {
        struct work *w = work_new(&plans[shared[i]].work);
        rc = w ? take_threads(s, w, i, round) : -1;
        work_free(w);
    }
    return rc;
}

/* ---- telling --------------------------------------------------------------------- */

static void add(struct figures *f, const char *d, double value, const char *what,
                double figure, const char *unit)
{
    char name[FIGURE_NAME];

    snprintf(name, sizeof name, "%s%g.%s", d, value, what);
    figures_add(f, name, figure, unit, GOAL_NONE, 0);
}

/* Medians, as drawn and printed. */
struct medians {
    double train[POINTS], score[POINTS], train_floor[POINTS], score_floor[POINTS];
};

static void print_row(const char *name, const struct medians *m, size_t k, double value,
                      enum figures_form form)
{
    printf(form == FIGURES_MARKDOWN
               ? "| %s = %g | %.3g | %.2f | %.3g | %.2f |\n"
               : "%s = %-6g %10.3g us a token trained (x%.2f)  %10.3g scored (x%.2f)\n",
           name, value, m->train[k], m->train[k] / m->train_floor[k], m->score[k],
           m->score[k] / m->score_floor[k]);
}

static void tell_sizes(struct sweep *s, unsigned rounds, struct medians *m,
                       struct figures *f, enum figures_form form)
{
    if (form == FIGURES_MARKDOWN)
        puts("| | µs a token trained | × floor | µs a token scored | × floor |\n"
             "|---|--:|--:|--:|--:|");
    for (size_t i = 0; i < SIZES; i++)
        for (size_t k = 0; k < dimensions[i].n; k++) {
            struct point *p = &s->point[i][k];
            const struct dimension *d = &dimensions[i];
            m[i].train[k] = timing_spread(p->train, rounds).median;
            m[i].score[k] = timing_spread(p->score, rounds).median;
            m[i].train_floor[k] = timing_spread(p->train_floor, rounds).median;
            m[i].score_floor[k] = timing_spread(p->score_floor, rounds).median;
            add(f, d->name, d->value[k], "train_us", m[i].train[k], "us");
            add(f, d->name, d->value[k], "score_us", m[i].score[k], "us");
            if (form != FIGURES_JSON)
                print_row(d->name, &m[i], k, d->value[k], form);
        }
}

static void tell_threads(struct sweep *s, unsigned rounds,
                         double speed[COUNT(shared)][COUNT(threads)], struct figures *f,
                         enum figures_form form)
{
    char what[32];

    if (form == FIGURES_MARKDOWN)
        puts("\n| threads | `W4.train` | `W2.b32` |\n|--:|--:|--:|");
    for (size_t k = 0; k < COUNT(threads); k++) {
        for (size_t i = 0; i < COUNT(shared); i++) {
            speed[i][k] = timing_spread(s->speed[i][k], rounds).median;
            snprintf(what, sizeof what, "%s", plans[shared[i]].work.name);
            add(f, "threads", threads[k], what, speed[i][k], "times");
        }
        if (form != FIGURES_JSON)
            printf(form == FIGURES_MARKDOWN
                       ? "| %g | %.2f | %.2f |\n"
                       : "%g threads: %.2f times as fast W4.train, %.2f W2.b32\n",
                   threads[k], speed[0][k], speed[1][k]);
    }
}

static int tell(struct sweep *s, unsigned rounds, const char *svg, enum figures_form form)
{
    struct medians m[SIZES];
    struct chart chart[SIZES + 1];
    double speed[COUNT(shared)][COUNT(threads)];
    struct figures f = { 0 };
    int rc = 0;

    tell_sizes(s, rounds, m, &f, form);
    tell_threads(s, rounds, speed, &f, form);
    for (size_t i = 0; i < SIZES; i++)
        chart[i] = (struct chart){
            dimensions[i].title,
            "µs a token",
            dimensions[i].n,
            dimensions[i].value,
            { m[i].train, m[i].score, m[i].train_floor, m[i].score_floor },
            { "trained", "scored", "floors", NULL },
        };
    chart[SIZES] = (struct chart){
        "threads", "times as fast as one",          COUNT(threads),
        threads,   { speed[0], speed[1], threads }, { "W4.train", "W2.b32", "ideal" },
    };
    if (form == FIGURES_JSON)
        rc = figures_print(&f, form, stdout);
    if (svg && chart_write(svg, "What a token costs",
                           "One dimension at a time, the others those of the pulse "
                           "model (d 32, 4 heads, L 2, T 16, V 43); one core",
                           chart, COUNT(chart))) {
        fprintf(stderr, "engine: %s: %s\n", svg, strerror(errno));
        rc = CANNOT_WRITE;
    }
    figures_free(&f);
    return rc;
}

int sweep_run(unsigned rounds, const char *svg, enum figures_form form)
{
    struct sweep *s = calloc(1, sizeof *s);
    int rc = INTERNAL;

    rounds = rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds;
    if (s && (s->peak = peak_new())) {
        rc = 0;
        for (unsigned r = 0; r < rounds && rc == 0; r++)
            rc = take_round(s, r);
        rc = rc ? INTERNAL : tell(s, rounds, svg, form);
    }
    if (s)
        peak_free(s->peak);
    free(s);
    return rc;
}
