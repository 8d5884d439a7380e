/*
 * kiri approve | dismiss ATOM FROM..TO - tells the running host what an atom's rows were.
 */
#include "base/units.h"
#include "cli/changes.h"
#include "cli/command.h"
#include "cli/common.h"

#include <stdio.h>
#include <string.h>

enum { BUS, STATE, JSON };

/* "88120..88480" or one id. 0, or -1 and a sentence. */
static int read_range(const char *word, int64_t *from, int64_t *to,
                      struct kiri_error *err)
{
    const char *dots = strstr(word, "..");
    char first[32];

    snprintf(first, sizeof first, "%.*s", dots ? (int)(dots - word) : 31, word);
    if (units_integer(first, from) || units_integer(dots ? dots + 2 : first, to) ||
        *from < 1 || *to < *from)
        return kiri_fail(err, KIRI_USAGE,
                         "'%.64s' is no range of row ids such as 88120..88480: kiri sub "
                         "score/ shows them as \"id\"",
                         word);
    return 0;
}

static int judge(const struct call *call, const char *verdict)
{
    const struct changes_where where = { call->value[BUS], call->value[STATE],
                                         call->value[JSON] != NULL };
    struct kiri_error err;
    int64_t from, to;

    if (read_range(call->word[1], &from, &to, &err))
        return command_fail(&err);
    json_t *members =
        json_pack("{ss sI sI ss}", "atom", call->word[0], "from", (json_int_t)from, "to",
                  (json_int_t)to, "verdict", verdict);
    if (!members) {
        kiri_fail(&err, KIRI_USAGE, "an atom's name is a-z, 0-9 and -");
        return command_fail(&err);
    }
    int rc = changes_ask(&where, "judge", members, NULL);
    json_decref(members);
    return rc;
}

static int approve(const struct call *call)
{
    return judge(call, "approve");
}

static int dismiss(const struct call *call)
{
    return judge(call, "dismiss");
}

#define JUDGE_OPTIONS                                                                    \
    OPTION_BUS, OPTION_STATE,                                                            \
    {                                                                                    \
        "json", NULL, "Prints the host's answer."                                        \
    }
#define JUDGE_EXITS                                                                      \
    "  0   the atom's model file has it\n"                                               \
    "  64  there is no such atom, or that is no range\n"                                 \
    "  66  the atom remembers none of these rows\n"                                      \
    "  69  no host answers\n"                                                            \
    "  73  it is so, but could not be saved\n"                                           \
    "  75  the atom has no model yet\n"

const struct command command_approve = {
    .name = "approve",
    .summary = "Says that an atom's rows were a real incident: never learned.",
    .arguments = "ATOM FROM..TO",
    .least = 2,
    .most = 2,
    .about =
        "FROM..TO are ids of rows, as 'kiri sub score/' shows them; one id is one row.\n"
        "Rows that were real are never learned and are no part of the atom's normal\n"
        "past: the same is an alarm the next time. It concerns those rows of the last\n"
        "8,192 that the atom remembers; 'kiri dismiss' takes it back.\n",
    .option = { JUDGE_OPTIONS },
    .examples = "  kiri approve pulse 88120..88480\n",
    .exits = JUDGE_EXITS,
    .run = approve,
};

const struct command command_dismiss = {
    .name = "dismiss",
    .summary = "Says that an atom's rows were normal: learned, with weight 4.",
    .arguments = "ATOM FROM..TO",
    .least = 2,
    .most = 2,
    .about =
        "FROM..TO are ids of rows, as 'kiri sub score/' shows them; one id is one row.\n"
        "Rows that were normal are learned with weight 4 and are part of the atom's\n"
        "past: the same is no alarm the next time. It concerns those rows of the last\n"
        "8,192 that the atom remembers; 'kiri approve' takes it back.\n",
    .option = { JUDGE_OPTIONS },
    .examples = "  kiri dismiss pulse 88120..88480\n",
    .exits = JUDGE_EXITS,
    .run = dismiss,
};
