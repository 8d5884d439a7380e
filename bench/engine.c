/*
 * bench/engine - how near the engine is to what this core can do: W1 to W5 in turn over
 * several rounds, each as a multiple of its floor (bench/engine/floor.c) and, with --peer
 * torch, of what PyTorch takes for the same work between ours.
 *
 * --sweep: what width, layers, context and vocabulary cost, and threads; --svg draws it.
 *
 * Usage: engine [--rounds N] [--peer torch | --sweep [--svg F]] [--json | --markdown]
 */
#include "bench/engine/rounds.h"
#include "bench/engine/sweep.h"
#include "bench/options.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

int main(int argc, char **argv)
{
    static const char usage[] = "engine [--rounds N] [--peer torch | --sweep [--svg F]] "
                                "[--json | --markdown]";
    unsigned rounds = 9;
    const char *peer = NULL, *svg = NULL;
    int sweep = 0;
    enum figures_form form = FIGURES_TEXT;
    const struct bench_option options[] = {
        { "--rounds", .number = &rounds },
        { "--peer", .word = &peer },
        { "--sweep", .flag = &sweep },
        { "--svg", .word = &svg },
        { "--json", .form = &form, .as = FIGURES_JSON },
        { "--markdown", .form = &form, .as = FIGURES_MARKDOWN },
    };

    if (options_read(argc, argv, options, COUNT(options), usage))
        return 64;
    if ((sweep && peer) || (svg && !sweep)) {
        fprintf(stderr, "Usage: %s\n", usage);
        return 64;
    }
    return sweep ? sweep_run(rounds, svg, form) : rounds_run(rounds, peer, form);
}
