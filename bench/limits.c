/*
 * bench/limits - what a stream of one number does not see, and where a budget is met in
 * steps only: the cases that docs/detection.md warns of, measured.
 *
 * Usage: limits [--seeds N] [--jobs N] [--json | --markdown]
 *
 * Each is Gaussian noise (50 give or take 10) for fourteen days of a row a minute, and
 * the budget is 1/day:
 * - frozen: for an hour on the eighth day every value is 50;
 * - leak: from the fifth day on it grows by 4 a day, by nearly its own level in the end;
 * - switch: no noise, 1 in one row of a thousand, at random, else 0.
 */
#include "bench/generate.h"
#include "bench/trials.h"
#include "bench/watch.h"

#include <stdlib.h>

#define ROWS    (14u * GENERATE_DAY)
#define FREEZES (8u * GENERATE_DAY)
#define AN_HOUR 60u
#define LEAKS   (4u * GENERATE_DAY)
#define A_DAY   4.0 /* what leaks */
#define BUDGET  (1.0 / GENERATE_DAY)

enum limit { FROZEN, LEAK, SWITCH, LIMITS };

struct count {
    double seen, promised; /* alarms in the rows that are meant */
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
    struct count *trial = (struct count *)((struct trials *)ctx)->trial + i;
    enum limit which = (enum limit)(i % LIMITS);
    uint64_t seed = i / LIMITS + 1;
    struct watch *w = watch_new(seed, BUDGET);
    struct generated g;
    int rc = w ? 0 : -1;

    generate_begin(&g, 0, seed);
    for (uint32_t row = 0; rc == 0 && row < ROWS; row++) {
        const struct verdict *v = watch_push(w, value(which, &g, row));
        if (v && v->gen && meant(which, row)) {
            trial->seen += v->onset;
            trial->promised += BUDGET;
        }
        rc = v ? 0 : -1;
    }
    watch_free(w);
    return rc;
}

static void add_figures(const struct trials *all, struct figures *f)
{
    const struct count *trial = all->trial;
    struct count sum[LIMITS] = { 0 };

    for (size_t i = 0; i < (size_t)all->seeds * LIMITS; i++) {
        sum[i % LIMITS].seen += trial[i].seen;
        sum[i % LIMITS].promised += trial[i].promised;
    }
    figures_add(f, "limits.frozen", sum[FROZEN].seen / all->seeds, "alarms", GOAL_NONE,
                0);
    figures_add(f, "limits.leak", sum[LEAK].seen / sum[LEAK].promised, "ratio", GOAL_NONE,
                0);
    figures_add(f, "limits.switch", sum[SWITCH].seen / sum[SWITCH].promised, "ratio",
                GOAL_NONE, 0);
}

int main(int argc, char **argv)
{
    static const struct trials_plan plan = {
        .name = "limits",
        .each = LIMITS,
        .size = sizeof(struct count),
        .one = try_one,
        .figures = add_figures,
    };

    return trials_main(argc, argv, &plan);
}
