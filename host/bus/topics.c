#include "bus/topics.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a (Fowler, Noll, Vo 1991), 64 bit. */
static uint64_t hash(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}

/* Where the name stands, or the free place where it would; cap > used. */
static struct topic *seek(struct topic *place, size_t cap, const char *name)
{
    size_t i = hash(name) & (cap - 1);

    while (place[i].name && strcmp(place[i].name, name) != 0)
        i = (i + 1) & (cap - 1);
    return &place[i];
}

static int grow(struct topics *t)
{
    size_t cap = t->cap ? t->cap * 2 : 32;
    struct topic *place = calloc(cap, sizeof *place);

    if (!place)
        return -1;
    for (size_t i = 0; i < t->cap; i++)
        if (t->place[i].name)
            *seek(place, cap, t->place[i].name) = t->place[i];
    free(t->place);
    t->place = place;
    t->cap = cap;
    return 0;
}

struct topic *topics_find(struct topics *t, const char *name)
{
    struct topic *found;

    if (t->cap && (found = seek(t->place, t->cap, name))->name)
        return found;
    if (2 * (t->used + 1) > t->cap && grow(t))
        return NULL;
    found = seek(t->place, t->cap, name);
    found->name = strdup(name);
    if (!found->name)
        return NULL;
    found->n = 0;
    t->used++;
    return found;
}

void topics_fini(struct topics *t)
{
    for (size_t i = 0; i < t->cap; i++) {
        free(t->place[i].name);
        buf_free(&t->place[i].last);
    }
    free(t->place);
    *t = (struct topics){ 0 };
}
