/* load.c - atoms that come, go or are taken anew: what is asked, held against what it
 * must be; the host does it. */
#include "control/asked.h"

#include <string.h>

/* A member that is a text. 0, or -1: it is something else, and that was answered. */
static int text_of(struct asked *a, const char *key, const char **text)
{
    const json_t *value = json_object_get(a->root, key);
    char said[96];

    *text = json_string_value(value);
    if (!value || json_is_null(value) || (*text && **text))
        return 0;
    snprintf(said, sizeof said, "`%s` is a text that is not empty", key);
    asked_refuse(a, KIRI_USAGE, said);
    return -1;
}

void run_reload(struct asked *a)
{
    struct control *c = a->control;
    const char *atom;

    if (text_of(a, "atom", &atom) == 0)
        c->act.reload(c->act.ctx, a, atom);
}

void run_unload(struct asked *a)
{
    struct control *c = a->control;
    const char *atom;

    if (text_of(a, "atom", &atom))
        return;
    if (atom)
        c->act.unload(c->act.ctx, a, atom);
    else
        asked_refuse(a, KIRI_USAGE, "`atom` says which one");
}

void run_load(struct asked *a)
{
    struct control *c = a->control;
    struct control_load load = { .options = json_object_get(a->root, "options") };

    if (text_of(a, "plugin", &load.plugin) || text_of(a, "name", &load.name) ||
        text_of(a, "dir", &load.dir))
        return;
    if (json_is_null(load.options))
        load.options = NULL;
    if (!load.plugin)
        asked_refuse(a, KIRI_USAGE, "`plugin` says which: the path of a .so, or a name");
    else if (load.options && !json_is_object(load.options))
        asked_refuse(
            a, KIRI_USAGE,
            "`options` is an object such as {\"every\":\"5s\",\"path\":\"/run/x\"}");
    else if (json_object_get(load.options, "plugin"))
        asked_refuse(a, KIRI_USAGE, "`plugin` is a member of the request, no option");
    else if ((load.dir && *load.dir != '/') ||
             (strchr(load.plugin, '/') && *load.plugin != '/'))
        asked_refuse(a, KIRI_USAGE,
                     "paths are absolute here: the host has another directory than you");
    else
        c->act.load(c->act.ctx, a, &load);
}
