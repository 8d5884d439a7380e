/* answer.c - a probe's JSON as structs. A plugin may have written it: nothing is
 * believed. */
#include "base/pack.h"
#include "base/value.h"
#include "load/probe.h"
#include "load/vtable.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A text member; NULL when it is missing, null or no text. */
static const char *text_of(const json_t *from, const char *key)
{
    return json_string_value(json_object_get(from, key));
}

/* The table and its strings as one block: one free gives all back. */
static struct kiri_option *take_options(const json_t *list)
{
    size_t n = json_array_size(list), bytes = (n + 1) * sizeof(struct kiri_option), i;
    struct kiri_option *options;
    const json_t *o;
    char *at;

    json_array_foreach(list, i, o) bytes +=
        pack_room(text_of(o, "name")) + pack_room(text_of(o, "fallback")) +
        pack_room(text_of(o, "range")) + pack_room(text_of(o, "help"));
    options = calloc(1, bytes);
    if (!options)
        return NULL;
    at = (char *)&options[n + 1];
    json_array_foreach(list, i, o)
    {
        json_int_t type = json_integer_value(json_object_get(o, "type"));

        options[i] = (struct kiri_option){
            .name = pack_text(&at, text_of(o, "name")),
            .type = type >= 0 && type < UINT32_MAX ? (uint32_t)type : UINT32_MAX,
            .fallback = pack_text(&at, text_of(o, "fallback")),
            .range = pack_text(&at, text_of(o, "range")),
            .help = pack_text(&at, text_of(o, "help")),
        };
    }
    return options;
}

static char *copy_or_empty(const char *text)
{
    return strdup(text ? text : "");
}

static int take(const json_t *root, struct plugin_probe *out, struct kiri_error *err)
{
    const char *error = text_of(root, "error");
    json_int_t code = json_integer_value(json_object_get(root, "code"));
    char shown[512];

    if (error)
        return kiri_fail(err, code == KIRI_INTERNAL ? KIRI_INTERNAL : KIRI_BAD_DATA, "%s",
                         value_show(error, shown, sizeof shown));
    if (!json_is_array(json_object_get(root, "options")) ||
        json_array_size(json_object_get(root, "options")) > VTABLE_MOST_OPTIONS)
        return kiri_fail(err, KIRI_BAD_DATA,
                         "its probe's answer has no table of options");
    if (vtable_check_names(text_of(root, "name"), text_of(root, "version"),
                           text_of(root, "help"), err))
        return -1;
    out->name = copy_or_empty(text_of(root, "name"));
    out->version = copy_or_empty(text_of(root, "version"));
    out->help = copy_or_empty(text_of(root, "help"));
    out->options = take_options(json_object_get(root, "options"));
    if (!out->name || !out->version || !out->help || !out->options)
        return kiri_fail(err, KIRI_INTERNAL, "out of memory");
    return vtable_check_options(out->options, err);
}

int probe_parse(const char *json, size_t len, struct plugin_probe *out,
                struct kiri_error *err)
{
    json_t *root = json_loadb(json, len, 0, NULL);
    int rc;

    *out = (struct plugin_probe){ 0 };
    if (!json_is_object(root))
        rc = kiri_fail(err, KIRI_BAD_DATA, "its probe's answer cannot be read");
    else
        rc = take(root, out, err);
    if (rc)
        plugin_probe_free(out);
    json_decref(root);
    return rc;
}

void plugin_probe_free(struct plugin_probe *p)
{
    free(p->name);
    free(p->version);
    free(p->help);
    free(p->options);
    *p = (struct plugin_probe){ 0 };
}
