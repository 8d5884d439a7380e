/*
 * An instance that nobody asks: what it saw comes from another process, through the
 * inbox, and so does its language, which may become another one while it runs.
 */
#include "flow/instance.h"

#include <stdlib.h>
#include <string.h>

static uint64_t take(struct instance *in, struct observed *row)
{
    uint64_t id = in->flow->next_id;

    in->answered = clock_mono(in->flow->clock);
    in->pause = 0;
    if (in->health == INSTANCE_STALE)
        instance_report(in, INSTANCE_WELL, "%s", "");
    collect_arrived(in, row);
    return id;
}

uint64_t fed_row(struct instance *in, const struct kiri_obs *obs)
{
    struct observed *row = observed_copy(in->schema, obs);

    return row ? take(in, row) : 0;
}

void fed_waits(struct instance *in)
{
    instance_report(in, INSTANCE_STALE,
                    "its schema is not known yet: send obs/%s {\"schema\":{..}} to the "
                    "inbox (host.json says where it is)",
                    in->name);
}

/* As it was before its first open(), but for what it has learned, which it may go on
 * with. */
static void forget_language(struct instance *in)
{
    inherit_self(in);
    stream_free(in->stream);
    plugin_schema_free(in->schema);
    free(in->last_row);
    in->stream = NULL;
    in->schema = NULL;
    in->last_row = NULL;
    in->opened = in->restored = 0;
    in->period_ms = in->every_ms;
    in->n_recent = 0;
    in->last = (struct verdict){ 0 };
    in->facts = in->saved = (struct stream_facts){ 0 };
    in->saved_at = 0;
}

void fed_reopen(struct instance *in)
{
    in->reopen = 1;
    in->reopened = clock_mono(in->flow->clock);
    fed_step(in);
}

void fed_step(struct instance *in)
{
    if (!in->reopen || in->calling || in->learning || in->writing || in->provisional ||
        in->closing || !retrain_leave(in))
        return;
    in->reopen = 0;
    forget_language(in);
    collect_open(in);
}
