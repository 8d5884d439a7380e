/* options.c - an atom's options against its plugin's table. */
#include "base/path.h"
#include "base/value.h"
#include "conf/section.h"

#include <stdlib.h>
#include <string.h>

static const enum value_kind kinds[] = {
    [KIRI_OPT_TEXT] = VALUE_TEXT,       [KIRI_OPT_NUMBER] = VALUE_NUMBER,
    [KIRI_OPT_INTEGER] = VALUE_INTEGER, [KIRI_OPT_BOOL] = VALUE_BOOL,
    [KIRI_OPT_CHOICE] = VALUE_CHOICE,   [KIRI_OPT_DURATION] = VALUE_DURATION,
    [KIRI_OPT_PATH] = VALUE_PLACE,      [KIRI_OPT_URL] = VALUE_PLACE,
    [KIRI_OPT_BUS] = VALUE_PLACE,
};
static const char *const articles[] = {
    [KIRI_OPT_TEXT] = "a text",
    [KIRI_OPT_NUMBER] = "a number",
    [KIRI_OPT_INTEGER] = "a whole number",
    [KIRI_OPT_BOOL] = "true or false",
    [KIRI_OPT_CHOICE] = "one of",
    [KIRI_OPT_DURATION] = "a duration",
    [KIRI_OPT_PATH] = "a path",
    [KIRI_OPT_URL] = "a URL",
    [KIRI_OPT_BUS] = "a D-Bus address",
};

static const struct kiri_option *entry(const struct kiri_option *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static const struct conf_option *given(const struct conf_atom *a, const char *name)
{
    for (uint32_t i = 0; i < a->n_options; i++)
        if (strcmp(a->options[i].name, name) == 0)
            return &a->options[i];
    return NULL;
}

/* KIRI's own keys, then the plugin's: all that may stand there. */
static void unknown(const struct conf_atom *a, const struct conf_option *o,
                    const struct kiri_option *table, struct conf_errors *errors)
{
    size_t n = ATOM_KEYS, at = 0;
    const char **words;

    for (const struct kiri_option *t = table; t->name; t++)
        n++;
    words = calloc(n, sizeof *words);
    for (; words && at < ATOM_KEYS; at++)
        words[at] = atom_keys[at];
    for (; words && at < n; at++)
        words[at] = table[at - ATOM_KEYS].name;
    conf_unknown_key(errors, a->file, o->key_line, o->key_col, o->name,
                     words ? words : atom_keys, words ? n : ATOM_KEYS);
    free(words);
}

static void check(const struct conf_atom *a, const struct conf_option *o,
                  const struct kiri_option *t, struct conf_errors *errors)
{
    char why[256], range[192];

    if (!o->value) {
        conf_error(errors, a->file, o->line, o->col,
                   "`%s` takes %s, not a list or a mapping%s%s%s", t->name,
                   articles[t->type], t->help ? " (" : "", t->help ? t->help : "",
                   t->help ? ")" : "");
        return;
    }
    if (value_check(kinds[t->type], t->range, o->value, why, sizeof why) == 0)
        return;
    value_show(t->help ? t->help : "", range, sizeof range);
    conf_error(errors, a->file, o->line, o->col, "`%s`: %s%s%s%s", t->name, why,
               *range ? " (" : "", range, *range ? ")" : "");
}

static void missing(const struct conf_atom *a, const struct kiri_option *t,
                    struct conf_errors *errors)
{
    conf_error(errors, a->file, a->line, a->col, "atom `%s` needs `%s`: %s%s%s%s%s%s",
               a->name, t->name, articles[t->type], t->range ? " " : "",
               t->range ? t->range : "", t->help ? " (" : "", t->help ? t->help : "",
               t->help ? ")" : "");
}

unsigned conf_options(const struct conf_atom *a, const struct kiri_option *table,
                      struct conf_errors *errors)
{
    unsigned before = errors->n;

    for (uint32_t i = 0; i < a->n_options; i++) {
        const struct kiri_option *t = entry(table, a->options[i].name);

        if (t)
            check(a, &a->options[i], t, errors);
        else
            unknown(a, &a->options[i], table, errors);
    }
    for (const struct kiri_option *t = table; t->name; t++)
        if (!t->fallback && !given(a, t->name))
            missing(a, t, errors);
    return errors->n - before;
}

char *conf_option_value(const struct conf_atom *a, const struct kiri_option *table,
                        const char *name)
{
    const struct kiri_option *t = entry(table, name);
    const struct conf_option *o = given(a, name);
    const char *value = o ? o->value : t ? t->fallback : NULL;
    char *home, *full;

    if (!t || !value)
        return NULL;
    if (t->type != KIRI_OPT_PATH || *value == '\0')
        return strdup(value);
    home = path_expand(value);
    full = home ? path_join(a->dir, home) : NULL;
    free(home);
    return full;
}
