/*
 * How much of one core an atom's learning may take: over a minute or so no more than its
 * share. What is not used is saved up for a minute, so a burst of rows is learned as
 * ever; a turn that would come when all is used is passed over. The first training is no
 * turn: it is taken whatever it costs.
 */
#include "flow/instance.h"

#define SAVED_MS 60000

int share_allows(struct instance *in)
{
    int64_t now = clock_mono(in->flow->clock);
    double most = in->share * SAVED_MS * 1e3;

    in->may_us += in->may_at ? (double)(now - in->may_at) * in->share * 1e3 : most;
    if (in->may_us > most)
        in->may_us = most;
    in->may_at = now ? now : 1;
    return in->may_us > 0;
}

void share_take(struct instance *in, int64_t us)
{
    in->may_us -= (double)us;
}
