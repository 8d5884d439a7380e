/* same.c - does a new file change what an atom is? */
#include "conf/conf.h"

#include <string.h>

static int same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int same_list(char *const *a, char *const *b)
{
    if (!a || !b)
        return !a == !b;
    while (*a && *b && strcmp(*a, *b) == 0)
        a++, b++;
    return !*a && !*b;
}

/* Names are unique within an atom. */
static const struct conf_option *find(const struct conf_atom *a, const char *name)
{
    for (uint32_t i = 0; i < a->n_options; i++)
        if (strcmp(a->options[i].name, name) == 0)
            return &a->options[i];
    return NULL;
}

int conf_atom_same(const struct conf_atom *a, const struct conf_atom *b)
{
    if (strcmp(a->name, b->name) != 0 || strcmp(a->plugin, b->plugin) != 0 ||
        a->every_ms != b->every_ms || a->alarm < b->alarm || a->alarm > b->alarm ||
        a->learn_off != b->learn_off || a->warmup != b->warmup || a->share < b->share ||
        a->share > b->share || a->hold_ms != b->hold_ms || a->isolate != b->isolate ||
        a->n_options != b->n_options)
        return 0;
    if (a->n_options && strcmp(a->dir, b->dir) != 0)
        return 0;
    for (uint32_t i = 0; i < a->n_options; i++) {
        const struct conf_option *o = find(b, a->options[i].name);

        if (!o || !same_text(a->options[i].value, o->value) ||
            !same_list(a->options[i].list, o->list))
            return 0;
    }
    return 1;
}
