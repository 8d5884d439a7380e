/* atoms.c - the mapping `atoms`: what KIRI itself says about each, and the options of its
 * plugin, which are kept as they stand until the plugin's table is known. */
#include "base/units.h"
#include "base/value.h"
#include "conf/section.h"

#include <kiri/wire.h>

#include <stdlib.h>
#include <string.h>

#define SHOWN        72u
#define MOST_ATOMS   1024u
#define LEAST_EVERY  10       /* ms */
#define MOST_EVERY   86400000 /* ms: a day */
#define USUAL_WARMUP 750u
#define LEAST_WARMUP 50
#define MOST_WARMUP  1000000
#define USUAL_SHARE  0.25
#define LEAST_SHARE  0.001
#define USUAL_HOLD   86400000           /* ms: a day */
#define MOST_HOLD    (365 * 86400000LL) /* ms */

const char *const atom_keys[ATOM_KEYS] = { "plugin", "every", "alarm", "learn",
                                           "isolate" };

static void read_plugin(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    char shown[SHOWN];

    if (!section_is(s, n, YAML_TEXT, "a plugin's name, or the path of a .so"))
        return;
    if (strchr(n->text, '/'))
        a->plugin = section_path(s, n, n->text);
    else if (kiri_name_ok(n->text))
        a->plugin = section_copy(s, n->text);
    else
        section_say(
            s, n,
            "`%s` is no plugin: write its name without .so (pulse), or a path with a "
            "slash (./pulse.so)",
            value_show(n->text, shown, sizeof shown));
}

static void read_every(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    char shown[SHOWN];
    int64_t ms;

    if (!section_is(s, n, YAML_TEXT, "a duration such as 5s"))
        return;
    value_show(n->text, shown, sizeof shown);
    if (units_duration_ms(n->text, &ms))
        section_say(s, n, "`every`: %s is not a duration such as 250ms, 5s, 10m or 8h",
                    *shown ? shown : "nothing");
    else if (ms < LEAST_EVERY || ms > MOST_EVERY)
        section_say(s, n, "`every`: %s is not in 10ms..1d", shown);
    else
        a->every_ms = ms;
}

static void read_alarm(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    section_alarm(s, n, &a->alarm);
}

static void read_warmup(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    char shown[SHOWN];
    int64_t x;

    if (!section_is(s, n, YAML_TEXT, "a number of rows such as 750"))
        return;
    if (units_integer(n->text, &x) || x < LEAST_WARMUP || x > MOST_WARMUP)
        section_say(s, n, "`warmup`: %s is not a number of rows in %d..%d",
                    *n->text ? value_show(n->text, shown, sizeof shown) : "nothing",
                    LEAST_WARMUP, MOST_WARMUP);
    else
        a->warmup = (uint32_t)x;
}

static void read_share(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    char shown[SHOWN];
    double x;

    if (!section_is(s, n, YAML_TEXT, "a share of one core such as 25%"))
        return;
    if (units_share(n->text, &x) || x < LEAST_SHARE || x > 1)
        section_say(s, n, "`share`: %s is not a share of one core in 0.1%%..100%%",
                    *n->text ? value_show(n->text, shown, sizeof shown) : "nothing");
    else
        a->share = x;
}

static void read_hold(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    char shown[SHOWN];
    int64_t ms;

    if (!section_is(s, n, YAML_TEXT, "a duration such as 1d"))
        return;
    value_show(n->text, shown, sizeof shown);
    if (units_duration_ms(n->text, &ms))
        section_say(s, n, "`hold`: %s is not a duration such as 1d, 8h or 0s",
                    *shown ? shown : "nothing");
    else if (ms > MOST_HOLD)
        section_say(s, n, "`hold`: %s is not in 0s..1y", shown);
    else
        a->hold_ms = ms;
}

static void read_learn(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    static const char *const keys[] = { "warmup", "share", "hold" };
    static void (*const readers[])(struct section *, const struct yaml_node *,
                                   struct conf_atom *) = { read_warmup, read_share,
                                                           read_hold };
    const size_t n_keys = sizeof keys / sizeof *keys;

    if (n->kind == YAML_TEXT && strcmp(n->text, "off") == 0) {
        a->learn_off = 1;
        return;
    }
    if (!section_is(s, n, YAML_MAP, "off, or a mapping such as { warmup: 750 }"))
        return;
    section_keys(s, n, keys, n_keys);
    for (size_t i = 0; i < n_keys; i++) {
        const struct yaml_node *one = yaml_get(n, keys[i]);
        if (one)
            readers[i](s, one, a);
    }
}

/* The texts of a list; NULL when it has none, or something else in it. */
static char **texts(struct section *s, const struct yaml_node *n)
{
    char **list;
    uint32_t at = 0;

    for (const struct yaml_node *c = n->child; c; c = c->next)
        if (c->kind != YAML_TEXT || c->refused)
            return NULL;
    if (n->n == 0)
        return NULL;
    list = section_get(s, (n->n + 1) * sizeof *list);
    for (const struct yaml_node *c = n->child; list && c; c = c->next)
        list[at++] = section_copy(s, c->text);
    return list;
}

