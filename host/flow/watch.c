/*
 * Silence is a fault: an instance that stopped working is said to be so within two of its
 * periods (or two seconds, if that is longer), whatever it is that hangs: its callback,
 * the learner its rows wait for, the threads that should have asked it.
 */
#include "flow/instance.h"

#include <inttypes.h>
#include <stdio.h>

#define LEAST_MS 2000
#define RETRY_MS 5000 /* between tries to save a model */

static int64_t patience(const struct instance *in)
{
    int64_t two = 2 * (int64_t)in->period_ms;

    return two > LEAST_MS ? two : LEAST_MS;
}

static int callback_hangs(struct instance *in, int64_t now)
{
    if (in->watched != in->call_began) { /* seen for the first time: if the loop itself */
        in->watched = in->call_began;    /* was late, its answer may be waiting already */
        return 0;
    }
    return in->calling && now - in->call_began > INSTANCE_DEADLINE;
}

/* ms since which rows wait for learners that do not move; 0: all is well. */
static int64_t rows_hang(struct instance *in, int64_t now)
{
    uint32_t moved = atomic_load(&in->flow->moved);

    if (!in->n_rows || !in->learning || moved != in->moved) {
        in->moved = moved;
        in->moved_at = now;
    }
    return now - in->moved_at;
}

void watch_instance(struct instance *in)
{
    int64_t now = clock_mono(in->flow->clock), still = rows_hang(in, now);

    if (*in->unsaved && !in->closing && !in->writing && !in->save_wanted &&
        now - in->save_tried >= RETRY_MS)
        save_ask(in, in->save_asked);
    if (in->writing && now - in->write_began > LEAST_MS)
        snprintf(in->unsaved, sizeof in->unsaved,
                 "its model has been on its way to the disk for %" PRId64 " s",
                 (now - in->write_began) / 1000);
    if (in->closing || in->health == INSTANCE_BROKEN)
        return;
    if (callback_hangs(in, now)) {
        instance_report(
            in, INSTANCE_STUCK,
            "a callback has not returned for more than %d ms; it is not asked "
            "again until it does",
            INSTANCE_DEADLINE);
        return;
    }
    if ((in->health != INSTANCE_WELL && in->health != INSTANCE_STALE) ||
        (in->fed && !in->opened)) /* it waits for its schema, and says so */
        return;
    int64_t silent = in->opened && in->period_ms && !in->calling ? now - in->answered : 0;
    if (still > patience(in))
        instance_report(in, INSTANCE_STALE,
                        "its rows wait for a learner that does not move");
    else if (silent > patience(in))
        instance_report(in, INSTANCE_STALE, "%s",
                        in->fed ? "nothing has come to the inbox for two periods"
                                : "it has not been asked for two periods: this host is "
                                  "late");
    else if (in->health == INSTANCE_STALE)
        instance_report(in, INSTANCE_WELL, "%s", "");
}
