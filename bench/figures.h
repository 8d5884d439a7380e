/*
 * bench/figures.h - what a bench has measured: names, values and the goals that they have
 * to meet, printed for people, for programs or for a document.
 */
#ifndef KIRI_BENCH_FIGURES_H
#define KIRI_BENCH_FIGURES_H

#include <stddef.h>
#include <stdio.h>

#define FIGURE_NAME 64

enum goal {
    GOAL_NONE,
    GOAL_AT_LEAST,
    GOAL_AT_MOST,
    GOAL_WITHIN, /* a ratio that is at most `bound` either way: 2 is 0.5 to 2 */
};

struct figure {
    char name[FIGURE_NAME];
    double value;
    const char *unit; /* outlives the figures */
    enum goal goal;
    double bound;
};

struct figures {
    struct figure *all; /* [n], in the order added */
    size_t n, cap;
    int failed; /* memory was short: some are lost */
};

/* The name is copied, cut at FIGURE_NAME - 1. */
void figures_add(struct figures *f, const char *name, double value, const char *unit,
                 enum goal goal, double bound);
void figures_free(struct figures *f);
/* A figure without a goal, and one that is no number, holds and does not, in this order.
 */
int figure_holds(const struct figure *f);

/* Their options are --json and --markdown. */
enum figures_form { FIGURES_TEXT, FIGURES_JSON, FIGURES_MARKDOWN };
/* JSON: an array of {name, value, unit, goal, holds}; goal is null where there is none.
 * 0, or 74 when `out` cannot be written or memory was short. */
int figures_print(const struct figures *f, enum figures_form form, FILE *out);

#endif
