/* section.c - complaints and checks that every part of the file needs. */
#include "conf/section.h"

#include "base/path.h"
#include "base/units.h"
#include "base/value.h"

#include <kiri/wire.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 72u

void section_say(const struct section *s, const struct yaml_node *at, const char *fmt,
                 ...)
{
    va_list ap;

    va_start(ap, fmt);
    conf_errorv(s->errors, s->file, at->line, at->col, fmt, ap);
    va_end(ap);
}

void section_say_key(const struct section *s, const struct yaml_node *at, const char *fmt,
                     ...)
{
    va_list ap;

    va_start(ap, fmt);
    conf_errorv(s->errors, s->file, at->key_line, at->key_col, fmt, ap);
    va_end(ap);
}

void section_warn(const struct section *s, const struct yaml_node *at, const char *fmt,
                  ...)
{
    va_list ap;

    va_start(ap, fmt);
    conf_errorv(s->warnings, s->file, at->line, at->col, fmt, ap);
    va_end(ap);
}

int section_is(const struct section *s, const struct yaml_node *n, enum yaml_kind kind,
               const char *wanted)
{
    static const char *const kinds[] = { "one value", "a list", "a mapping" };
    char shown[SHOWN];

    if (n->refused)
        return 0;
    if (n->kind == kind)
        return 1;
    if (n->kind == YAML_TEXT && *n->text == '\0')
        section_say_key(s, n, "`%s` is empty: it must be %s", n->key, wanted);
    else
        section_say(s, n, "`%s` must be %s, not %s",
                    value_show(n->key, shown, sizeof shown), wanted, kinds[n->kind]);
    return 0;
}

/* "a, b and c" */
static void list_words(struct buf *b, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_putf(b, "%s%s", i == 0 ? "" : i + 1 == n ? " and " : ", ", words[i]);
}

void conf_unknown_key(struct conf_errors *e, const char *file, uint32_t line,
                      uint32_t col, const char *key, const char *const *allowed, size_t n)
{
    const char *near = units_nearest(key, allowed, n);
    struct buf list = { 0 };
    char shown[SHOWN];

    value_show(key, shown, sizeof shown);
    if (near) {
        conf_error(e, file, line, col, "unknown key `%s`, did you mean `%s`?", shown,
                   near);
        return;
    }
    list_words(&list, allowed, n);
    conf_error(e, file, line, col, "unknown key `%s`: %s %s", shown,
               n == 1 ? "only this is allowed:" : "allowed are", buf_text(&list));
    buf_free(&list);
}

int section_is_later(const struct section *s, const struct yaml_node *n,
                     const char *const *later)
{
    for (; *later; later++)
        if (strcmp(n->key, *later) == 0) {
            section_say_key(s, n, "this version does not know `%s` yet: remove it",
                            *later);
            return 1;
        }
    return 0;
}

void section_keys(const struct section *s, const struct yaml_node *map,
                  const char *const *allowed, size_t n)
{
    static const char *const none[] = { NULL };

    section_keys_but(s, map, allowed, n, none);
}

void section_keys_but(const struct section *s, const struct yaml_node *map,
                      const char *const *allowed, size_t n, const char *const *later)
{
    for (const struct yaml_node *c = map->child; c; c = c->next) {
        size_t i = 0;

        while (i < n && strcmp(c->key, allowed[i]) != 0)
            i++;
        if (i == n && !section_is_later(s, c, later))
            conf_unknown_key(s->errors, s->file, c->key_line, c->key_col, c->key, allowed,
                             n);
    }
}

int section_name_ok(const struct section *s, const char *name, int plain, uint32_t line,
                    uint32_t col, const char *what)
{
    static const char *const truths[] = { "yes",  "no",    "on",  "off",
                                          "true", "false", "null" };
    char shown[SHOWN];

    if (!kiri_name_ok(name)) {
        conf_error(
            s->errors, s->file, line, col,
            "`%s` cannot be %s: names are a-z, 0-9 and -, begin with a letter, and "
            "have at most 32 bytes",
            value_show(name, shown, sizeof shown), what);
        return 0;
    }
    for (size_t i = 0; plain && i < sizeof truths / sizeof *truths; i++)
        if (strcmp(name, truths[i]) == 0) {
            conf_error(s->errors, s->file, line, col,
                       "`%s` cannot be %s: other YAML readers take it for a truth value; "
                       "quote it (\"%s\") or choose another",
                       name, what, name);
            return 0;
        }
    return 1;
}

void *section_get(struct section *s, size_t n)
{
    void *p = arena_get(s->arena, n);

    if (!p)
        s->starved = 1;
    return p;
}

char *section_copy(struct section *s, const char *text)
{
    char *copy = arena_text(s->arena, text, strlen(text));

    if (!copy)
        s->starved = 1;
    return copy;
}

char *section_path(struct section *s, const struct yaml_node *n, const char *path)
{
    char *home, *full, *copy, shown[SHOWN];

    errno = 0;
    home = path_expand(path);
    if (!home && errno == ENOMEM) {
        s->starved = 1;
        return NULL;
    }
    if (!home) {
        section_say(s, n, "%s: there is no home directory: write the path in full",
                    value_show(path, shown, sizeof shown));
        return NULL;
    }
    full = path_join(s->dir, home);
    copy = full ? section_copy(s, full) : NULL;
    if (!full)
        s->starved = 1;
    free(full);
    free(home);
    return copy;
}

int section_count_ok(const struct section *s, const struct yaml_node *n, uint32_t most)
{
    if (n->n > 0 && n->n <= most)
        return 1;
    section_say(s, n, "`%s` has %u entries: 1 to %u are possible%s", n->key, n->n, most,
                n->n ? "" : "; leave the key out for the default");
    return 0;
}

void section_list(struct section *s, const struct yaml_node *n, const char *wanted,
                  uint32_t most, char ***out,
                  char *(*take)(struct section *, const struct yaml_node *))
{
    uint32_t i = 0;
    char **list;

    if (!section_is(s, n, YAML_LIST, wanted) || !section_count_ok(s, n, most))
        return;
    list = section_get(s, (n->n + 1) * sizeof *list);
    for (const struct yaml_node *c = n->child; list && c; c = c->next) {
        if (c->refused)
            continue;
        if (c->kind != YAML_TEXT || *c->text == '\0')
            section_say(s, c, "an entry of `%s` must be one text, not %s", n->key,
                        c->kind == YAML_TEXT   ? "empty"
                        : c->kind == YAML_LIST ? "a list"
                                               : "a mapping");
        else
            list[i++] = take(s, c);
    }
    *out = list;
}

void section_alarm(const struct section *s, const struct yaml_node *n, double *out)
{
    char shown[SHOWN];

    if (section_is(s, n, YAML_TEXT, "a budget such as 1/day") && units_rate(n->text, out))
        section_say(s, n, "`alarm`: %s is not a budget such as 1/day, 6/h or 2/week",
                    *n->text ? value_show(n->text, shown, sizeof shown) : "nothing");
}
