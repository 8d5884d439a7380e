/* plugins.c - from what a config says about an atom to the plugin that it runs. */
#include "inside.h"

#include "load/cell.h"

char *atom_file(const struct conf *c, const struct conf_atom *a, struct kiri_error *err)
{
    return plugin_find(a->plugin, c->plugins, err);
}

struct plugin *atom_plugin(const char *exe, const struct conf_atom *a, const char *file,
                           struct kiri_error *err)
{
    return a->isolate ? plugin_open_isolated(exe, file, err)
                      : plugin_open(exe, file, err);
}
