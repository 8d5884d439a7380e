#include "cli/changes.h"

#include "cli/command.h"
#include "cli/common.h"

#include <stdlib.h>
#include <string.h>

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

static int print_answer(const json_t *answer, int json, const char *refused)
{
    int ok = json_is_true(json_object_get(answer, "ok"));
    int code = ok ? 0 : (int)json_integer_value(json_object_get(answer, "code"));

    if (json) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        int rc = command_finish();
        return rc ? rc : code;
    }
    if (ok)
        return print(answer);
    const char *why = json_string_value(json_object_get(answer, "error"));
    fprintf(stderr, "%s\n", why ? why : "the host's answer cannot be read");
    if (refused)
        fprintf(stderr, "kiri: %s\n", refused);
    return code;
}

/* Without the braces. NULL: memory is short, or there are none. */
static char *inner(const json_t *members)
{
    char *text = members ? json_dumps(members, JSON_COMPACT) : NULL;
    size_t len = text ? strlen(text) : 0;

    if (!text)
        return NULL;
    memmove(text, text + 1, len - 2);
    text[len - 2] = '\0';
    return text;
}

int changes_ask(const struct changes_where *where, const char *cmd, const json_t *members,
                const char *refused)
{
    struct kiri_error err = { 0 };
    struct reach reach;
    char *text = inner(members);
    json_t *answer;
    int rc;

    if (members && !text) {
        kiri_fail(&err, KIRI_INTERNAL, "memory is short");
        return command_fail(&err);
    }
    if (reach_find(&reach, where->bus, where->state, &err)) {
        free(text);
        return command_fail(&err);
    }
    answer = reach_talk(&reach, cmd, text, &err);
    rc = answer ? print_answer(answer, where->json, refused) : command_fail(&err);
    json_decref(answer);
    reach_free(&reach);
    free(text);
    return rc;
}

int changes_ask_atom(const struct changes_where *where, const char *cmd, const char *atom)
{
    json_t *members = json_pack("{ss}", "atom", atom);

    if (!members) {
        struct kiri_error err;

        kiri_fail(&err, KIRI_USAGE, "an atom's name is a-z, 0-9 and -");
        return command_fail(&err);
    }
    int rc = changes_ask(where, cmd, members, NULL);
    json_decref(members);
    return rc;
}
