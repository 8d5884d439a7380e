/*
 * bench/plot.h - a picture of promises and what became of them: seen against promised,
 * both logarithmic, as an SVG that can be read on white and on black.
 */
#ifndef KIRI_BENCH_PLOT_H
#define KIRI_BENCH_PLOT_H

#include <stddef.h>

struct plot_mark {
    double promised, seen; /* promised > 0 */
};

/* Groups of marks with one promise each (a budget), a mark of each series (a stream) in
 * each group. Series beyond ten share their looks with others. */
struct plot {
    const char *subtitle;
    size_t n_series, n_groups;
    const char *const *series;      /* [n_series]            */
    const char *const *group;       /* [n_groups]            */
    const struct plot_mark *mark;   /* [n_groups][n_series]  */
    const struct plot_mark *pooled; /* [n_groups]: the series together */
};

/* 0, or -1 and errno. */
int plot_write(const char *path, const struct plot *p);

#endif
