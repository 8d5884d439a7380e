/*
 * kiri cell - what the host starts for an atom with `isolate: process`: a process that
 * has this atom, one end of a socket and nothing else. Not listed in the help.
 */
#include "cli/command.h"
#include "host.h"

#include <stdio.h>

static int run(const struct call *call)
{
    int rc = host_cell();

    (void)call;
    if (rc == KIRI_USAGE)
        fprintf(stderr,
                "kiri: a cell is started by a host: write `isolate: process` at an "
                "atom in the YAML\n");
    return rc;
}

const struct command command_cell = {
    .name = "cell",
    .arguments = "",
    .about = "Runs one atom for a host, which starts it with `isolate: process` in the\n"
             "atom's YAML, asks it over a socket and ends it.\n",
    .examples = "  kiri run molecule.yaml\n",
    .exits = "  0   the host has closed it, or is gone\n"
             "  64  it was not started by a host\n"
             "  65  the atom cannot be loaded\n"
             "  70  the host said what no host can say\n",
    .run = run,
};
