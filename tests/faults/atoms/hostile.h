/*
 * hostile.h - callbacks for atoms that must be refused before anything is called: being
 * called is a crash, which no test overlooks.
 */
#ifndef KIRI_TESTS_HOSTILE_H
#define KIRI_TESTS_HOSTILE_H

#include <kiri/atom.h>

#include <stdlib.h>

static inline int never_open(const struct kiri_host *host, void **self)
{
    (void)host;
    (void)self;
    abort();
}

static inline void never_close(void *self)
{
    (void)self;
    abort();
}

static inline const struct kiri_schema *never_schema(void *self)
{
    (void)self;
    abort();
}

static inline int never_collect(void *self, struct kiri_obs *out)
{
    (void)self;
    (void)out;
    abort();
}

#define NEVER_CALLED                                                                     \
    .open = never_open, .close = never_close, .schema = never_schema,                    \
    .collect = never_collect

#endif
