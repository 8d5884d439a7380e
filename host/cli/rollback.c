/*
 * kiri rollback ATOM - back to the generation before the last promotion.
 */
#include "cli/changes.h"
#include "cli/command.h"
#include "cli/common.h"

enum { BUS, STATE, JSON };

static int run(const struct call *call)
{
    const struct changes_where where = { call->value[BUS], call->value[STATE],
                                         call->value[JSON] != NULL };

    return changes_ask_atom(&where, "rollback", call->word[0]);
}

const struct command command_rollback = {
    .name = "rollback",
    .summary = "Takes back the last promotion of a retraining.",
    .arguments = "ATOM",
    .least = 1,
    .most = 1,
    .about =
        "The atom is again the generation that 'kiri retrain' has replaced, as it was\n"
        "then: weights, words, calibration and the history it learns from. It goes on\n"
        "from there, also after a restart. Rows that came meanwhile stay stored. One\n"
        "generation is kept: what was promoted before that is gone.\n",
    .option = { OPTION_BUS, OPTION_STATE, { "json", NULL, "Prints the host's answer." } },
    .examples = "  kiri rollback pulse\n",
    .exits = "  0   it is the generation before\n"
             "  64  there is no such atom\n"
             "  65  the kept file is damaged\n"
             "  66  there is no generation to go back to\n"
             "  69  no host answers\n"
             "  75  a retraining is under way, or it speaks another language now\n",
    .run = run,
};
