/*
 * The last message of each topic that says how things stand, for who comes late.
 */
#include "bus/inside.h"

#include <stdlib.h>
#include <string.h>

static const char *const kept[] = { "score/", "obs/", "atom/", "model/", "molecule " };

int snapshot_keeps(const char *topic)
{
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        size_t n = strcspn(kept[i], " ");

        if (strncmp(topic, kept[i], n) == 0 && (kept[i][n] == '\0' || topic[n] == '\0'))
            return 1;
    }
    return 0;
}

static int matches(const struct topic *t, const char *const *prefix, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(prefix[i]);

        if (len <= t->last.len && memcmp(t->last.data, prefix[i], len) == 0)
            return 1;
    }
    return n == 0;
}

static int by_name(const void *a, const void *b)
{
    const struct topic *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

int bus_snapshot(const struct bus *b, const char *const *prefix, size_t n,
                 const char *after,
                 int (*each)(void *ctx, const char *topic, const char *bytes, size_t len),
                 void *ctx)
{
    const struct topic **found = malloc((b->topics.used + 1) * sizeof *found);
    size_t n_found = 0;
    int rc = 0;

    if (!found)
        return -1;
    for (size_t i = 0; i < b->topics.cap; i++) {
        const struct topic *t = &b->topics.place[i];

        if (t->name && t->last.len && (!after || strcmp(t->name, after) > 0) &&
            matches(t, prefix, n))
            found[n_found++] = t;
    }
    qsort(found, n_found, sizeof(const struct topic *), by_name);
    for (size_t i = 0; i < n_found && rc == 0; i++)
        rc = each(ctx, found[i]->name, found[i]->last.data, found[i]->last.len);
    free(found);
    return rc;
}
