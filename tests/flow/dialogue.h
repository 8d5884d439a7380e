/* tests/flow/dialogue.h - drawn sessions of a little protocol, for tests. */
#ifndef KIRI_TESTS_FLOW_DIALOGUE_H
#define KIRI_TESTS_FLOW_DIALOGUE_H

#include "base/buf.h"
#include "engine/gpt.h"

/* A line: hello, then one to four pairs of ask and tell, perhaps again, then bye. */
static inline void dialogue(struct gpt_rng *rng, struct buf *out)
{
    buf_puts(out, "open hello");
    for (uint32_t n = 1 + gpt_rng_below(rng, 4); n > 0; n--)
        buf_puts(out, gpt_rng_below(rng, 5) ? " ask tell" : " ask again tell");
    buf_puts(out, gpt_rng_below(rng, 2) ? " bye close\n" : " close\n");
}

static inline struct buf dialogues(uint32_t n, uint64_t seed)
{
    struct buf out = { 0 };
    struct gpt_rng rng;

    gpt_rng_seed(&rng, seed);
    while (n-- > 0)
        dialogue(&rng, &out);
    return out;
}

#endif
