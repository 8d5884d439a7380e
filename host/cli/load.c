/*
 * kiri load FILE.so - puts an atom into a running host.
 */
#include "base/path.h"
#include "cli/changes.h"
#include "cli/command.h"
#include "cli/common.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME, SET, BUS, STATE, JSON };

#define MOST_NAME 64 /* bytes of an option's name, with its NUL */

/* A second value for the same option makes a list of them. */
static int put(json_t *section, const char *name, const char *text)
{
    json_t *before = json_object_get(section, name);

    if (json_is_array(before))
        return json_array_append_new(before, json_string(text));
    return json_object_set_new(section, name,
                               before ? json_pack("[Os]", before, text)
                                      : json_string(text));
}

/* "path=/run/x"; "learn.warmup=100" goes into a mapping of its own. */
static int set(json_t *options, const char *what, struct kiri_error *err)
{
    const char *is = strchr(what, '=');
    size_t len = is ? (size_t)(is - what) : 0;
    char name[MOST_NAME];
    json_t *section = options, *inner;

    if (len == 0 || len >= sizeof name)
        return kiri_fail(err, KIRI_USAGE,
                         "--set takes option=value such as path=/run/x, not '%.80s'",
                         what);
    memcpy(name, what, len);
    name[len] = '\0';
    char *dot = strchr(name, '.'), *last = dot ? dot + 1 : name;
    if (dot) {
        *dot = '\0';
        inner = json_object_get(options, name);
        if (!json_is_object(inner) && json_object_set_new(options, name, json_object()))
            return kiri_fail(err, KIRI_INTERNAL, "memory is short");
        section = json_object_get(options, name);
    }
    if (put(section, last, is + 1))
        return kiri_fail(err, KIRI_USAGE, "--set %.80s: it must be UTF-8", what);
    return 0;
}

static int is_path(const char *word)
{
    size_t len = strlen(word);

    return strchr(word, '/') || (len > 3 && strcmp(word + len - 3, ".so") == 0);
}

/* The host has another directory than we. A bare name it looks for itself. */
static char *plugin_of(const char *word, const char *here)
{
    if (!is_path(word))
        return strdup(word);
    while (strncmp(word, "./", 2) == 0)
        word += 2;
    return path_join(here, word);
}

static json_t *members_of(const struct call *call, struct kiri_error *err)
{
    char *here = realpath(".", NULL), *plugin = NULL;
    json_t *options = json_object(), *members = NULL;
    int rc = 0;

    if (!here)
        rc = kiri_fail(err, KIRI_NO_INPUT, "the current directory cannot be found");
    for (int i = 0; rc == 0 && i < call->n_each; i++)
        rc = set(options, call->each[i], err);
    plugin = rc ? NULL : plugin_of(call->word[0], here);
    if (plugin && is_path(plugin) && access(plugin, F_OK))
        rc = kiri_fail(err, KIRI_NO_INPUT, "%s: there is no such file", plugin);
    if (rc == 0) {
        members =
            json_pack("{ss,ss,sO}", "plugin", plugin, "dir", here, "options", options);
        if (!members ||
            (call->value[NAME] &&
             json_object_set_new(members, "name", json_string(call->value[NAME]))))
            kiri_fail(err, KIRI_USAGE, "the name and the paths must be UTF-8");
    }
    json_decref(options);
    free(plugin);
    free(here);
    return members;
}

static int run(const struct call *call)
{
    const struct changes_where where = { call->value[BUS], call->value[STATE],
                                         call->value[JSON] != NULL };
    struct kiri_error err = { 0 };
    json_t *members = members_of(call, &err);
    int rc = err.code ? command_fail(&err)
                      : changes_ask(&where, "load", members, "nothing was loaded");

    json_decref(members);
    return rc;
}

const struct command command_load = {
    .name = "load",
    .summary = "Puts an atom into a running host.",
    .arguments = "FILE.so",
    .least = 1,
    .most = 1,
    .about =
        "The running host tries the .so in a child process, takes a private copy of it\n"
        "and starts one instance, which collects, is scored and learns like every "
        "other.\n"
        "It stays loaded across restarts of the host, beside the YAML file (in\n"
        "loaded.json of the state directory), until 'kiri unload'. When the .so is "
        "built\n"
        "anew, the host takes the new one by itself; 'kiri reload ATOM' does so at "
        "once.\n"
        "If anything is wrong with it, that is said and nothing changes. Instead of a\n"
        "file, the name of an installed plugin may stand there, such as pulse.\n",
    .option = { { "name", "NAME", "What it is called. Default: the atom's own name." },
                { "set", "OPTION=VALUE",
                  "One of its options, or one of KIRI's keys: every=5s,\n"
                  "                     alarm=1/day, learn.warmup=100. Again for "
                  "others;\n"
                  "                     the same again makes a list. Relative paths "
                  "start\n"
                  "                     in the current directory." },
                OPTION_BUS,
                OPTION_STATE,
                { "json", NULL, "Prints the host's answer." } },
    .repeats = "set",
    .examples = "  kiri load build/soil.so\n"
                "  kiri load soil.so --name bed2 --set path=bed2.txt --set every=10s\n"
                "  kiri load pulse --name fast --set every=1s\n",
    .exits = "  0   it runs\n"
             "  64  the command line is wrong, or an atom has that name already\n"
             "  65  the .so is damaged or no atom\n"
             "  66  no such file\n"
             "  69  no host answers\n"
             "  78  an option is wrong, or its open() failed\n",
    .run = run,
};
