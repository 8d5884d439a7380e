/*
 * bench/peers/range.c - a detector that says nothing: what is left of the score are the
 * rules, ten decades for leaving the range of the last 3,000 rows. Alone: how far out of
 * it, in parts of it.
 */
#include "bench/peers/odd.h"

#include "flow/stream_rules.h"

#include <stdlib.h>

static void *begin(uint32_t warmup)
{
    struct rules *r = malloc(sizeof *r);

    if (r && rules_init(r, warmup)) {
        free(r);
        return NULL;
    }
    return r;
}

static void end(void *self)
{
    if (self)
        rules_fini(self);
    free(self);
}

static int push(void *self, double x, struct odd *out)
{
    *out = (struct odd){ .alone = rules_depth(self, x) };
    rules_see(self, x);
    return 0;
}

const struct peer peer_range = { "range", begin, push, end };
