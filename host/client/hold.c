#include "client/hold.h"

#include <stdlib.h>

#define EACH 512u /* bytes that a message takes beside its text, about */

static int grow(struct hold *h)
{
    size_t cap = h->cap ? 2 * h->cap : 64;
    struct held *ring = malloc(cap * sizeof *ring);

    if (!ring)
        return -1;
    for (size_t i = 0; i < h->n; i++)
        ring[i] = h->ring[(h->first + i) & (h->cap - 1)];
    free(h->ring);
    h->ring = ring;
    h->cap = cap;
    h->first = 0;
    return 0;
}

int hold_put(struct hold *h, nng_msg *msg)
{
    struct held held = { .msg = msg, .len = nng_msg_len(msg) };

    if (nng_msg_append(msg, "", 1) ||
        kiri_message_split(nng_msg_body(msg), held.len, &held.parts) ||
        kiri_message_head(&held.parts, &held.head) || (h->n == h->cap && grow(h))) {
        nng_msg_free(msg);
        return -1;
    }
    h->ring[(h->first + h->n++) & (h->cap - 1)] = held;
    h->bytes += held.len + EACH;
    return 0;
}

int hold_full(const struct hold *h)
{
    return h->bytes >= HOLD_MOST;
}

const struct held *hold_first(const struct hold *h)
{
    return h->n ? &h->ring[h->first] : NULL;
}

nng_msg *hold_take(struct hold *h)
{
    struct held *held = &h->ring[h->first];

    h->bytes -= held->len + EACH;
    h->first = (h->first + 1) & (h->cap - 1);
    h->n--;
    return held->msg;
}

void hold_clear(struct hold *h)
{
    while (h->n)
        nng_msg_free(hold_take(h));
}

void hold_fini(struct hold *h)
{
    hold_clear(h);
    free(h->ring);
    *h = (struct hold){ 0 };
}
