/*
 * kiri trial NAME DIRECTORY [OPTION=VALUE...] - what `kiri check FILE.so` starts for each
 * of its trials: tries the atom that it has as a descriptor, and may crash without harm.
 * Not listed in the help.
 */
#include "cli/command.h"
#include "load/abuse/abuse.h"

static int run(const struct call *call)
{
    int rc = abuse_child(call->word[0], call->word[1], call->word + 2);

    if (rc == KIRI_USAGE)
        fprintf(stderr, "kiri: a trial is started by 'kiri check FILE.so'\n");
    return rc;
}

const struct command command_trial = {
    .name = "trial",
    .arguments = "NAME DIRECTORY [OPTION=VALUE...]",
    .least = 2,
    .most = -1,
    .about = "Tries one thing with an atom, for 'kiri check FILE.so', which starts it.\n",
    .examples = "  kiri check soil.so\n",
    .exits = "  0   it was tried\n"
             "  64  it was not started by 'kiri check'\n"
             "  70  the atom cannot be loaded\n",
    .run = run,
};
