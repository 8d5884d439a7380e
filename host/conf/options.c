/* options.c - an atom's options against its plugin's table. */
#include "base/path.h"
#include "base/value.h"
#include "conf/section.h"

#include <kiri/option.h>

#include <stdlib.h>
#include <string.h>

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

/* ~ expanded, absolute. */
static char *full_path(const struct conf_atom *a, const char *path)
{
    char *home = path_expand(path), *full = home ? path_join(a->dir, home) : NULL;

    free(home);
    return full;
}

/* Paths that are given as lines must have none themselves. */
static int is_one_line(const struct conf_atom *a, const char *path)
{
    char *full = full_path(a, path);
    int is = !full || !strchr(full, '\n');

    free(full);
    return is;
}

/* What is wrong with the value or list, as half a sentence; NULL: nothing. */
static const char *wrong(const struct conf_atom *a, const struct conf_option *o,
                         const struct kiri_option *t, char *why, size_t cap)
{
    char *const one[] = { o->value, NULL };

    for (char *const *v = o->list ? o->list : one; *v; v++) {
        if (value_check(t->type, t->range, *v, why, cap))
            return why;
        if (t->type == KIRI_OPT_PATHS && !is_one_line(a, *v))
            return "a path here cannot have a line break in it: rename that folder";
    }
    return NULL;
}

static void check(const struct conf_atom *a, const struct conf_option *o,
                  const struct kiri_option *t, struct conf_errors *errors)
{
    char why[256], help[192];
    const char *half;

    if (!o->value && (!o->list || t->type != KIRI_OPT_PATHS)) {
        conf_error(errors, a->file, o->line, o->col, "`%s` takes %s, not %s%s%s%s",
                   t->name, kiri_option_what(t->type),
                   t->type == KIRI_OPT_PATHS ? "a mapping, nor a list of anything else"
                                             : "a list or a mapping",
                   t->help ? " (" : "", t->help ? t->help : "", t->help ? ")" : "");
        return;
    }
    half = wrong(a, o, t, why, sizeof why);
    if (!half)
        return;
    value_show(t->help ? t->help : "", help, sizeof help);
    conf_error(errors, a->file, o->line, o->col, "`%s`: %s%s%s%s", t->name, half,
               *help ? " (" : "", help, *help ? ")" : "");
}

static void missing(const struct conf_atom *a, const struct kiri_option *t,
                    struct conf_errors *errors)
{
    conf_error(errors, a->file, a->line, a->col, "atom `%s` needs `%s`: %s%s%s%s%s%s",
               a->name, t->name, kiri_option_what(t->type), t->range ? " " : "",
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

/* Each of them, a line each. */
static char *full_paths(const struct conf_atom *a, char *const *list)
{
    struct buf lines = { 0 };

    for (char *const *p = list; *p; p++) {
        char *full = full_path(a, *p);

        if (!full) {
            buf_free(&lines);
            return NULL;
        }
        buf_putf(&lines, "%s%s", p == list ? "" : "\n", full);
        free(full);
    }
    return buf_take(&lines, NULL);
}

char *conf_option_value(const struct conf_atom *a, const struct kiri_option *table,
                        const char *name)
{
    const struct kiri_option *t = entry(table, name);
    const struct conf_option *o = given(a, name);
    const char *value = o ? o->value : t ? t->fallback : NULL;

    if (t && o && o->list && t->type == KIRI_OPT_PATHS)
        return full_paths(a, o->list);
    if (!t || !value)
        return NULL;
    if ((t->type != KIRI_OPT_PATH && t->type != KIRI_OPT_PATHS) || *value == '\0')
        return strdup(value);
    return full_path(a, value);
}
