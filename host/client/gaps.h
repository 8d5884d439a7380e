/*
 * client/gaps.h - what a subscriber has missed, by the n of each topic (kiri/wire.h). The
 * first message of a topic says where its count stands; a new boot counts from 1 again.
 */
#ifndef KIRI_CLIENT_GAPS_H
#define KIRI_CLIENT_GAPS_H

#include <kiri/wire.h>

struct gaps_topic {
    char *name;
    uint64_t n; /* heard, or known to be missing */
};

struct gaps {
    char boot[40];
    int whole; /* this boot is heard from its beginning: a new topic begins at 1 */
    struct gaps_topic *topic; /* [n_topics], sorted by name */
    size_t n_topics;
    uint64_t lost;
};

void gaps_fini(struct gaps *g);
/* A message that was heard, and its head. */
void gaps_hear(struct gaps *g, const struct kiri_message *m, const struct kiri_head *h);
/* A heartbeat, followed by a NUL: judges its topics that wanted(ctx, name, len) says yes
 * to. */
void gaps_heartbeat(struct gaps *g, const struct kiri_message *m,
                    const struct kiri_head *h,
                    int (*wanted)(void *ctx, const char *name, size_t len), void *ctx);

#endif
