/*
 * kiri unload ATOM - takes an atom out of a running host.
 */
#include "cli/changes.h"
#include "cli/command.h"
#include "cli/common.h"

enum { BUS, STATE, JSON };

static int run(const struct call *call)
{
    const struct changes_where where = { call->value[BUS], call->value[STATE],
                                         call->value[JSON] != NULL };

    return changes_ask_atom(&where, "unload", call->word[0]);
}

const struct command command_unload = {
    .name = "unload",
    .summary = "Takes an atom out of a running host.",
    .arguments = "ATOM",
    .least = 1,
    .most = 1,
    .about =
        "The atom saves its model, closes and is gone; its model and its observations\n"
        "stay in the state directory, and go on if it is loaded again. An atom that was\n"
        "loaded with 'kiri load' is forgotten; one of the YAML file comes back with the\n"
        "next 'kiri reload' or start: remove it there to keep it out.\n",
    .option = { OPTION_BUS, OPTION_STATE, { "json", NULL, "Prints the host's answer." } },
    .examples = "  kiri unload soil\n",
    .exits = "  0   it does not run any more\n"
             "  64  there is no such atom\n"
             "  69  no host answers\n",
    .run = run,
};
