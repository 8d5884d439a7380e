/*
 * bench/options.h - the few options that a bench takes.
 */
#ifndef KIRI_BENCH_OPTIONS_H
#define KIRI_BENCH_OPTIONS_H

#include "bench/figures.h"

#include <stddef.h>

/* What follows the name goes to the one that is not NULL. */
struct bench_option {
    const char *name;        /* "--seeds"                                   */
    unsigned *number;        /* takes a number, 1..1e9                      */
    const char **word;       /* takes a word                                */
    int *flag;               /* takes nothing: 1 from now on                */
    enum figures_form *form; /* takes nothing: the form is `as` from now on */
    enum figures_form as;
};

/* 0, or 64 after `usage` was printed to stderr. */
int options_read(int argc, char **argv, const struct bench_option *o, size_t n,
                 const char *usage);

#endif
