/*
 * bus/topics.h - how many messages each topic has had: a hash table from text to count.
 */
#ifndef KIRI_BUS_TOPICS_H
#define KIRI_BUS_TOPICS_H

#include <stddef.h>
#include <stdint.h>

struct topic {
    char *name; /* NULL: free place */
    uint64_t n;
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
