/*
 * kiri reload - asks the running host to read its config again.
 */
#include "base/json.h"
#include "cli/command.h"
#include "cli/common.h"

#include <string.h>

enum { BUS, STATE, JSON };

/* One sentence a line, as the host said them. */
static int print(const json_t *answer)
{
    const json_t *lines = json_object_get(answer, "applied"), *line;
    size_t i;

    json_array_foreach(lines, i, line) puts(json_string_value(line));
    if (!json_array_size(lines))
        puts("nothing changed");
    return command_finish();
}

static int run(const struct call *call)
{
    struct kiri_error err = { 0 };
    struct reach reach;
    int rc;

    if (reach_find(&reach, call->value[BUS], call->value[STATE], &err))
        return command_fail(&err);
    json_t *answer = reach_talk(&reach, "reload", NULL, &err);
    if (!answer) {
        rc = command_fail(&err);
    } else if (call->value[JSON]) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        rc = command_finish();
        if (rc == 0 && !json_is_true(json_object_get(answer, "ok")))
            rc = (int)json_integer_value(json_object_get(answer, "code"));
    } else if (json_is_true(json_object_get(answer, "ok"))) {
        rc = print(answer);
    } else {
        const char *why = json_string_value(json_object_get(answer, "error"));
        fprintf(stderr, "%s\n", why ? why : "the host's answer cannot be read");
        fputs("kiri: the config was rejected; the former one goes on\n", stderr);
        rc = (int)json_integer_value(json_object_get(answer, "code"));
    }
    json_decref(answer);
    reach_free(&reach);
    return rc;
}

const struct command command_reload = {
    .name = "reload",
    .summary = "Makes a running host read its YAML file again.",
    .arguments = "",
    .least = 0,
    .most = 0,
    .about =
        "The running host reads its file again, checks all of it as 'kiri check' does, "
        "and\n"
        "applies only what is different: atoms come, go, or are replaced with their "
        "state\n"
        "and their model; period, budget and learning change in place; retention too. A\n"
        "file with a mistake changes nothing, and every mistake is listed. What cannot\n"
        "change while it runs (molecule, state, bus) is refused. SIGHUP does the same; "
        "its\n"
        "result is in 'kiri status'. Prints what changed, one line each.\n",
    .option = { OPTION_BUS, OPTION_STATE, { "json", NULL, "Prints the host's answer." } },
    .examples = "  kiri reload\n"
                "  kiri reload --state /var/lib/kiri\n",
    .exits = "  0   the host runs what is on disk\n"
             "  65  an atom's .so is damaged or of another kind\n"
             "  69  no host answers\n"
             "  78  the file is wrong; every mistake was listed, nothing was changed\n",
    .run = run,
};
