#include "todo_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE      4096u
#define IDS_A_KEY  (VALUE / sizeof(uint64_t))
#define MOST_NEWS  (VALUE / sizeof(struct event))
#define STATE_FORM 1u
#define KEY_CAP    24

struct head {
    uint32_t form, slot, n, n_news;
    uint64_t list;
};

static void key_of(char out[KEY_CAP], uint32_t slot, const char *what, unsigned i)
{
    snprintf(out, KEY_CAP, "todo-%u-%s%02u", slot & 1, what, i % 100);
}

/* All of a value of exactly len bytes. */
static int get(const struct todo *t, const char *key, void *out, size_t len)
{
    return t->host->kv_get(t->host->ctx, key, out, (uint32_t)len) == (int)len ? 0 : -1;
}

static int load_ids(struct todo *t, const struct head *h)
{
    uint64_t ids[IDS_A_KEY];
    char key[KEY_CAP];

    for (size_t at = 0; at < h->n; at += IDS_A_KEY) {
        size_t n = h->n - at < IDS_A_KEY ? h->n - at : IDS_A_KEY;
        key_of(key, h->slot, "", (unsigned)(at / IDS_A_KEY));
        if (get(t, key, ids, n * sizeof *ids))
            return -1;
        for (size_t i = 0; i < n; i++)
            t->seen[t->n++] = (struct todo_line){ .id = ids[i], .added = -1, .done = -1 };
    }
    return 0;
}

static int load_news(struct todo *t, const struct head *h)
{
    struct event news[MOST_NEWS];
    char key[KEY_CAP];

    key_of(key, h->slot, "n", 0);
    if (h->n_news && get(t, key, news, h->n_news * sizeof *news))
        return -1;
    for (uint32_t i = 0; i < h->n_news; i++)
        if (events_add(&t->news, news[i].at, news[i].kind, 0))
            return -1;
    return 0;
}

void todo_state_load(struct todo *t)
{
    struct head h;

    if (get(t, "todo", &h, sizeof h) || h.form != STATE_FORM || h.slot > 1 ||
        h.n > TODOTXT_MOST || h.n_news > MOST_NEWS)
        return;
    t->slot = h.slot;
    if (h.list != t->list)
        return;
    t->seen = calloc(h.n ? h.n : 1, sizeof *t->seen);
    if (t->seen && load_ids(t, &h) == 0 && load_news(t, &h) == 0) {
        t->known = 1;
        return;
    }
    t->n = 0;
    t->news.n = 0;
}

static int save_ids(const struct todo *t, uint32_t slot)
{
    uint64_t ids[IDS_A_KEY];
    char key[KEY_CAP];

    for (size_t at = 0; at < t->n; at += IDS_A_KEY) {
        size_t n = t->n - at < IDS_A_KEY ? t->n - at : IDS_A_KEY;
        for (size_t i = 0; i < n; i++)
            ids[i] = t->seen[at + i].id;
        key_of(key, slot, "", (unsigned)(at / IDS_A_KEY));
        if (t->host->kv_put(t->host->ctx, key, ids, (uint32_t)(n * sizeof *ids)))
            return -1;
    }
    return 0;
}

int todo_state_save(struct todo *t)
{
    /* More changes than these between two rows: the oldest go; the last bucket holds. */
    size_t n = t->news.n < MOST_NEWS ? t->news.n : MOST_NEWS;
    struct head h = { .form = STATE_FORM,
                      .slot = !t->slot,
                      .n = (uint32_t)t->n,
                      .n_news = (uint32_t)n,
                      .list = t->list };
    char key[KEY_CAP];

    key_of(key, h.slot, "n", 0);
    if (save_ids(t, h.slot) ||
        (n && t->host->kv_put(t->host->ctx, key, t->news.list + (t->news.n - n),
                              (uint32_t)(n * sizeof *t->news.list))) ||
        t->host->kv_put(t->host->ctx, "todo", &h, sizeof h))
        return -1;
    t->slot = h.slot;
    t->changed = 0;
    return 0;
}
