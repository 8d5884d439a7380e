/*
 * bench/chart.h - small charts beside each other, both axes logarithmic, as an SVG that
 * can be read on white and on black.
 */
#ifndef KIRI_BENCH_CHART_H
#define KIRI_BENCH_CHART_H

#include <stddef.h>

#define CHART_LINES 4u

/* Lines over the same few x. The first two are drawn with marks, the others dashed in the
 * colours of the first two: what they should be measured against. */
struct chart {
    const char *title, *unit; /* what x is; what y is */
    size_t n;
    const double *x;              /* [n] > 0, rising */
    const double *y[CHART_LINES]; /* [n] > 0 each, or NULL */
    const char *name[CHART_LINES];
};

/* n charts, three in a row. 0, or -1 and errno. */
int chart_write(const char *path, const char *title, const char *subtitle,
                const struct chart *c, size_t n);

#endif
