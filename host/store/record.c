#include "store/inside.h"

#include "base/pack.h"

#include <stdlib.h>

/* A block for `text` bytes of strings. *at walks through them. */
static struct record *new_record(enum record_kind kind, size_t text, char **at)
{
    struct record *r = malloc(sizeof *r + text);

    if (!r)
        return NULL;
    *r = (struct record){ .kind = kind, .size = sizeof *r + text };
    *at = r->text;
    return r;
}

struct record *record_obs(const struct store_obs *o)
{
    char *at;
    struct record *r =
        new_record(RECORD_OBS,
                   pack_room(o->atom) + pack_room(o->label) + pack_room(o->values), &at);

    if (!r)
        return NULL;
    r->as.obs = *o;
    r->as.obs.atom = pack_text(&at, o->atom);
    r->as.obs.label = pack_text(&at, o->label);
    r->as.obs.values = pack_text(&at, o->values);
    return r;
}

struct record *record_score(const struct store_score *c)
{
    char *at;
    struct record *r =
        new_record(RECORD_SCORE, pack_room(c->atom) + pack_room(c->detail), &at);

    if (!r)
        return NULL;
    r->as.score = *c;
    r->as.score.atom = pack_text(&at, c->atom);
    r->as.score.detail = pack_text(&at, c->detail);
    return r;
}

struct record *record_message(const char *boot, uint64_t seq, int64_t ts,
                              const char *bytes, size_t len, int urgent)
{
    char *at;
    struct record *r = new_record(RECORD_MESSAGE, pack_room(boot) + len, &at);

    if (!r)
        return NULL;
    r->urgent = urgent;
    r->as.message.seq = seq;
    r->as.message.ts = ts;
    r->as.message.len = len;
    r->as.message.boot = pack_text(&at, boot);
    r->as.message.bytes = pack_bytes(&at, bytes, len);
    return r;
}

struct record *record_boot(const char *boot, int64_t ts)
{
    char *at;
    struct record *r = new_record(RECORD_BOOT, pack_room(boot), &at);

    if (!r)
        return NULL;
    r->urgent = 1; /* a subscriber may ask for what came after this run's first message */
    r->as.boot.ts = ts;
    r->as.boot.name = pack_text(&at, boot);
    return r;
}

struct record *record_kv(const char *atom, const char *key, const void *value, size_t len)
{
    char *at;
    struct record *r = new_record(RECORD_KV, pack_room(atom) + pack_room(key) + len, &at);

    if (!r)
        return NULL;
    r->as.kv.len = len;
    r->as.kv.atom = pack_text(&at, atom);
    r->as.kv.key = pack_text(&at, key);
    r->as.kv.value = pack_bytes(&at, len ? value : "", len);
    return r;
}

struct record *record_nudge(void)
{
    char *at;
    struct record *r = new_record(RECORD_NUDGE, 0, &at);

    if (!r)
        return NULL;
    r->size = 0;
    r->urgent = 1;
    return r;
}

void batch_init(struct batch *b)
{
    b->first = NULL;
    b->last = &b->first;
}

void batch_append(struct batch *b, struct queue_item *items)
{
    *b->last = items;
    while (*b->last)
        b->last = &(*b->last)->next;
}

void batch_free(struct batch *b)
{
    struct queue_item *next;

    for (struct queue_item *i = b->first; i; i = next) {
        next = i->next;
        free(i);
    }
    batch_init(b);
}

/* What is given up first has the lowest rank; a nudge weighs nothing and stays. */
static int rank(const struct record *r)
{
    switch (r->kind) {
    case RECORD_OBS:
    case RECORD_SCORE: return 0;
    case RECORD_MESSAGE: return r->urgent ? 2 : 1;
    case RECORD_BOOT:
    case RECORD_KV: return 2;
    case RECORD_NUDGE: break;
    }
    return 3;
}

struct freed batch_thin(struct batch *b, size_t bytes)
{
    struct freed f = { 0 };

    for (int least = 0; least < 3; least++) {
        struct queue_item **link = &b->first;

        while (*link && f.bytes < bytes) {
            struct record *r = (struct record *)*link;

            if (rank(r) != least) {
                link = &r->item.next;
                continue;
            }
            *link = r->item.next;
            f.records++;
            f.bytes += r->size;
            free(r);
        }
    }
    for (b->last = &b->first; *b->last;)
        b->last = &(*b->last)->next;
    return f;
}
