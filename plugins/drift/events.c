#include "events.h"

#include <stdlib.h>
#include <string.h>

int events_add(struct events *e, int64_t at, enum event_kind kind, uint32_t place)
{
    if (e->n == e->cap) {
        size_t cap = e->cap ? 2 * e->cap : 64;
        struct event *more = realloc(e->list, cap * sizeof *more);
        if (!more)
            return -1;
        e->list = more;
        e->cap = cap;
    }
    e->list[e->n++] = (struct event){ .at = at, .kind = kind, .place = place };
    return 0;
}

void events_free(struct events *e)
{
    free(e->list);
    memset(e, 0, sizeof *e);
}

static int earlier(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

int events_settle(struct events *e)
{
    size_t n = e->n;
    uint32_t place = 0;
    int known = 0;

    if (n)
        qsort(e->list, n, sizeof *e->list, earlier);
    for (size_t i = 0; i < n; i++) {
        struct event at = e->list[i];
        if (at.kind != EVENT_COMMITTED)
            continue;
        if (known && at.place != place && events_add(e, at.at, EVENT_SWITCHED, 0))
            return -1;
        place = at.place;
        known = 1;
    }
    return 0;
}

int64_t events_first(const struct events *e)
{
    int64_t first = INT64_MAX;

    for (size_t i = 0; i < e->n; i++)
        if (e->list[i].at < first)
            first = e->list[i].at;
    return first;
}

int64_t events_count(const struct events *e, enum event_kind kind, int64_t from,
                     int64_t to)
{
    int64_t n = 0;

    for (size_t i = 0; i < e->n; i++)
        n += e->list[i].kind == kind && e->list[i].at >= from && e->list[i].at < to;
    return n;
}

int64_t events_open(const struct events *e, int64_t at)
{
    int64_t open = e->open - events_count(e, EVENT_ADDED, at, INT64_MAX) +
                   events_count(e, EVENT_DONE, at, INT64_MAX) +
                   events_count(e, EVENT_DROPPED, at, INT64_MAX);

    return open > 0 ? open : 0;
}
