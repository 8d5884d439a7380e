/*
 * since: what was journalled behind a place, a page at a time. snapshot: the last message
 * of each topic. A page is at most 48 KiB of JSON, or one message.
 */
#include "control/asked.h"

#include "store/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MOST (48u << 10)
#define FLUSH_MS  2000

struct page {
    struct asked *a;
    const char **prefix;
    size_t n_prefixes, n;  /* messages in it */
    struct store_place at; /* the last message that was looked at */
    const char *after;     /* snapshot: the last topic */
    int full;
};

/* One message more. -1: the page is full, and it is not in it. */
static int add(struct page *p, const char *bytes, size_t len)
{
    struct asked *a = p->a;
    struct jsonw before = a->j;
    size_t was = a->out.len;

    jsonw_bytes(&a->j, bytes, len);
    if (p->n && a->out.len > PAGE_MOST) {
        a->out.len = was;
        a->j = before;
        p->full = 1;
        return -1;
    }
    p->n++;
    return 0;
}

static int wanted(const struct page *p, const char *bytes, size_t len)
{
    for (size_t i = 0; i < p->n_prefixes; i++) {
        size_t n = strlen(p->prefix[i]);

        if (n <= len && memcmp(bytes, p->prefix[i], n) == 0)
            return 1;
    }
    return p->n_prefixes == 0;
}

/* An answer before its first member, for when there is no page. */
struct start {
    struct jsonw j;
    size_t len;
};

static struct start begin_messages(struct asked *a)
{
    struct start start = { a->j, a->out.len };

    asked_ok(a);
    jsonw_key(&a->j, "messages");
    jsonw_array(&a->j);
    return start;
}

static void begin_again(struct asked *a, const struct start *start)
{
    a->j = start->j;
    a->out.len = start->len;
}

/* ---- since: on the pool ---------------------------------------------------------- */

static int journalled(void *ctx, const struct store_message *m)
{
    struct page *p = ctx;

    if (wanted(p, m->bytes, m->len) && add(p, m->bytes, m->len))
        return 1;
    snprintf(p->at.boot, sizeof p->at.boot, "%s", m->boot);
    p->at.seq = m->seq;
    return 0;
}

static void say_gone(struct asked *a, const struct store_place *oldest)
{
    asked_fail(a, KIRI_BAD_DATA,
               "that place is no longer in the journal: messages behind it were deleted, "
               "or it never was; go on from the oldest");
    jsonw_kbool(&a->j, "gone", 1);
    jsonw_key(&a->j, "oldest");
    jsonw_object(&a->j);
    jsonw_kstr(&a->j, "boot", oldest->boot);
    jsonw_kint(&a->j, "seq", (int64_t)oldest->seq);
    jsonw_end(&a->j);
}

/* Reads on from p->at. What was published a moment ago may not be committed yet: only a
 * page that reaches the end asks for it, and reads on. */
static int read_page(struct store_reader *r, struct page *p, struct store_place *oldest,
                     struct kiri_error *err)
{
    struct store_place from = p->at;
    int found = store_since(r, &from, journalled, p, oldest, err);

    if (found != STORE_ALL || store_flush(p->a->control->flow->store, FLUSH_MS))
        return found;
    from = p->at;
    return store_since(r, &from, journalled, p, oldest, err);
}

static void since(struct asked *a)
{
    const char *boot = json_string_value(json_object_get(a->root, "boot"));
    const json_t *seq = json_object_get(a->root, "seq");
    struct page p = { .a = a };
    struct store_place oldest = { 0 };
    struct kiri_error err;

    if (!boot || strlen(boot) >= sizeof p.at.boot || !json_is_integer(seq) ||
        json_integer_value(seq) < 0) {
        asked_fail(a, KIRI_USAGE,
                   "since needs a place: {\"boot\":\"7f3a\",\"seq\":991}, or boot \"\" "
                   "and seq 0 for the oldest there is");
        return;
    }
    snprintf(p.at.boot, sizeof p.at.boot, "%s", boot);
    p.at.seq = (uint64_t)json_integer_value(seq);
    if (asked_texts(a, "topics", &p.prefix, &p.n_prefixes))
        return;
    struct start start = begin_messages(a);
    struct store_reader *r = store_reader_open(a->control->flow->state, &err);
    int found = r ? read_page(r, &p, &oldest, &err) : -1;
    store_reader_close(r);
    free(p.prefix);
    if (found == STORE_ALL || found == STORE_STOPPED) {
        jsonw_end(&a->j);
        jsonw_kstr(&a->j, "boot", p.at.boot);
        jsonw_kint(&a->j, "seq", (int64_t)p.at.seq);
        jsonw_kbool(&a->j, "more", p.full);
    } else {
        begin_again(a, &start);
        if (found == STORE_GONE)
            say_gone(a, &oldest);
        else
            asked_fail(a, (int)err.code, err.text);
    }
}

void run_since(struct asked *a)
{
    asked_elsewhere(a, since);
}

/* ---- snapshot: in memory --------------------------------------------------------- */

static int standing(void *ctx, const char *topic, const char *bytes, size_t len)
{
    struct page *p = ctx;

    if (add(p, bytes, len))
        return 1;
    p->after = topic;
    return 0;
}

void run_snapshot(struct asked *a)
{
    const struct control *c = a->control;
    const json_t *after = json_object_get(a->root, "after");
    struct page p = { .a = a };
    struct bus_counts counts;

    if (after && !json_is_string(after) && !json_is_null(after)) {
        asked_refuse(a, KIRI_USAGE,
                     "`after` is the topic that the page before ended with");
        return;
    }
    if (asked_texts(a, "topics", &p.prefix, &p.n_prefixes)) {
        asked_end(a);
        return;
    }
    struct start start = begin_messages(a);
    bus_counts(c->flow->bus, &counts);
    int rc = bus_snapshot(c->flow->bus, p.prefix, p.n_prefixes, json_string_value(after),
                          standing, &p);
    free(p.prefix);
    if (rc < 0) { /* no message is no answer */
        begin_again(a, &start);
        asked_refuse(a, KIRI_INTERNAL, "memory is short: ask again");
        return;
    }
    jsonw_end(&a->j);
    jsonw_kstr(&a->j, "boot", c->boot);
    jsonw_kint(&a->j, "seq", (int64_t)counts.published);
    jsonw_kbool(&a->j, "more", p.full);
    jsonw_kstr(&a->j, "after", p.after ? p.after : "");
    asked_end(a);
}
