/*
 * kiri probe FILE.so - what the host starts to look at a plugin: opens it, answers with
 * one JSON object, and may crash without harm. Not listed in the help.
 */
#include "cli/command.h"
#include "host.h"

#include <unistd.h>

static int run(const struct call *call)
{
    return host_probe(call->word[0], STDOUT_FILENO);
}

const struct command command_probe = {
    .name = "probe",
    .arguments = "FILE.so",
    .least = 1,
    .most = 1,
    .about =
        "Opens an atom's .so and prints one JSON object about it. The host runs this in\n"
        "a child before it opens the file itself.\n",
    .examples = "  kiri probe /usr/lib/kiri/atoms/pulse.so\n",
    .exits = "  0   it is an atom\n"
             "  65  it is none, or it is damaged\n",
    .run = run,
};
