/*
 * kiri reload [ATOM] - asks the running host to read its config again, or to take one
 * atom's plugin anew.
 */
#include "cli/changes.h"
#include "cli/command.h"
#include "cli/common.h"

enum { BUS, STATE, JSON };

static int run(const struct call *call)
{
    const struct changes_where where = { call->value[BUS], call->value[STATE],
                                         call->value[JSON] != NULL };
    json_t *members = call->n_words ? json_pack("{ss}", "atom", call->word[0]) : NULL;

    if (call->n_words && !members) {
        struct kiri_error err;

        kiri_fail(&err, KIRI_USAGE, "an atom's name is a-z, 0-9 and -");
        return command_fail(&err);
    }
    int rc =
        changes_ask(&where, "reload", members,
                    call->n_words ? "the atom goes on as it was"
                                  : "the config was rejected; the former one goes on");
    json_decref(members);
    return rc;
}

const struct command command_reload = {
    .name = "reload",
    .summary = "Makes a running host read its YAML again, or take an atom's .so anew.",
    .arguments = "[ATOM]",
    .least = 0,
    .most = 1,
    .about =
        "Without a name the running host reads its file again, checks all of it as\n"
        "'kiri check' does, and applies only what is different: atoms come, go, or are\n"
        "replaced with their state and their model; period, budget and learning change\n"
        "in place; retention too. A file with a mistake changes nothing, and every\n"
        "mistake is listed. What cannot change while it runs (molecule, state, bus) is\n"
        "refused. SIGHUP does the same; its result is in 'kiri status'.\n"
        "\n"
        "With a name that atom alone is replaced by what its .so is now: the old one\n"
        "closes, the new one opens with its small state and, in an unchanged language,\n"
        "its model. If the new one cannot be opened, the old one goes on. The host does\n"
        "this by itself when the file changes, unless 'watch-plugins: false'.\n"
        "Prints what changed, one line each.\n",
    .option = { OPTION_BUS, OPTION_STATE, { "json", NULL, "Prints the host's answer." } },
    .examples = "  kiri reload\n"
                "  kiri reload soil\n"
                "  kiri reload --state /var/lib/kiri\n",
    .exits = "  0   the host runs what is on disk\n"
             "  64  there is no such atom\n"
             "  65  an atom's .so is damaged or of another kind\n"
             "  66  an atom's .so is gone\n"
             "  69  no host answers\n"
             "  78  the file is wrong; every mistake was listed, nothing was changed\n",
    .run = run,
};
