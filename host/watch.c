/*
 * The host looks at itself: a heartbeat on the bus each second, every instance a few
 * times a second, the store, the clocks, and systemd's watchdog, which is fed by nothing
 * but this loop's own progress.
 */
#include "inside.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEARTBEAT_MS 1000
#define WATCH_MS     250
#define JUMP_MS      2000

const char *watch_store(const struct host *h)
{
    struct store_state s;

    store_state(h->flow.store, &s);
    return s.degraded ? "degraded" : "well";
}

const char *watch_models(const struct host *h)
{
    for (uint32_t i = 0; i < h->control.n_instances; i++)
        if (*h->control.instance[i]->unsaved)
            return "degraded";
    return "well";
}

/* A writer that hangs in a system call says nothing itself. */
static void look_at_store(struct host *h)
{
    struct store_state s;

    store_state(h->flow.store, &s);
    if (s.silent && !h->store_silent)
        log_warn("the store: %s though %" PRIu64 " records wait: its disk hangs", s.why,
                 s.queued);
    else if (h->store_silent && !s.degraded)
        log_info("the store writes again");
    h->store_silent = s.silent;
}

/* Rows carry the wall clock as it is; what happens when is CLOCK_MONOTONIC's. */
static void look_at_clocks(struct host *h, int64_t now)
{
    int64_t skew = clock_now(h->flow.clock) - now, jump = skew - h->skew;

    if (jump < JUMP_MS && jump > -JUMP_MS) {
        h->skew = skew; /* being slewed is no jump */
        return;
    }
    h->skew = skew;
    h->clock_jumps++;
    h->last_jump_ms = jump;
    log_warn("the clock was set %s by %.1f s: times of rows jump here, their order and "
             "their pace do not",
             jump > 0 ? "forward" : "back", (double)(jump > 0 ? jump : -jump) / 1e3);
}

static void say_status(struct host *h)
{
    uint32_t alarms = 0, unwell = 0;
    char said[sizeof h->said];

    for (uint32_t i = 0; i < h->control.n_instances; i++) {
        const struct instance *in = h->control.instance[i];
        alarms += in->facts.state == STREAM_ALARM;
        unwell += in->health != INSTANCE_WELL;
    }
    snprintf(said, sizeof said, "%u atoms, %u not well, %u in alarm; store %s, models %s",
             h->control.n_instances, unwell, alarms, watch_store(h), watch_models(h));
    if (strcmp(said, h->said) == 0)
        return;
    memcpy(h->said, said, sizeof said);
    notify_send(&h->notify, "STATUS=%s", said);
}

static void on_heartbeat(uv_timer_t *timer)
{
    struct host *h = timer->data;
    char members[64];

    if (h->unannounced)
        (void)announce(h); /* it says only once what is wrong */
    snprintf(members, sizeof members, "\"store\":\"%s\",\"models\":\"%s\"",
             watch_store(h), watch_models(h));
    bus_heartbeat(h->flow.bus, clock_now(h->flow.clock), HEARTBEAT_MS, members);
    say_status(h);
    if (h->unannounced)
        (void)announce(h); /* it says only once what is wrong */
}

static void on_watch(uv_timer_t *timer)
{
    struct host *h = timer->data;
    int64_t now = clock_mono(h->flow.clock);

    for (uint32_t i = 0; i < h->control.n_instances; i++)
        watch_instance(h->control.instance[i]);
    look_at_store(h);
    look_at_clocks(h, now);
}

static void on_watchdog(uv_timer_t *timer)
{
    struct host *h = timer->data;

    notify_send(&h->notify, "WATCHDOG=1");
}

void watch_warnings(const struct conf *conf)
{
    for (const char *line = conf->warnings; *line; line += strspn(line, "\n")) {
        int len = (int)strcspn(line, "\n");
        log_warn("%.*s", len, line);
        line += len;
    }
}

void watch_running(struct host *h)
{
    h->running = 1;
    together_start(h);
    notify_send(&h->notify, "READY=1");
    say_status(h);
    if (!h->options.quiet)
        log_info("running: %u atom%s, kiri status shows them", h->control.n_instances,
                 h->control.n_instances == 1 ? "" : "s");
}

void watch_start(struct host *h)
{
    int64_t now = clock_mono(h->flow.clock);
    uint64_t third = (uint64_t)h->notify.watchdog_ms / 3;

    h->skew = clock_now(h->flow.clock) - now;
    uv_timer_start(&h->heartbeat, on_heartbeat, HEARTBEAT_MS, HEARTBEAT_MS);
    uv_timer_start(&h->watch, on_watch, WATCH_MS, WATCH_MS);
    if (h->notify.watchdog_ms)
        uv_timer_start(&h->watchdog, on_watchdog, 0, third ? third : 1);
}

void watch_status(const struct host *h, struct jsonw *j)
{
    jsonw_kstr(j, "store_health", watch_store(h));
    jsonw_kstr(j, "models_health", watch_models(h));
    jsonw_key(j, "clock");
    jsonw_object(j);
    jsonw_kint(j, "jumps", (int64_t)h->clock_jumps);
    jsonw_kint(j, "last_jump_ms", h->last_jump_ms);
    jsonw_end(j);
}
