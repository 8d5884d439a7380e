#include "client/gaps.h"

#include <stdlib.h>
#include <string.h>

void gaps_fini(struct gaps *g)
{
    for (size_t i = 0; i < g->n_topics; i++)
        free(g->topic[i].name);
    free(g->topic);
    *g = (struct gaps){ .topic = NULL };
}

/* The topic's place; made, with *is_new set, when there is none. NULL: memory is short.
 */
static struct gaps_topic *find(struct gaps *g, const char *name, size_t len, int *is_new)
{
    size_t lo = 0, hi = g->n_topics;
    struct gaps_topic *more;
    char *copy;

    *is_new = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strncmp(g->topic[mid].name, name, len);

        if (order == 0 && g->topic[mid].name[len] == '\0')
            return &g->topic[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    more = realloc(g->topic, (g->n_topics + 1) * sizeof *more);
    if (!more)
        return NULL;
    g->topic = more;
    copy = strndup(name, len);
    if (!copy)
        return NULL;
    memmove(more + lo + 1, more + lo, (g->n_topics - lo) * sizeof *more);
    more[lo] = (struct gaps_topic){ copy, 0 };
    g->n_topics++;
    *is_new = 1;
    return &more[lo];
}

static void note_boot(struct gaps *g, const struct kiri_head *h)
{
    if (h->boot_len >= sizeof g->boot)
        return;
    if (strncmp(g->boot, h->boot, h->boot_len) == 0 && g->boot[h->boot_len] == '\0')
        return;
    for (size_t i = 0; i < g->n_topics; i++)
        g->topic[i].n = 0;
    if (g->boot[0])
        g->whole = 1;
    memcpy(g->boot, h->boot, h->boot_len);
    g->boot[h->boot_len] = '\0';
}

/* The log and the heartbeat are heard live only: where they begin is no loss. */
static int is_journalled(const char *name, size_t len)
{
    return !(len >= 4 && memcmp(name, "log/", 4) == 0) &&
           !(len == 9 && memcmp(name, "heartbeat", 9) == 0);
}

/* `before` is the count right before what is known now. */
static void advance(struct gaps *g, const char *name, size_t len, uint64_t before,
                    uint64_t now)
{
    int is_new;
    struct gaps_topic *t = find(g, name, len, &is_new);

    if (!t)
        return;
    if (before > t->n && (t->n || (g->whole && is_journalled(name, len))))
        g->lost += before - t->n;
    if (is_new || now > t->n)
        t->n = now;
}

void gaps_hear(struct gaps *g, const struct kiri_message *m, const struct kiri_head *h)
{
    if (!h->n)
        return;
    note_boot(g, h);
    advance(g, m->topic, m->topic_len, h->n - 1, h->n);
}

void gaps_heartbeat(struct gaps *g, const struct kiri_message *m,
                    const struct kiri_head *h,
                    int (*wanted)(void *ctx, const char *name, size_t len), void *ctx)
{
    /* a quote inside a JSON string is escaped, so the first match is the member */
    static const char topics[] = ",\"topics\":{";
    const char *at = memmem(m->json, m->json_len, topics, sizeof topics - 1);

    note_boot(g, h);
    if (!at)
        return;
    at += sizeof topics - 1;
    while (*at == '"') { /* topics need no escapes */
        const char *name = at + 1;
        size_t len = strcspn(name, "\"");
        uint64_t n;
        char *end;

        if (len == 0 || len > KIRI_TOPIC_MAX || strncmp(name + len, "\":", 2) != 0)
            return;
        n = strtoull(name + len + 2, &end, 10);
        if (wanted(ctx, name, len))
            advance(g, name, len, n, n);
        at = *end == ',' ? end + 1 : end;
    }
}