static void read_isolate(struct section *s, const struct yaml_node *n,
                         struct conf_atom *a)
{
    char shown[SHOWN];

    if (!section_is(s, n, YAML_TEXT, "process or none"))
        return;
    a->isolate = strcmp(n->text, "process") == 0;
    if (!a->isolate && strcmp(n->text, "none") != 0)
        section_say(s, n, "`isolate`: %s is not process or none",
                    *n->text ? value_show(n->text, shown, sizeof shown) : "nothing");
}

static void keep_option(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    struct conf_option *o = &a->options[a->n_options];

    if (n->refused)
        return;
    *o = (struct conf_option){ .name = section_copy(s, n->key),
                               .line = n->line,
                               .col = n->col,
                               .key_line = n->key_line,
                               .key_col = n->key_col };
    if (n->kind == YAML_TEXT)
        o->value = section_copy(s, n->text);
    else if (n->kind == YAML_LIST)
        o->list = texts(s, n);
    a->n_options++;
}

static void read_key(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    static void (*const readers[ATOM_KEYS])(struct section *, const struct yaml_node *,
                                            struct conf_atom *) = {
        read_plugin, read_every, read_alarm, read_learn, read_isolate
    };
    static const char *const later[] = { "hears", "may", NULL };

    for (size_t i = 0; i < ATOM_KEYS; i++)
        if (strcmp(n->key, atom_keys[i]) == 0) {
            readers[i](s, n, a);
            return;
        }
    if (!section_is_later(s, n, later))
        keep_option(s, n, a);
}

static void read_atom(struct section *s, const struct yaml_node *n, struct conf_atom *a)
{
    *a = (struct conf_atom){ .file = s->file,
                             .dir = s->dir,
                             .line = n->key_line,
                             .col = n->key_col,
                             .warmup = USUAL_WARMUP,
                             .share = USUAL_SHARE,
                             .hold_ms = USUAL_HOLD };
    section_name_ok(s, n->key, n->key_plain, n->key_line, n->key_col, "an atom's name");
    if (strcmp(n->key, "molecule") == 0)
        section_say_key(s, n,
                        "`molecule` is what all atoms are called together: name this one "
                        "otherwise");
    a->name = a->plugin = section_copy(s, n->key);
    if (n->kind == YAML_TEXT && n->plain && *n->text == '\0')
        return; /* `pulse:` alone: everything as usual */
    if (!section_is(s, n, YAML_MAP, "a mapping such as { every: 5s }"))
        return;
    a->options = section_get(s, (n->n + 1) * sizeof *a->options);
    for (const struct yaml_node *c = n->child; a->options && c; c = c->next)
        read_key(s, c, a);
}

/* Room for n more; what was there moves. */
static int make_room(struct section *s, struct conf *c, uint32_t n)
{
    struct conf_atom *more = section_get(s, (c->n_atoms + n) * sizeof *more);

    if (more && c->n_atoms)
        memcpy(more, c->atoms, c->n_atoms * sizeof *more);
    if (more)
        c->atoms = more;
    return more != NULL;
}

void atoms_read(struct section *s, const struct yaml_node *map, struct conf *c)
{
    if (!section_is(s, map, YAML_MAP, "a mapping of atoms such as { pulse: {} }"))
        return;
    if (map->n == 0 || map->n > MOST_ATOMS - c->n_atoms) {
        section_say(s, map, "`atoms` has %u%s: 1 to %u are possible", map->n,
                    c->n_atoms ? " more" : "", MOST_ATOMS);
        return;
    }
    if (!make_room(s, c, map->n))
        return;
    for (const struct yaml_node *n = map->child; n; n = n->next)
        read_atom(s, n, &c->atoms[c->n_atoms++]);
}

/* By name, equal ones as they were read. */
static int by_name(const void *a, const void *b)
{
    const struct conf_atom *const *x = a, *const *y = b;
    int c = strcmp((*x)->name, (*y)->name);

    return c ? c : *x < *y ? -1 : 1;
}

void atoms_refuse_twins(const struct conf *c, struct conf_errors *errors)
{
    const struct conf_atom *sorted[MOST_ATOMS], *first;

    for (uint32_t i = 0; i < c->n_atoms; i++)
        sorted[i] = &c->atoms[i];
    qsort(sorted, c->n_atoms, sizeof *sorted, by_name);
    first = sorted[0];
    for (uint32_t i = 1; i < c->n_atoms; i++) {
        if (strcmp(sorted[i]->name, first->name) != 0)
            first = sorted[i];
        else
            conf_error(errors, sorted[i]->file, sorted[i]->line, sorted[i]->col,
                       "atom `%s` stands here a second time, first in %s:%u:%u: rename "
                       "or remove one",
                       first->name, first->file, first->line, first->col);
    }
}
