/*
 * bus/topics.h - how many messages each topic has had, and the last one of those that are
 * kept for late joiners: a hash table by name.
 */
#ifndef KIRI_BUS_TOPICS_H
#define KIRI_BUS_TOPICS_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

struct topic {
    char *name; /* NULL: free place */
    uint64_t n;
    struct buf last; /* empty: not kept */
};

struct topics {
    struct topic *place; /* [cap], cap a power of two */
    size_t used, cap;
};

/* The topic's place, made with n = 0 when it is new; NULL when memory is short. Valid
 * until a new one is made; finding one that is there moves nothing. */
struct topic *topics_find(struct topics *t, const char *name);
void topics_fini(struct topics *t);

#endif
