/*
 * client/hold.h - messages that were heard and wait for their turn, in the order in which
 * they came, in bounded memory.
 */
#ifndef KIRI_CLIENT_HOLD_H
#define KIRI_CLIENT_HOLD_H

#include <kiri/wire.h>

#include <nng/nng.h>

#define HOLD_MOST (8u << 20) /* bytes, what NNG needs for each message included */

struct held {
    nng_msg *msg; /* a NUL follows its len bytes */
    size_t len;
    struct kiri_message parts;
    struct kiri_head head;
};

struct hold {
    struct held *ring; /* [cap], cap a power of two */
    size_t cap, first, n, bytes;
};

/* Takes msg, and frees it when it is none of KIRI's or memory is short (-1). */
int hold_put(struct hold *h, nng_msg *msg);
int hold_full(const struct hold *h);
const struct held *hold_first(const struct hold *h); /* NULL: empty */
/* Takes the first one out; the message is the caller's. */
nng_msg *hold_take(struct hold *h);
void hold_clear(struct hold *h);
void hold_fini(struct hold *h);

#endif
